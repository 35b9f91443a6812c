package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/parley-chat/parley/test/history"
)

// ParticipantOptions are what a participant is made of.
type ParticipantOptions struct {
	Name     string // of the user
	User     int64  // its id
	Caller   Caller // with a key; on whose behalf is the participant's business
	Recorder *history.Recorder
	// Where names a pod for each connection.
	Where func(ctx context.Context) (url string, err error)
	// Redial paces the attempts to connect, the first one included; default: 10/s.
	Redial *rate.Limiter
	// Heard is told of each new message as it arrives, from the goroutine of Run;
	// nil when nobody wants to know.
	Heard func(Message)
}

// Participant is one user's client as an application has it: it sends, listens,
// goes on at another pod when it loses its connection, asks there for what it
// missed, and sends again what was not acked, under the same client ids. All that
// it sends and sees goes into the history.
//
// Its methods are safe for concurrent use.
type Participant struct {
	options ParticipantOptions

	mu        sync.Mutex
	seen      *history.Session // written by Run, which reads it without the lock
	next      *history.Session // takes the place of seen at the next connect, or nil
	session   *Session         // nil while there is none
	epoch     string
	revs      map[int64]int64 // what it followed last, by conversation
	following bool            // whether it ever was connected
	nextID    int64
	requests  map[int64]request // not answered yet, by id
	unacked   map[string]*Attempt
	attempts  []*Attempt
	ready     chan struct{} // closed once a session follows its conversations
	stats     Stats
}

// Attempt is one message that a participant wants to have sent.
type Attempt struct {
	Conversation int64
	ClientID     string
	Content      string    // JSON
	Offered      time.Time // when it was to be sent
	Acked        time.Time // zero while it is not
	Refused      string    // the code of a definitive refusal
	Tries        int
}

// Stats is what happened to a participant so far.
type Stats struct {
	Connects   int // 1 without any loss
	Follows    int // connections that came to follow the conversations
	Drains     int // announcements that the server is to stop
	Deliveries int // message.created events
	// LongestSilence is the longest time between two deliveries.
	LongestSilence time.Duration
	lastDelivery   time.Time
	// Followed is when it last began to follow its conversations.
	Followed time.Time
}

// request is what an answer belongs to.
type request struct {
	attempt *Attempt // nil for a sync
	synced  map[int64]int64
}

// NewParticipant makes one that does nothing before Run.
func NewParticipant(options ParticipantOptions) *Participant {
	if options.Redial == nil {
		options.Redial = rate.NewLimiter(10, 1)
	}
	options.Caller = options.Caller.As(options.Name)
	return &Participant{
		options: options, seen: options.Recorder.Session(options.Name),
		revs: make(map[int64]int64), requests: make(map[int64]request),
		unacked: make(map[string]*Attempt), ready: make(chan struct{}),
	}
}

// Run connects and listens until the context ends, over as many connections as
// it takes. It returns an error for what a correct server never says.
func (p *Participant) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.session != nil {
			p.session.Close()
		}
	})
	defer stop()
	for ctx.Err() == nil {
		session, err := p.connect(ctx)
		if err != nil {
			continue // the pod may be gone or not be there yet; Redial paces this
		}
		if err := p.listen(session); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", p.options.Name, err)
		}
	}
	return nil
}

// connect opens a session and lets it follow, from where the last one ended.
func (p *Participant) connect(ctx context.Context) (*Session, error) {
	if err := p.options.Redial.Wait(ctx); err != nil {
		return nil, err
	}
	url, err := p.options.Where(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	resume := p.following
	p.mu.Unlock()
	session, err := p.options.Caller.At(url).Open(ctx, resume)
	if err != nil {
		return nil, err
	}
	return session, p.begin(ctx, session, resume)
}

// begin makes the session the present one.
func (p *Participant) begin(ctx context.Context, session *Session, resume bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		session.Close()
		return ctx.Err()
	}
	p.session, p.requests = session, make(map[int64]request)
	p.stats.Connects++
	if resume {
		err := p.sync()
		if p.next != nil {
			p.seen, p.next = p.next, nil
		}
		p.seen.Connected()
		return err
	}
	p.seen.Connected()
	p.adopt(session.Snapshot, nil)
	return nil
}

// StartOver has the participant write what follows into another history: the fate
// of its messages at once, what it sees from the next connect on. That is for the
// moment at which the servers' data goes back in time, and the history so far
// would hold them to what is gone.
func (p *Participant) StartOver(recorder *history.Recorder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.Recorder, p.next = recorder, recorder.Session(p.options.Name)
	for _, attempt := range p.attempts {
		recorder.Sent(attempt.Conversation, p.options.User, attempt.ClientID, history.Digest([]byte(attempt.Content)))
	}
}

// sync asks for what was missed.
func (p *Participant) sync() error {
	synced := make(map[int64]int64, len(p.revs))
	named := make(map[string]int64, len(p.revs))
	for conversation, rev := range p.revs {
		rev = max(rev, p.seen.Rev(conversation))
		synced[conversation], named[fmt.Sprint(conversation)] = rev, rev
	}
	id := p.number(request{synced: synced})
	return p.session.Write(map[string]any{"id": id, "op": "sync", "epoch": p.epoch, "conversations": named})
}

func (p *Participant) number(asked request) int64 {
	p.nextID++
	p.requests[p.nextID] = asked
	return p.nextID
}

// adopt takes over what a session follows from now on, and sends again what was
// never acked.
func (p *Participant) adopt(snapshot Snapshot, synced map[int64]int64) {
	reset := set(snapshot.Reset)
	revs := make(map[int64]int64, len(snapshot.Conversations))
	for _, each := range snapshot.Conversations {
		since, resumed := synced[each.Conversation]
		switch {
		case reset[each.Conversation]:
			p.seen.Reset(each.Conversation, each.Rev)
			since = each.Rev
		case !resumed:
			since = each.Rev
		}
		revs[each.Conversation] = since
		p.seen.Follows(each.Conversation, since)
	}
	for conversation := range p.revs {
		if _, still := revs[conversation]; !still {
			p.seen.Left(conversation)
		}
	}
	p.epoch, p.revs = snapshot.Epoch, revs
	p.stats.Follows++
	p.stats.Followed = time.Now()
	if !p.following {
		p.following = true
		close(p.ready)
	}
	for _, attempt := range p.attempts {
		if p.unacked[attempt.ClientID] == attempt {
			p.try(attempt)
		}
	}
}

// Ready is closed once the participant follows its conversations for the first
// time.
func (p *Participant) Ready() <-chan struct{} { return p.ready }

// Send offers a message, whose content is JSON. It is tried at once when there is
// a session, and else after the next connect.
func (p *Participant) Send(conversation int64, clientID, content string) *Attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	attempt := &Attempt{Conversation: conversation, ClientID: clientID, Content: content, Offered: time.Now()}
	p.attempts = append(p.attempts, attempt)
	p.unacked[clientID] = attempt
	if p.following {
		p.try(attempt)
	}
	return attempt
}

// try leaves an attempt that the connection does not take to the next one.
func (p *Participant) try(attempt *Attempt) {
	if p.session == nil {
		return
	}
	attempt.Tries++
	p.options.Recorder.Sent(attempt.Conversation, p.options.User, attempt.ClientID, history.Digest([]byte(attempt.Content)))
	err := p.session.Write(sendFrame{
		ID: p.number(request{attempt: attempt}), Op: "send", Conversation: fmt.Sprint(attempt.Conversation),
		ClientID: attempt.ClientID, Content: rawJSON(attempt.Content),
	})
	if err != nil {
		p.session.Close()
	}
}

type sendFrame struct {
	ID           int64   `json:"id"`
	Op           string  `json:"op"`
	Conversation string  `json:"conversation"`
	ClientID     string  `json:"clientId"`
	Content      rawJSON `json:"content"`
}

// rawJSON is text that is JSON already.
type rawJSON string

// MarshalJSON returns the text as it is.
func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// Leave ends the present connection without a goodbye; Run connects again.
func (p *Participant) Leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != nil {
		p.session.Close()
	}
}

// Pending counts the messages that are neither acked nor refused.
func (p *Participant) Pending() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.unacked)
}

// User is the id of the user.
func (p *Participant) User() int64 { return p.options.User }

// Rev is the highest rev of a conversation that was delivered.
func (p *Participant) Rev(conversation int64) int64 {
	p.mu.Lock()
	seen := p.seen
	p.mu.Unlock()
	return seen.Rev(conversation)
}

// Attempts lists what was sent, as it stands now.
func (p *Participant) Attempts() []Attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	attempts := make([]Attempt, len(p.attempts))
	for i, attempt := range p.attempts {
		attempts[i] = *attempt
	}
	return attempts
}

// Stats is what happened so far.
func (p *Participant) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

func set(list []string) map[int64]bool {
	found := make(map[int64]bool, len(list))
	for _, text := range list {
		var id int64
		if _, err := fmt.Sscan(text, &id); err == nil {
			found[id] = true
		}
	}
	return found
}

// errRefusedSync is what a server must not answer to a client that says what it
// saw.
var errRefusedSync = errors.New("the sync was refused")
