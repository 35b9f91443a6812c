package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// pausedStore lets a test do something right after a read of the hub, before
// the hub sees what it read.
type pausedStore struct {
	store.Store

	mu               sync.Mutex
	paused           model.UserID // whose list of conversations it is; others are read at any time
	afterMemberships func()
	afterRevs        func()
}

// once takes a step, so that what it does is not interrupted by itself.
func (s *pausedStore) once(step *func()) {
	s.mu.Lock()
	run := *step
	*step = nil
	s.mu.Unlock()
	if run != nil {
		run()
	}
}

func (s *pausedStore) Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error) {
	s.mu.Lock()
	paused := s.paused == user
	s.mu.Unlock()
	if paused {
		defer s.once(&s.afterMemberships)
	}
	return s.Store.Memberships(ctx, user, limit)
}

func (s *pausedStore) Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error) {
	defer s.once(&s.afterRevs)
	return s.Store.Revs(ctx, conversations)
}

// attaching is ada, who is attached, and grace, who is about to be, in one group.
type attaching struct {
	*WithT
	t            *testing.T
	project      *pod.Project
	store        *pausedStore
	pod          *pod.Pod
	ada, grace   model.User
	conversation model.ConversationID
	stayer       *pod.Socket
}

func newAttaching(t *testing.T) *attaching {
	t.Helper()
	a := &attaching{WithT: NewWithT(t), t: t, project: pod.New(t, pod.Options{Timing: slow})}
	a.store = &pausedStore{Store: a.project.Store}
	a.project.Store = a.store
	a.ada, a.grace = a.project.User(t, "ada"), a.project.User(t, "grace")
	a.conversation = a.project.Group(t, a.ada, a.grace).ID
	a.pod = a.project.Start(t)
	a.stayer = a.pod.Open(t, pod.Bearer(a.project.Token(t, a.ada)))
	return a
}

// openGrace attaches a session of grace while the step happens.
func (a *attaching) openGrace(place *func(), step func()) *pod.Socket {
	a.t.Helper()
	a.store.mu.Lock()
	a.store.paused = a.grace.ID
	*place = step
	a.store.mu.Unlock()
	return a.pod.Open(a.t, pod.Bearer(a.project.Token(a.t, a.grace)))
}

// removeUnheard removes grace without telling the hub.
func (a *attaching) removeUnheard() {
	a.project.Remove(a.t, a.conversation, a.grace)
}

// appendUnheard stores messages without telling the hub.
func (a *attaching) appendUnheard(count int, content []byte) {
	for n := 0; n < count; n += 100 {
		var group []store.NewMessage
		for i := n; i < min(n+100, count); i++ {
			group = append(group, store.NewMessage{
				Conversation: a.conversation, Sender: a.ada.ID, ClientID: fmt.Sprint("unheard ", i),
				Type: model.TextMessage, Content: content, Properties: []byte("{}"),
			})
		}
		_, err := a.store.Append(a.t.Context(), group)
		a.Expect(err).NotTo(HaveOccurred())
	}
}

// expectDeaf checks that a session gets nothing of a message that another one gets.
func (a *attaching) expectDeaf(leaver *pod.Socket) {
	a.t.Helper()
	send(a.t, a.pod, a.ada, a.conversation, "not for grace")
	a.stayer.Await(func(frame pod.Frame) bool { return bytes.Contains(frame.Data, []byte("not for grace")) })
	leaver.Send(map[string]any{"id": 9, "op": "ping"})
	for {
		frame := leaver.Next()
		if frame.ID != nil {
			return
		}
		a.Expect(string(frame.Data)).NotTo(ContainSubstring("not for grace"))
	}
}

// maxMissed is how many changes a reader may have missed and still gets them.
const maxMissed = 500

func TestAUserWhoLeavesRightAfterTheListOfConversationsIsReadHearsNothing(t *testing.T) {
	a := newAttaching(t)
	leaver := a.openGrace(&a.store.afterMemberships, a.removeUnheard)
	a.expectDeaf(leaver)
}

func TestAUserWhoLeavesWhileASessionAttachesHearsNothingAfterwards(t *testing.T) {
	a := newAttaching(t)
	leaver := a.openGrace(&a.store.afterRevs, func() {
		a.Expect(a.pod.Chat.RemoveMember(t.Context(), chat.Principal{User: a.ada.ID},
			model.ConversationRef{ID: a.conversation}, model.UserRef{ID: a.grace.ID})).To(Succeed())
		send(t, a.pod, a.ada, a.conversation, "not for grace: the first")
	})
	a.expectDeaf(leaver)
}

func TestAUserWhoLeftBehindAResetHearsNothingAfterwards(t *testing.T) {
	t.Run("of a live session", func(t *testing.T) {
		a := newAttaching(t)
		leaver := a.pod.Open(t, pod.Bearer(a.project.Token(t, a.grace)))
		a.appendUnheard(maxMissed+1, []byte(`"unheard"`))
		a.removeUnheard()
		send(t, a.pod, a.ada, a.conversation, "opens the gap")
		a.stayer.Await(pod.Event("reset"))
		a.expectDeaf(leaver)
	})
	t.Run("of an attaching session", func(t *testing.T) {
		a := newAttaching(t)
		leaver := a.openGrace(&a.store.afterMemberships, func() {
			a.appendUnheard(maxMissed+1, []byte(`"unheard"`))
			a.removeUnheard()
		})
		send(t, a.pod, a.ada, a.conversation, "opens the gap")
		a.stayer.Await(pod.Event("reset"))
		a.expectDeaf(leaver)
	})
}

func TestAMessageThatCommitsWhileASessionAttachesIsDelivered(t *testing.T) {
	a := newAttaching(t)
	socket := a.openGrace(&a.store.afterMemberships, func() { a.appendUnheard(1, []byte(`"in between"`)) })
	a.Expect(nextSeqs(t, socket, 1)).To(Equal(upTo(1)))
}

func TestAMessageThatArrivesWhileASessionAttachesIsDelivered(t *testing.T) {
	a := newAttaching(t)
	socket := a.openGrace(&a.store.afterRevs, func() { send(t, a.pod, a.ada, a.conversation, "in between") })
	a.Expect(nextSeqs(t, socket, 1)).To(Equal(upTo(1)))
}

func TestWhatASweepFindsWhileTheFirstSessionAttachesIsNotForgotten(t *testing.T) {
	a := newAttaching(t)
	a.conversation = a.project.Group(t, a.grace, a.ada).ID // nobody is attached to it
	socket := a.openGrace(&a.store.afterRevs, func() {
		a.appendUnheard(1, []byte(`"lost on the bus"`))
		a.pod.Hub.Resubscribed(bus.ConversationChannel(a.conversation))
		time.Sleep(100 * time.Millisecond) // the sweep runs on its own
	})
	a.Expect(nextSeqs(t, socket, 1)).To(Equal(upTo(1)))
}

func TestAUserWhoCameBackIsNotDetachedByTheOldRemoval(t *testing.T) {
	var mu sync.Mutex
	holding := true
	project := faultyProject(t, slow, func(b *faultyBus, p bus.Publication) []bus.Publication {
		mu.Lock()
		defer mu.Unlock()
		if p.Channel.Family == bus.Users {
			return nil
		}
		b.held = append(b.held, p)
		if holding {
			return nil
		}
		out := b.held
		b.held = nil
		return out
	})
	g := NewWithT(t)
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada, grace)
	sender, reader := project.Start(t), project.Start(t)
	reader.Open(t, pod.Bearer(project.Token(t, ada))) // keeps the feed where it is
	ref := model.ConversationRef{ID: conversation.ID}
	g.Expect(sender.Chat.RemoveMember(t.Context(), chat.Principal{User: ada.ID}, ref, model.UserRef{ID: grace.ID})).To(Succeed())
	_, _, err := sender.Chat.AddMember(t.Context(), chat.Principal{User: ada.ID}, ref, chat.NewMember{User: model.UserRef{ID: grace.ID}})
	g.Expect(err).NotTo(HaveOccurred())
	socket := reader.Open(t, pod.Bearer(project.Token(t, grace)))
	mu.Lock()
	holding = false
	mu.Unlock()
	send(t, sender, ada, conversation.ID, "welcome back")
	g.Expect(nextSeqs(t, socket, 1)).To(Equal(upTo(1)))
}

func TestAUserWhoIsBackBeforeTheRemovalIsHeardGoesOnFollowing(t *testing.T) {
	g := NewWithT(t)
	patient := slow
	patient.GapWait = time.Hour // nothing but what is delivered here
	project := pod.New(t, pod.Options{Timing: patient})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada, grace)
	reader := project.Start(t)
	socket := reader.Open(t, pod.Bearer(project.Token(t, grace)))
	project.Remove(t, conversation.ID, grace)
	_, _, err := reader.Chat.AddMember(t.Context(), chat.Principal{User: ada.ID},
		model.ConversationRef{ID: conversation.ID}, chat.NewMember{User: model.UserRef{ID: grace.ID}})
	g.Expect(err).NotTo(HaveOccurred())

	left := model.Member{Conversation: conversation.ID, User: grace.ID, Role: model.RoleMember, CreatedRev: 1, Rev: 2, LeftRev: 2}
	late, err := envelope.NewChange(model.Event{Kind: model.MemberRemoved, ConversationID: conversation.ID, Rev: 2, Member: &left})
	g.Expect(err).NotTo(HaveOccurred())
	reader.Hub.Deliver([]envelope.Change{late})
	send(t, reader, ada, conversation.ID, "welcome back")
	g.Expect(socket.Next().Event).To(Equal("member.removed"))
	g.Expect(socket.Next().Event).To(Equal("member.added"))
	g.Expect(nextSeqs(t, socket, 1)).To(Equal(upTo(1)))
}

func TestAResumeThatMissedMoreThanTheQueueHoldsIsBroughtUpToDate(t *testing.T) {
	const messages = 400
	a := newAttaching(t)
	epoch, err := a.store.Epoch(t.Context())
	a.Expect(err).NotTo(HaveOccurred())
	content, err := json.Marshal(string(bytes.Repeat([]byte{'x'}, 4096)))
	a.Expect(err).NotTo(HaveOccurred())
	a.appendUnheard(messages, content)
	socket := pod.Dial(t, a.pod.URL, "/chat/v1/ws?resume=true", pod.Bearer(a.project.Token(t, a.grace)))
	socket.Send(map[string]any{"id": 1, "op": "sync", "epoch": epoch, "conversations": map[string]int64{a.conversation.String(): 1}})
	a.Expect(nextSeqs(t, socket, messages)).To(Equal(upTo(messages)))
}

func TestLeavingAConversationMakesRoomBelowTheAttachLimit(t *testing.T) {
	a := newAttaching(t)
	for range hub.MaxAttached - 1 {
		a.project.Group(t, a.grace)
	}
	socket := a.pod.Open(t, pod.Bearer(a.project.Token(t, a.grace)))
	admin := chat.Principal{User: a.ada.ID}
	a.Expect(a.pod.Chat.RemoveMember(t.Context(), admin, model.ConversationRef{ID: a.conversation}, model.UserRef{ID: a.grace.ID})).To(Succeed())
	socket.Await(pod.Event("member.removed"))
	other := a.project.Group(t, a.ada).ID
	_, _, err := a.pod.Chat.AddMember(t.Context(), admin, model.ConversationRef{ID: other}, chat.NewMember{User: model.UserRef{ID: a.grace.ID}})
	a.Expect(err).NotTo(HaveOccurred())
	awaitWithin(t, socket, "member.added")
}

func TestAConversationBeyondTheAttachLimitIsResetAndNotGone(t *testing.T) {
	a := newAttaching(t)
	for range hub.MaxAttached {
		a.project.Group(t, a.grace)
	}
	left := a.project.Group(t, a.ada).ID
	epoch, err := a.store.Epoch(t.Context())
	a.Expect(err).NotTo(HaveOccurred())
	socket := pod.Dial(t, a.pod.URL, "/chat/v1/ws?resume=true", pod.Bearer(a.project.Token(t, a.grace)))
	socket.Send(map[string]any{"id": 1, "op": "sync", "epoch": epoch, "conversations": map[string]int64{
		a.conversation.String(): 1, left.String(): 1,
	}})
	var snapshot struct {
		Gone, Reset []model.ConversationID
	}
	a.Expect(json.Unmarshal(socket.Await(pod.Answer(1)).OK, &snapshot)).To(Succeed())
	a.Expect(snapshot.Gone).To(Equal([]model.ConversationID{left}))
	a.Expect(snapshot.Reset).To(Equal([]model.ConversationID{a.conversation}))
}
