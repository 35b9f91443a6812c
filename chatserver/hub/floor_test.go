package hub_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// past is a group in which ada wrote before grace came, and which hides that.
// Ada acts on the first pod unless the test says otherwise; everybody listens on
// the second.
type past struct {
	*WithT
	t          *testing.T
	project    *pod.Project
	one, two   *pod.Pod
	acting     *pod.Pod
	deaf       atomic.Bool // the pods hear nothing of each other
	late       atomic.Bool // the pods hear of changes behind the next notice
	ada, grace model.User
	room       model.ConversationRef
	secret     model.Message
}

func newPast(t *testing.T, timing hub.Timing) *past {
	t.Helper()
	p := &past{WithT: NewWithT(t), t: t}
	p.project = faultyProject(t, timing, p.pass)
	p.ada, p.grace = p.project.User(t, "ada"), p.project.User(t, "grace")
	p.one, p.two = p.project.Start(t), p.project.Start(t)
	p.acting = p.one
	made, err := p.project.Store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, SinceJoin: true, Properties: []byte("{}"), CreatedBy: p.ada.ID,
		Members: []store.NewMember{{User: p.ada.ID, Role: model.RoleOwner}},
	})
	p.Expect(err).NotTo(HaveOccurred())
	p.room = model.ConversationRef{ID: made.Conversation.ID}
	p.secret = p.send("secret", 0)
	return p
}

// pass is what the bus makes of a publication.
func (p *past) pass(b *faultyBus, publication bus.Publication) []bus.Publication {
	switch {
	case p.deaf.Load():
		return nil
	case !p.late.Load():
		return []bus.Publication{publication}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if publication.Channel.Family != bus.Users {
		b.held = append(b.held, publication)
		return nil
	}
	held := b.held
	b.held = nil
	return append([]bus.Publication{publication}, held...)
}

func (p *past) as(user model.User) chat.Principal { return chat.Principal{User: user.ID} }

func (p *past) send(text string, parent model.MessageID) model.Message {
	p.t.Helper()
	content, err := json.Marshal(text)
	p.Expect(err).NotTo(HaveOccurred())
	sent, err := p.acting.Chat.Send(p.t.Context(), p.as(p.ada), chat.SendMessage{
		Conversation: p.room, Content: content, Parent: model.MessageRef{ID: parent},
	})
	p.Expect(err).NotTo(HaveOccurred())
	return sent.Message
}

func (p *past) add() {
	p.t.Helper()
	_, added, err := p.acting.Chat.AddMember(p.t.Context(), p.as(p.ada), p.room, chat.NewMember{
		User: model.UserRef{ID: p.grace.ID}, Role: model.RoleMember,
	})
	p.Expect(err).NotTo(HaveOccurred())
	p.Expect(added).To(BeTrue())
}

func (p *past) remove() {
	p.t.Helper()
	p.Expect(p.acting.Chat.RemoveMember(p.t.Context(), p.as(p.ada), p.room, model.UserRef{ID: p.grace.ID})).To(Succeed())
}

// stir changes the secret in every way that leaves its content.
func (p *past) stir() {
	p.t.Helper()
	message := model.MessageRef{ID: p.secret.ID}
	_, err := p.acting.Chat.EditMessage(p.t.Context(), p.as(p.ada), chat.EditMessage{
		Conversation: p.room, Message: message, Content: []byte(`"secret still"`),
	})
	p.Expect(err).NotTo(HaveOccurred())
	for _, remove := range []bool{false, true} {
		_, _, err := p.acting.Chat.React(p.t.Context(), p.as(p.ada), chat.React{
			Conversation: p.room, Message: message, Emoji: "👍", Remove: remove,
		})
		p.Expect(err).NotTo(HaveOccurred())
	}
	p.send("a reply", p.secret.ID)
}

func (p *past) bury() {
	p.t.Helper()
	p.Expect(p.acting.Chat.DeleteMessage(p.t.Context(), p.as(p.ada), p.room, model.MessageRef{ID: p.secret.ID})).To(Succeed())
}

func (p *past) open(user model.User) *pod.Socket {
	p.t.Helper()
	return p.two.Open(p.t, pod.Bearer(p.project.Token(p.t, user)))
}

// heard reads up to an event, or to the message with the text, and returns the
// kinds of all, and whether one was about the secret.
func (p *past) heard(socket *pod.Socket, last string) (kinds []string, secret bool) {
	p.t.Helper()
	socket.Await(func(frame pod.Frame) bool {
		if frame.Rev == 0 {
			return false
		}
		var about struct {
			ID      string
			Content json.RawMessage
			Message struct{ ID string }
		}
		p.Expect(json.Unmarshal(frame.Data, &about)).To(Succeed())
		kinds = append(kinds, frame.Event)
		isMessage := strings.HasPrefix(frame.Event, "message.")
		secret = secret || (isMessage && about.ID == p.secret.ID.String()) || about.Message.ID == p.secret.ID.String()
		return frame.Event == last || string(about.Content) == `"`+last+`"`
	})
	return kinds, secret
}

// hears requires the events up to the last one, none about the secret.
func (p *past) hears(socket *pod.Socket, last string, kinds ...string) {
	p.t.Helper()
	got, secret := p.heard(socket, last)
	p.Expect(secret).To(BeFalse(), "%v tell of what was before the joining", got)
	p.Expect(got).To(Equal(kinds))
}

func TestChangesOfMessagesFromBeforeTheJoiningAreNotToldLive(t *testing.T) {
	p := newPast(t, slow)
	joiner, owner := p.open(p.grace), p.open(p.ada)
	p.add()
	joiner.Await(pod.Event("member.added"))
	p.stir()
	p.bury()
	p.send("after", 0)
	p.hears(joiner, "after", "message.created", "message.created")
	kinds, secret := p.heard(owner, "after")
	p.Expect(secret).To(BeTrue())
	p.Expect(kinds).To(Equal([]string{
		"member.added", "message.edited", "reaction.added", "reaction.removed", "message.created", "message.deleted", "message.created",
	}))
}

func TestChangesOfMessagesSinceTheJoiningAreTold(t *testing.T) {
	p := newPast(t, slow)
	p.add()
	joiner := p.open(p.grace)
	p.secret = p.send("no secret", 0)
	p.stir()
	p.bury()
	p.send("after", 0)
	kinds, told := p.heard(joiner, "after")
	p.Expect(told).To(BeTrue())
	p.Expect(kinds).To(HaveLen(7))
}

// A client may name any rev, also one from before its user joined.
func TestChangesOfMessagesFromBeforeTheJoiningAreNotToldOnResume(t *testing.T) {
	p := newPast(t, slow)
	p.add()
	p.stir()
	epoch, err := p.project.Store.Epoch(t.Context())
	p.Expect(err).NotTo(HaveOccurred())
	joiner := pod.Dial(t, p.two.URL, "/chat/v1/ws?resume=true", pod.Bearer(p.project.Token(t, p.grace)))
	for id := range int64(2) { // the second one is of a session that is live already
		joiner.Send(map[string]any{"id": id + 1, "op": "sync", "epoch": epoch, "conversations": map[string]int64{p.room.ID.String(): 1}})
		p.Expect(joiner.Await(pod.Answer(id + 1)).Error).To(BeNil())
		p.hears(joiner, "a reply", "member.added", "message.created")
	}
	p.stir()
	p.send("after", 0)
	p.hears(joiner, "after", "message.created", "message.created")
}

func TestChangesOfMessagesFromBeforeTheJoiningAreNotToldByARepair(t *testing.T) {
	p := newPast(t, slow)
	p.add()
	joiner, owner := p.open(p.grace), p.open(p.ada)
	p.deaf.Store(true)
	p.stir()
	p.acting = p.two
	p.send("after", 0)
	p.hears(joiner, "after", "message.created", "message.created")
	kinds, secret := p.heard(owner, "after")
	p.Expect(secret).To(BeTrue())
	p.Expect(kinds).To(Equal([]string{"message.edited", "message.created", "message.created"}))
}

func TestChangesOfMessagesFromBeforeTheJoiningAreNotToldWhenTheSweepAttaches(t *testing.T) {
	p := newPast(t, quick)
	joiner := p.open(p.grace)
	p.deaf.Store(true)
	p.add()
	p.stir()
	p.hears(joiner, "a reply", "member.added", "message.created")
	p.stir()
	p.send("after", 0)
	_, secret := p.heard(joiner, "after")
	p.Expect(secret).To(BeFalse())
}

func TestChangesOfMessagesFromBeforeTheJoiningAreNotToldToOneWhoAttaches(t *testing.T) {
	p := newPast(t, slow)
	p.add()
	joiner := pod.Dial(t, p.two.URL, "/chat/v1/ws?resume=true", pod.Bearer(p.project.Token(t, p.grace)))
	joiner.Send(map[string]any{"id": 1, "op": "attach", "conversation": p.room.ID.String()})
	p.Expect(joiner.Await(pod.Answer(1)).Error).To(BeNil())
	p.stir()
	p.send("after", 0)
	p.hears(joiner, "after", "message.created", "message.created")
}

// The session never hears that it was out: what was said meanwhile is not for it.
func TestWhatWasSaidWhileAMemberWasOutIsNotToldOnceItIsBack(t *testing.T) {
	p := newPast(t, slow)
	p.add()
	joiner, owner := p.open(p.grace), p.open(p.ada)
	p.deaf.Store(true)
	p.remove()
	p.secret = p.send("another secret", 0)
	p.acting = p.two
	p.add()
	p.send("after", 0)
	p.hears(joiner, "after", "member.added", "message.created")
	p.stir()
	p.send("later", 0)
	p.hears(joiner, "later", "message.created", "message.created")
	_, secret := p.heard(owner, "later")
	p.Expect(secret).To(BeTrue())
}

// That the user is back comes before the end that it is back from.
func TestWhatWasSaidWhileAMemberWasOutIsNotToldWhenItsReturnIsHeardOfFirst(t *testing.T) {
	p := newPast(t, slow)
	p.add()
	joiner := p.open(p.grace)
	p.late.Store(true)
	p.remove()
	p.secret = p.send("another secret", 0)
	p.stir()
	p.add()
	p.hears(joiner, "member.added", "member.removed", "member.added")
	p.late.Store(false)
	p.stir()
	p.send("after", 0)
	p.hears(joiner, "after", "message.created", "message.created")
}

func TestAConversationThatBeginsToHideThePastTellsNoMoreOfIt(t *testing.T) {
	p := newPast(t, slow)
	p.hide(false)
	p.add()
	joiner := p.open(p.grace)
	p.stir()
	p.send("shown", 0)
	_, secret := p.heard(joiner, "shown")
	p.Expect(secret).To(BeTrue())
	p.hide(true)
	p.stir()
	p.send("hidden", 0)
	p.hears(joiner, "hidden", "conversation.updated", "message.created", "message.created")
	p.hide(false)
	p.stir()
	p.send("shown again", 0)
	_, secret = p.heard(joiner, "shown again")
	p.Expect(secret).To(BeTrue())
}

func (p *past) hide(hide bool) {
	p.t.Helper()
	_, err := p.acting.Chat.UpdateConversation(p.t.Context(), p.as(p.ada), p.room, chat.UpdateConversation{SinceJoin: chat.Set(hide)})
	p.Expect(err).NotTo(HaveOccurred())
}
