package history_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/history"
)

func TestRetentionMayTakeTheOldestMessages(t *testing.T) {
	g := NewWithT(t)
	told := story()
	told.stored.Messages, told.stored.FirstSeq = told.stored.Messages[4:], 5
	g.Expect(told.check()).To(BeEmpty())
}

func TestAnAttemptWithoutAnAnswerMayBeStoredThoughARepeatWasRefused(t *testing.T) {
	g := NewWithT(t)
	s := newServer(1)
	m := s.store(s.offer(), -1)
	s.tape.add(step{call: sent, message: m})
	s.tape.add(step{call: refused, message: m})
	g.Expect(s.finish().check()).To(BeEmpty())
}

// Nobody hears of the first edit: its answer was lost, and all sessions come back
// after the second one.
func TestAnEditWithoutAnAnswerExcusesOneRevThatNobodyCanName(t *testing.T) {
	g := NewWithT(t)
	s := newServer(1)
	c := s.clients[0]
	m := s.send()
	s.deliver(c, 1)
	s.drop(c)
	s.edit(m.Seq, false)
	s.edit(m.Seq, true)
	told := s.finish()
	g.Expect(told.check()).To(BeEmpty())

	told.cut(told.on(editSent, m.ID))
	g.Expect(rules(told.check())).To(Equal([]history.Rule{history.Gap}))
}

func TestAStateThatOthersHeardOfMustReachASessionThatResumes(t *testing.T) {
	g := NewWithT(t)
	s := newServer(2)
	away := s.clients[0]
	m := s.send()
	s.deliver(away, 1)
	s.drop(away)
	s.edit(m.Seq, true)
	s.edit(m.Seq, true)
	s.change("member/1")
	s.change("member/1")
	told := s.finish()
	g.Expect(told.check()).To(BeEmpty())

	told.cut(told.at(ada, 5))
	g.Expect(rules(told.check())).To(Equal([]history.Rule{history.Gap}))
}

func TestNothingIsOwedBeforeAResetNorAfterLeaving(t *testing.T) {
	g := NewWithT(t)
	s := newServer(2)
	s.send()
	s.send()
	s.reset(s.clients[0])
	s.deliver(s.clients[1], 1)
	s.leave(s.clients[1])
	s.send()
	g.Expect(s.finish().check()).To(BeEmpty())
}

func TestNothingIsOwedOfMessagesThatTheUserDoesNotSee(t *testing.T) {
	g := NewWithT(t)
	s := newServer(2)
	first := s.send()
	s.leave(s.clients[1])
	s.join(s.clients[1], true)
	s.edit(first.Seq, true)
	s.react(first.Seq)
	s.tape.add(ack(s.store(s.offer(), 0)))
	s.remove(first.Seq, true)
	told := s.finish()
	g.Expect(told.check()).To(BeEmpty())
	blind := slices.IndexFunc(told.steps, func(each step) bool { return each.call == sees })
	told.cut(blind)
	g.Expect(rules(told.check())).To(Equal([]history.Rule{history.Gap}))
}

func TestASessionHasAllThoughTheLastChangeIsNotForIt(t *testing.T) {
	g := NewWithT(t)
	recorder := history.NewRecorder()
	other, joiner := recorder.Session(ada), recorder.Session(grace)
	other.Follows(room, 0)
	other.Delivered(created(1))
	joiner.Follows(room, 1)
	joiner.Sees(room, 1)
	other.Delivered(created(2))
	edited := created(1)
	edited.Kind, edited.Rev, edited.Message.Rev = history.Edited, 3, 3
	other.Delivered(edited)
	g.Expect(joiner.HasAll(room, 3)).To(BeFalse())
	joiner.Delivered(created(2))
	g.Expect(joiner.HasAll(room, 3)).To(BeTrue())
}

func TestASecondSyncMayBringTheOldBetweenTheNew(t *testing.T) {
	g := NewWithT(t)
	s := newServer(1)
	c := s.clients[0]
	for range 4 {
		s.send()
	}
	s.deliver(c, 4)
	s.session(c, step{call: follows, rev: s.rev})
	again := s.since(1)
	s.send()
	s.send()
	newer := c.queue
	c.queue = []history.Event{newer[0], again[0], newer[1], again[1], again[2]}
	told := s.finish()
	g.Expect(told.check()).To(BeEmpty())

	told.add(told.steps[told.at(ada, 1)])
	g.Expect(rules(told.check())).To(Equal([]history.Rule{history.Order}))
}

func TestAConversationWhoseSendsWereNotRecordedMayHaveAnyMessages(t *testing.T) {
	g := NewWithT(t)
	recorder := history.NewRecorder()
	session := recorder.Session(ada)
	session.Follows(room, 11)
	m := ghost()
	session.Delivered(history.Event{Kind: history.Created, Conversation: room, Rev: 12, Message: m})
	g.Expect(recorder.Check(history.Stored{Conversation: room, Rev: 12, FirstSeq: 8, Messages: []history.Message{m}})).To(BeEmpty())
}

func TestWithoutTheStoreASessionIsOwedWhatOthersHeard(t *testing.T) {
	g := NewWithT(t)
	told := story()
	g.Expect(told.play().Check()).To(BeEmpty())
	told.cut(told.at(ada, 11))
	g.Expect(rules(told.play().Check())).To(Equal([]history.Rule{history.Gap}))
}
