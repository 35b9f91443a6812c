package history_test

import (
	"fmt"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/history"
)

// story is a short sound history: two clients hear live of seven messages (seq
// 7 at rev 11), of two edits of seq 2 (rev 7 and 8), the deletion of seq 3 (rev 9)
// and a reaction to seq 4 (rev 10). A last send, key 8, was refused.
func story() *tape {
	s := newServer(2)
	for range 6 {
		s.send()
	}
	s.edit(2, true)
	s.edit(2, true)
	s.remove(3, true)
	s.react(4)
	s.send()
	s.tape.add(step{call: refused, message: s.offer()})
	return s.finish()
}

// at finds the delivery of a rev to a client.
func (t *tape) at(client string, rev int64) int {
	return slices.IndexFunc(t.steps, func(each step) bool {
		return each.call == delivered && each.session == client && each.event.Rev == rev
	})
}

// on finds the first step of a kind about a message, or about an offer.
func (t *tape) on(what call, id int64) int {
	return slices.IndexFunc(t.steps, func(each step) bool { return each.call == what && each.message.ID == id })
}

func (t *tape) cut(at int) step {
	cut := t.steps[at]
	t.steps = slices.Delete(t.steps, at, at+1)
	return cut
}

func (t *tape) insert(at int, what step) { t.steps = slices.Insert(t.steps, at, what) }

const (
	ada   = "client 0"
	grace = "client 1"
)

// ghost is a message that came from nowhere, at the end of the story.
func ghost() history.Message {
	return history.Message{Conversation: room, ID: 900, Seq: 8, CreatedRev: 12, Rev: 12, Sender: 7, ClientID: "ghost", Content: 9}
}

// everywhere stores a new last message and delivers it to both clients.
func (t *tape) everywhere(m history.Message) {
	t.stored.Messages = append(t.stored.Messages, m)
	t.stored.Rev = m.Rev
	for _, client := range []string{ada, grace} {
		t.add(step{call: delivered, session: client, event: history.Event{Kind: history.Created, Conversation: room, Rev: m.Rev, Message: m}})
	}
}

type defect struct {
	name   string
	plant  func(t *tape)
	breaks []history.Rule // in the order of their names
}

func defectsOfTheStore() []defect {
	return []defect{
		{"an acked message is gone", func(t *tape) {
			t.stored.Messages = slices.Delete(t.stored.Messages, 4, 5)
		}, []history.Rule{history.Hole, history.Lost, history.Order}},
		{"the last message is gone", func(t *tape) {
			t.stored.Messages = t.stored.Messages[:6]
		}, []history.Rule{history.Lost, history.Order}},
		{"an acked message that nobody heard of is gone", func(t *tape) {
			m := ghost()
			t.add(step{call: sent, message: m})
			t.add(ack(m))
		}, []history.Rule{history.Lost, history.Order}},
		{"a message has other content than it was acked with", func(t *tape) {
			t.stored.Messages[4].Content = t.stored.Messages[5].Content
		}, []history.Rule{history.Edit, history.Lost, history.Unasked}},
		{"a message is a tombstone that nobody deleted", func(t *tape) {
			t.stored.Messages[4].Deleted, t.stored.Messages[4].Rev, t.stored.Rev = true, 12, 12
		}, []history.Rule{history.Gap, history.Lost}},
		{"two messages have changed places", func(t *tape) {
			a, b := &t.stored.Messages[4], &t.stored.Messages[5]
			a.Seq, a.CreatedRev, a.Rev, b.Seq, b.CreatedRev, b.Rev = b.Seq, b.CreatedRev, b.Rev, a.Seq, a.CreatedRev, a.Rev
			*a, *b = *b, *a
		}, []history.Rule{history.Edit, history.Lost, history.Order}},
		{"a seq was never given", func(t *tape) {
			m := ghost()
			m.Seq = 9
			t.add(step{call: sent, message: m})
			t.everywhere(m)
		}, []history.Rule{history.Hole}},
		{"one clientId is stored twice", func(t *tape) {
			m := ghost()
			m.Sender, m.ClientID, m.Content = t.stored.Messages[6].Sender, t.stored.Messages[6].ClientID, t.stored.Messages[6].Content
			t.everywhere(m)
		}, []history.Rule{history.Doubled}},
		{"an earlier edit wins", func(t *tape) {
			t.stored.Messages[1].Content = t.steps[t.on(editAcked, firstID+1)].message.Content
		}, []history.Rule{history.Edit}},
		{"an earlier edit wins with a later rev", func(t *tape) {
			m := &t.stored.Messages[1]
			m.Content, m.Rev, t.stored.Rev = t.steps[t.on(editAcked, firstID+1)].message.Content, 12, 12
		}, []history.Rule{history.Edit, history.Gap}},
		{"an acked edit is forgotten", func(t *tape) {
			m := t.steps[t.on(editAcked, firstID+1)].message
			t.stored.Messages[1] = m
		}, []history.Rule{history.Edit}},
		{"an acked deletion is undone", func(t *tape) {
			t.stored.Messages[2].Deleted = false
			t.stored.Messages[2].Content = t.steps[t.on(acked, firstID+2)].message.Content
		}, []history.Rule{history.Edit}},
		{"a message is stored that nobody sent", func(t *tape) {
			t.everywhere(ghost())
		}, []history.Rule{history.Unasked}},
		{"a message is acked under another clientId than it was sent with", func(t *tape) {
			m := ghost()
			t.add(step{call: acked, message: m})
			t.everywhere(m)
		}, []history.Rule{history.Unasked}},
		{"a refused message is stored", func(t *tape) {
			m := ghost()
			offer := t.steps[t.on(refused, 0)].message
			m.Sender, m.ClientID, m.Content = offer.Sender, offer.ClientID, offer.Content
			t.everywhere(m)
		}, []history.Rule{history.Refused}},
	}
}

func defectsOfDelivery() []defect {
	return []defect{
		{"a delivery is missing", func(t *tape) { t.cut(t.at(ada, 5)) }, []history.Rule{history.Gap}},
		{"the last delivery is missing", func(t *tape) { t.cut(t.at(ada, 11)) }, []history.Rule{history.Gap}},
		{"an edit is missing", func(t *tape) { t.cut(t.at(grace, 8)) }, []history.Rule{history.Gap}},
		{"a rev is missing that nobody can name", func(t *tape) { t.stored.Rev = 12 }, []history.Rule{history.Gap}},
		{"two messages come in the wrong order", func(t *tape) {
			i := t.at(ada, 4)
			t.insert(i+1, t.cut(i))
		}, []history.Rule{history.Order}},
		{"a message comes twice on one connection", func(t *tape) {
			i := t.at(ada, 4)
			t.insert(i, t.steps[i])
		}, []history.Rule{history.Order}},
		{"an old message comes again on one connection", func(t *tape) {
			t.add(t.steps[t.at(ada, 5)])
		}, []history.Rule{history.Order}},
		{"a message goes back to what it was", func(t *tape) {
			i := t.at(ada, 8)
			t.insert(i+1, t.steps[t.at(ada, 7)])
		}, []history.Rule{history.Edit, history.Order}},
		{"a message comes with another content", func(t *tape) {
			t.steps[t.at(ada, 5)].event.Message.Content++
		}, []history.Rule{history.Edit, history.Unasked}},
		{"a message comes with another seq", func(t *tape) {
			t.steps[t.at(ada, 11)].event.Message.Seq++
		}, []history.Rule{history.Order}},
		{"a message comes at another rev than it was born at", func(t *tape) {
			t.steps[t.at(ada, 11)].event.Rev = 12
			t.stored.Rev = 12
		}, []history.Rule{history.Gap, history.Order}},
		{"one clientId comes as two messages", func(t *tape) {
			i := t.at(ada, 5)
			t.steps[i].event.Message.ID = 900
		}, []history.Rule{history.Doubled, history.Order}},
		{"an edit comes that nobody made", func(t *tape) {
			t.steps[t.at(ada, 8)].event.Message.Content++
		}, []history.Rule{history.Edit, history.Unasked}},
		{"a refused message is delivered", func(t *tape) {
			offer := t.steps[t.on(refused, 0)].message
			offer.ID, offer.Seq, offer.CreatedRev, offer.Rev = 900, 8, 12, 12
			t.add(step{call: delivered, session: ada, event: history.Event{Kind: history.Created, Conversation: room, Rev: 12, Message: offer}})
		}, []history.Rule{history.Order, history.Refused}},
		{"a change of a message comes that the user does not see", func(t *tape) {
			t.insert(t.at(grace, 9), step{call: sees, session: grace, rev: 4})
		}, []history.Rule{history.Unseen}},
		{"a retry was acked as a second message", func(t *tape) {
			again := t.steps[t.on(acked, firstID+6)]
			again.message.ID = 900
			t.add(again)
		}, []history.Rule{history.Doubled, history.Lost}},
	}
}

func TestEveryPlantedDefectIsFoundUnderItsRule(t *testing.T) {
	NewWithT(t).Expect(story().check()).To(BeEmpty())
	for _, each := range slices.Concat(defectsOfTheStore(), defectsOfDelivery()) {
		t.Run(each.name, func(t *testing.T) {
			g := NewWithT(t)
			told := story()
			each.plant(told)
			found := told.check()
			g.Expect(rules(found)).To(Equal(each.breaks), "%v", found)
		})
	}
}

// After a resume both come at the rev of the reply.
func TestAReplyIsMissedThoughTheEventOfWhatItRepliesToCame(t *testing.T) {
	g := NewWithT(t)
	s := newServer(1)
	c := s.clients[0]
	s.send()
	s.deliver(c, 1)
	s.drop(c)
	reply := s.store(s.offer(), 0)
	s.tape.add(ack(reply))
	told := s.finish()
	g.Expect(told.check()).To(BeEmpty())

	lost := slices.IndexFunc(told.steps, func(each step) bool { return each.call == delivered && each.event.Message.ID == reply.ID })
	told.cut(lost)
	g.Expect(rules(told.check())).To(Equal([]history.Rule{history.Gap}))
}

func TestWhatIsFoundIsBoundedAndTheRestIsCounted(t *testing.T) {
	g := NewWithT(t)
	s := newServer(1)
	for range 50 {
		s.send()
	}
	told := s.finish()
	told.stored.Messages = nil
	var lost []history.Violation
	for _, each := range told.check() {
		if each.Rule == history.Lost {
			lost = append(lost, each)
		}
	}
	g.Expect(lost).To(HaveLen(21))
	g.Expect(lost[20].Text).To(Equal("and 30 more"))
	g.Expect(fmt.Sprint(lost[0])).To(HavePrefix("lost: conversation 1000: message "))
}
