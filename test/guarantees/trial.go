//go:build unix

package guarantees

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/fleet"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// readyTime is how long a participant may take to follow its conversations.
const readyTime = time.Minute

// Options are what a trial is made of. The zero value is two pods with a
// PostgreSQL and a Redis of their own, four participants and 30 messages a second.
type Options struct {
	Fault       string   // that is on in every pod, or none
	Environment []string // of the pods, beside the fault
	// PodEnvironment is what one pod has besides, or nil.
	PodEnvironment func(pod int) []string
	Pods           int
	Participants   int // on the pods in turn
	Senders        int // how many of the participants send, the first ones: all when zero
	Rate           int // messages offered per second, by all together
	// MaxLag is how long an acked message may take to everybody, beyond what the
	// slowest ack took, or zero when the trial does not hold it to that.
	MaxLag time.Duration
	// Guard is how long Finish waits for what has to come in the end: 15 s when
	// zero, which a sweep needs less than.
	Guard     time.Duration
	Postgres  string   // a DSN
	Redis     []string // URLs
	Configure func(pod int, configuration *config.Config)
}

func (o Options) withDefaults(t *testing.T) Options {
	for _, setting := range []struct {
		value    *int
		standard int
	}{{&o.Pods, 2}, {&o.Participants, 4}, {&o.Rate, 30}} {
		if *setting.value == 0 {
			*setting.value = setting.standard
		}
	}
	if o.Senders == 0 {
		o.Senders = o.Participants
	}
	if o.Guard == 0 {
		o.Guard = 15 * time.Second
	}
	if o.Postgres == "" {
		o.Postgres = services.Postgres(t)
	}
	if len(o.Redis) == 0 {
		o.Redis = []string{services.Redis(t).URL()}
	}
	return o
}

// Trial is a fleet under steady load. Every participant is a member of every
// conversation. Into the i-th of them participants on the i-th pod send, and no
// others; into the last one everybody does. So a pod can depend on the bus alone,
// and can meet messages of its own among others'.
type Trial struct {
	Fleet         *fleet.Fleet
	Recorder      *history.Recorder
	Participants  []*client.Participant
	Conversations []int64

	t       *testing.T
	options Options
	pods    fleet.Options
	ctx     context.Context // of the participants
	cancel  context.CancelFunc
	running errgroup.Group // the participants
	calm    context.CancelFunc
	sending sync.WaitGroup // the steady load
	started time.Time
	users   []*client.Participant // all, also those that joined

	mu      sync.Mutex
	windows []window
	heard   []heard
}

// window is when the trial did something to the servers that excuses them.
type window struct{ from, to time.Time }

// heard is a message that reached a participant.
type heard struct {
	participant string
	clientID    string
	at          time.Time
}

// NewTrial starts the pods and the load, and returns when every participant
// follows its conversations.
func NewTrial(t *testing.T, options Options) *Trial {
	t.Helper()
	options = options.withDefaults(t)
	built, err := program()
	if err != nil {
		t.Fatal(err)
	}
	trial := &Trial{
		t: t, options: options, Recorder: history.NewRecorder(),
		pods: fleet.Options{
			Program: built, Postgres: options.Postgres, Redis: options.Redis, Configure: options.Configure,
			Environment: append([]string{"PARLEY_FAULT=" + options.Fault}, options.Environment...),
		},
	}
	trial.Fleet = fleet.New(t, trial.pods)
	trial.ctx, trial.cancel = context.WithCancel(t.Context())
	for range options.Pods {
		trial.AddPod("")
	}
	t.Cleanup(trial.explain)
	names := make([]string, options.Participants)
	for i := range names {
		names[i] = fmt.Sprintf("participant-%d", i)
	}
	for range options.Pods + 1 {
		trial.Conversations = append(trial.Conversations, trial.Group(names...))
	}
	for i, name := range names {
		trial.Participants = append(trial.Participants, trial.Join(name, i%options.Pods))
	}
	trial.load()
	return trial
}

// AddPod starts one more pod, of the given program or of that of the others, and
// waits until it is ready.
func (tr *Trial) AddPod(program string, environment ...string) *fleet.Pod {
	tr.t.Helper()
	options := tr.pods
	if program != "" {
		options.Program = program
	}
	if tr.options.PodEnvironment != nil {
		environment = append(environment, tr.options.PodEnvironment(len(tr.Fleet.Pods))...)
	}
	options.Environment = slices.Concat(options.Environment, environment)
	return tr.Fleet.AddWith(options)
}

// told is how much of what a pod printed is shown when its trial fails.
const told = 4 << 10

// explain shows what the pods of a failed trial had to say last.
func (tr *Trial) explain() {
	if !tr.t.Failed() {
		return
	}
	for i, pod := range tr.Fleet.Pods {
		output := pod.Output()
		tr.t.Logf("pod %d printed last:\n%s", i, output[max(0, len(output)-told):])
	}
}

// Group makes a conversation of users, who are created where they do not exist.
// The first one owns it.
func (tr *Trial) Group(usernames ...string) int64 {
	tr.t.Helper()
	conversation, err := tr.Fleet.Caller().Conversation(tr.ctx, usernames...)
	if err != nil {
		tr.t.Fatal(err)
	}
	return conversation
}

// Join lets one more user connect, at the given pod while that takes sessions and
// else at any, and returns when it follows its conversations. It sends nothing by
// itself.
func (tr *Trial) Join(username string, pod int) *client.Participant {
	tr.t.Helper()
	user, err := tr.Fleet.Caller().EnsureUser(tr.ctx, username)
	if err != nil {
		tr.t.Fatal(err)
	}
	preferred, any := tr.Fleet.Where(pod), tr.Fleet.Where()
	participant := client.NewParticipant(client.ParticipantOptions{
		Name: username, User: user, Caller: tr.Fleet.Caller(), Recorder: tr.Recorder,
		Where: func(ctx context.Context) (string, error) {
			if url, err := preferred(ctx); err == nil {
				return url, nil
			}
			return any(ctx)
		},
		Heard: func(message client.Message) { tr.hear(username, message) },
	})
	tr.users = append(tr.users, participant)
	tr.running.Go(func() error { return participant.Run(tr.ctx) })
	select {
	case <-participant.Ready():
	case <-time.After(readyTime):
		tr.t.Fatalf("%s does not become ready within %s", username, readyTime)
	}
	return participant
}

func (tr *Trial) hear(participant string, message client.Message) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.heard = append(tr.heard, heard{participant, message.ClientID, time.Now()})
}

// load offers messages at a steady pace until calm.
func (tr *Trial) load() {
	ctx, cancel := context.WithCancel(tr.ctx)
	tr.calm, tr.started = cancel, time.Now()
	tr.sending.Go(func() {
		pace := time.NewTicker(time.Second / time.Duration(tr.options.Rate))
		defer pace.Stop()
		for number := 0; ; number++ {
			select {
			case <-ctx.Done():
				return
			case <-pace.C:
				tr.offer(number)
			}
		}
	})
}

func (tr *Trial) offer(number int) {
	sender := number % tr.options.Senders
	conversation := tr.Conversations[sender%tr.options.Pods]
	if number/tr.options.Senders%2 == 1 {
		conversation = tr.Conversations[len(tr.Conversations)-1]
	}
	tr.Participants[sender].Send(conversation, fmt.Sprintf("steady-%d", number), fmt.Sprintf(`{"text":"%d"}`, number))
}

// Run lets the load go on for a while.
func (tr *Trial) Run(duration time.Duration) {
	select {
	case <-tr.ctx.Done():
	case <-time.After(duration):
	}
}

// During does something to the servers that excuses them from answering and from
// being on time for as long as it takes.
func (tr *Trial) During(what string, do func()) {
	tr.t.Helper()
	from := time.Now()
	do()
	to := time.Now()
	tr.t.Logf("%s: %s", what, to.Sub(from).Round(time.Millisecond))
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.windows = append(tr.windows, window{from, to})
}

// Context ends with the trial.
func (tr *Trial) Context() context.Context { return tr.ctx }
