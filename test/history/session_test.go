package history_test

import (
	"fmt"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/history"
)

func created(seq int64) history.Event {
	return history.Event{Kind: history.Created, Conversation: room, Rev: seq, Message: history.Message{
		Conversation: room, ID: firstID + seq, Seq: seq, CreatedRev: seq, Rev: seq, Sender: 7, ClientID: "key", Content: uint64(seq),
	}}
}

func TestASessionHasAllOnlyWhenTheFoldedEventsHaveComeToo(t *testing.T) {
	g := NewWithT(t)
	recorder := history.NewRecorder()
	other, resumed := recorder.Session(ada), recorder.Session(grace)
	edited := created(1)
	edited.Kind, edited.Rev, edited.Message.Rev = history.Edited, 3, 3
	other.Follows(room, 0)
	for _, event := range []history.Event{created(1), created(2), edited} {
		other.Delivered(event)
	}
	g.Expect(other.HasAll(room, 3)).To(BeTrue())

	folded := created(1)
	folded.Message.Rev = 3
	resumed.Follows(room, 0)
	resumed.Delivered(folded)
	g.Expect(resumed.Rev(room)).To(BeEquivalentTo(3))
	g.Expect(resumed.HasAll(room, 3)).To(BeFalse())
	resumed.Delivered(created(2))
	g.Expect(resumed.HasAll(room, 3)).To(BeTrue())
	g.Expect(resumed.HasAll(room, 4)).To(BeFalse())
	g.Expect(resumed.Rev(room + 1)).To(BeZero())
	g.Expect(resumed.HasAll(room+1, 1)).To(BeFalse())
}

func TestASummaryCountsWhatHappened(t *testing.T) {
	g := NewWithT(t)
	s := newServer(1)
	c := s.clients[0]
	s.send()
	m := s.send()
	s.tape.add(step{call: sent, message: m})
	s.tape.add(ack(m))
	s.tape.add(step{call: refused, message: s.offer()})
	s.offer()
	s.deliver(c, 2)
	s.resume(c, 1)
	s.deliver(c, 1)
	s.reset(c)
	g.Expect(s.finish().play().Summary()).To(Equal(history.Summary{
		Offered: 4, Attempts: 5, Acked: 2, Refused: 1, Deliveries: 3, Again: 1, Resets: 1,
	}))
}

func TestSendersAndSessionsRecordAtTheSameTime(t *testing.T) {
	g := NewWithT(t)
	const sessions, messages = 4, 200
	recorder := history.NewRecorder()
	var stored history.Stored
	var running sync.WaitGroup
	for seq := int64(1); seq <= messages; seq++ {
		m := keyed(seq).Message
		stored.Messages = append(stored.Messages, m)
	}
	stored.Conversation, stored.Rev = room, messages
	running.Go(func() {
		for _, m := range stored.Messages {
			recorder.Sent(room, m.Sender, m.ClientID, m.Content)
			recorder.Acked(m)
		}
	})
	for i := range sessions {
		session := recorder.Session(fmt.Sprint("session ", i))
		running.Go(func() {
			session.Connected()
			session.Follows(room, 0)
			for seq := int64(1); seq <= messages; seq++ {
				session.Delivered(keyed(seq))
			}
		})
		running.Go(func() { session.Rev(room); session.HasAll(room, messages) })
	}
	running.Wait()
	g.Expect(recorder.Check(stored)).To(BeEmpty())
	g.Expect(recorder.Summary().Deliveries).To(Equal(sessions * messages))
}

func keyed(seq int64) history.Event {
	event := created(seq)
	event.Message.ClientID = fmt.Sprint("key ", seq)
	return event
}

// BenchmarkDelivered counts one delivery to one of a hundred sessions of a room,
// of which the first hears of everything first.
func BenchmarkDelivered(b *testing.B) {
	recorder := history.NewRecorder()
	sessions := make([]*history.Session, 100)
	for i := range sessions {
		sessions[i] = recorder.Session(fmt.Sprint("session ", i))
		sessions[i].Connected()
		sessions[i].Follows(room, 0)
	}
	b.ReportAllocs()
	seq := int64(0)
	var event history.Event
	for i := range b.N {
		if i%len(sessions) == 0 {
			seq++
			event = created(seq)
		}
		sessions[i%len(sessions)].Delivered(event)
	}
}
