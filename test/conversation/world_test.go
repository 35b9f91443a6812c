package conversation

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// timing does not wait long for what a held link delays.
var timing = hub.Timing{
	GapWait: 10 * time.Millisecond, Sweep: hub.DefaultTiming.Sweep,
	UnhealthySweep: hub.DefaultTiming.UnhealthySweep, Ping: hub.DefaultTiming.Ping,
}

// cluster is two pods on one store, for all checks of a test.
type cluster struct {
	project *pod.Project
	pods    [2]*pod.Pod
	links   [2]*link
	checks  int
}

func newCluster(t *testing.T, stored store.Store) *cluster {
	t.Helper()
	c := &cluster{}
	network := memory.NewNetwork()
	started := 0
	c.project = pod.New(t, pod.Options{Store: stored, Timing: timing, Bus: func(receiver bus.Receiver) bus.Bus {
		c.links[started] = &link{receiver: receiver}
		started++
		return network.Join(c.links[started-1])
	}})
	for i := range c.pods {
		c.pods[i] = c.project.Start(t)
	}
	return c
}

// release lets all that was held reach the pods.
func (c *cluster) release() {
	for _, each := range c.links {
		each.release()
	}
}

// checking lets the builders of package pod work for one check: what they
// require fails the check, and what they open ends with it.
type checking struct {
	testing.TB
	check *rapid.T
}

func (c checking) Helper()                           { c.check.Helper() }
func (c checking) Cleanup(done func())               { c.check.Cleanup(done) }
func (c checking) Fatal(arguments ...any)            { c.check.Fatal(arguments...) }
func (c checking) Fatalf(format string, args ...any) { c.check.Fatalf(format, args...) }

// person is one who takes part, or may.
type person struct {
	name   string
	user   model.UserID
	header http.Header
}

// world is one conversation on the cluster, its model, and who is connected.
type world struct {
	*cluster
	t        *rapid.T
	tb       testing.TB
	room     *room
	people   []person
	sessions []*session
	named    int // clientIds that were made up
}

// newWorld makes a group of ada, who owns it, grace and linus. Hedy is a stranger
// and ada has a second device. Some groups hide from members what was there before
// they joined: in those hedy comes after the first message.
func newWorld(tb testing.TB, t *rapid.T, c *cluster) *world {
	w := &world{cluster: c, t: t, tb: checking{TB: tb, check: t}}
	c.checks++
	var members []model.User
	for _, name := range []string{"ada", "grace", "linus", "hedy"} {
		user := c.project.User(w.tb, fmt.Sprintf("%s%d", name, c.checks))
		w.people = append(w.people, person{name: name, user: user.ID, header: pod.Bearer(c.project.Token(w.tb, user))})
		if name != "hedy" {
			members = append(members, user)
		}
	}
	group := c.project.Group(w.tb, members...)
	w.room = newRoom(group.ID, members[0].ID, members[1].ID, members[2].ID)
	hides := rapid.Bool().Draw(t, "hides the past")
	if hides {
		w.hideThePast()
	}
	for i, owner := range []int{0, 1, 2, 3, 0} {
		s := &session{name: w.people[owner].name, user: w.people[owner].user}
		if i >= len(w.people) {
			s.name += "'s other device"
		}
		w.sessions = append(w.sessions, s)
		w.connect(s, i%len(c.pods))
	}
	t.Cleanup(c.release)
	if hides {
		w.submit(w.sessions[0], w.newClientID(), request{text: "hello"})
		w.admit(w.people[0], w.people[3], model.RoleMember, 0)
	}
	return w
}

// hideThePast is told to nobody: there is nothing to hide yet, and nobody is
// connected.
func (w *world) hideThePast() {
	w.t.Helper()
	err := w.project.Store.ChangeConversation(w.tb.Context(), w.room.id, func(change store.Change) error {
		change.Conversation().SinceJoin = true
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.room.past.rules[0].hidden = true
}

func (w *world) person(user model.UserID) person {
	for _, each := range w.people {
		if each.user == user {
			return each
		}
	}
	return person{name: user.String()}
}

// connect opens a session that follows from now on.
func (w *world) connect(s *session, target int) {
	w.t.Helper()
	s.socket = pod.Dial(w.tb, w.pods[target].URL, "/chat/v1/ws", w.person(s.user).header)
	var hello struct{ Snapshot snapshot }
	w.decode(s.socket.Next().Data, &hello)
	s.epoch = hello.Snapshot.Epoch
	w.begin(s, hello.Snapshot)
}

// snapshot is what a session stands on.
type snapshot struct {
	Epoch              string
	Conversations      []model.Membership
	Added, Gone, Reset []model.ConversationID
}

// standsOn holds a snapshot to the model. It reports false when the session has
// nothing to follow.
func (w *world) standsOn(s *session, got snapshot) bool {
	w.t.Helper()
	if !w.room.follows(s.user) {
		if len(got.Conversations) > 0 {
			w.t.Fatalf("%s follows %+v, the model nothing", s.name, got.Conversations)
		}
		return false
	}
	known := w.room.members[s.user]
	want := model.Membership{
		Conversation: w.room.id, Type: model.Group, Rev: w.room.rev, LastSeq: w.room.lastSeq(),
		OwnRev: known.OwnRev, ReadSeq: known.ReadSeq, Muted: known.Muted,
	}
	if len(got.Conversations) != 1 || got.Conversations[0] != want {
		w.t.Fatalf("%s stands on %+v, the model on %+v", s.name, got.Conversations, want)
	}
	return true
}

// begin has a session that knows nothing stand on a snapshot.
func (w *world) begin(s *session, got snapshot) {
	w.t.Helper()
	s.forget()
	if w.standsOn(s, got) {
		s.rev = w.room.rev
		w.readAnew(s)
	}
}

// ask sends a request and takes all frames up to its answer. It returns the code
// of the refusal, or decodes what was answered.
func (w *world) ask(s *session, request map[string]any, into any) string {
	w.t.Helper()
	s.asked++
	request["id"] = s.asked
	if request["op"] != "sync" {
		request["conversation"] = w.room.id.String()
	}
	s.socket.Send(request)
	answer := s.socket.Await(func(frame pod.Frame) bool {
		if frame.ID != nil && *frame.ID == s.asked {
			return true
		}
		s.early = append(s.early, frame)
		return false
	})
	if answer.Error != nil {
		return answer.Error.Code
	}
	w.decode(answer.OK, into)
	return granted
}

// call asks over REST, at the pod.
func (w *world) call(target int, user model.UserID, method, path, body string, into any) (status int, code string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.tb.Context(), method,
		w.pods[target].URL+"/chat/v1/conversations/"+w.room.id.String()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header = w.person(user).header.Clone()
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		var problem struct{ Code string }
		w.decode(content, &problem)
		return response.StatusCode, problem.Code
	}
	if into != nil {
		w.decode(json.RawMessage(content), into)
	}
	return response.StatusCode, granted
}
