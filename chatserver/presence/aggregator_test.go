package presence

import (
	"context"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/parley-chat/parley/chatserver/model"
)

const (
	patience = 15 * time.Second

	lobby   model.ConversationID = model.FirstID
	kitchen model.ConversationID = model.FirstID + 1
)

// aggregating is an aggregator whose intervals end when the test says so.
type aggregating struct {
	*Aggregator
	*WithT

	ticks chan time.Time

	mu        sync.Mutex
	published []model.ConversationID
}

func newAggregating(t *testing.T) *aggregating {
	a := &aggregating{WithT: NewWithT(t), ticks: make(chan time.Time)}
	before := goleak.IgnoreCurrent()
	stopped := false
	a.Aggregator = newAggregator(a.ticks, func() { stopped = true }, func(_ context.Context, conversation model.ConversationID) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.published = append(a.published, conversation)
	})
	t.Cleanup(func() {
		a.Close()
		a.Expect(stopped).To(BeTrue())
		goleak.VerifyNone(t, before)
	})
	return a
}

// tick ends two intervals: the second one begins once the first is worked off.
func (a *aggregating) tick() []model.ConversationID {
	a.ticks <- time.Time{}
	a.ticks <- time.Time{}
	a.mu.Lock()
	defer a.mu.Unlock()
	published := a.published
	a.published = nil
	return published
}

func TestAConversationIsPublishedOncePerIntervalHoweverOftenItChanges(t *testing.T) {
	a := newAggregating(t)
	for range 1000 {
		a.Expect(a.Mark(lobby)).To(BeTrue())
	}
	a.Mark(kitchen)
	a.Expect(a.published).To(BeEmpty())
	a.Expect(a.tick()).To(ConsistOf(lobby, kitchen))
	a.Expect(a.tick()).To(BeEmpty(), "nothing changed")
	a.Mark(kitchen)
	a.Expect(a.tick()).To(ConsistOf(kitchen))
}

func TestAnAggregatorRemembersABoundedNumberOfConversations(t *testing.T) {
	a := newAggregating(t)
	for i := range model.ConversationID(MaxMarked) {
		a.Expect(a.Mark(model.FirstID + i)).To(BeTrue())
	}
	a.Expect(a.Mark(model.FirstID + MaxMarked)).To(BeFalse())
	a.Expect(a.Mark(model.FirstID)).To(BeTrue(), "what is marked stays so")
	a.Expect(a.tick()).To(HaveLen(MaxMarked))
	a.Expect(a.Mark(model.FirstID + MaxMarked)).To(BeTrue())
	a.Expect(a.tick()).To(HaveLen(1))
}

func TestAChangeDuringAPublishIsPublishedLater(t *testing.T) {
	g := NewWithT(t)
	ticks := make(chan time.Time)
	var a *Aggregator
	published := make(chan model.ConversationID, 2)
	ready := make(chan struct{})
	a = newAggregator(ticks, func() {}, func(_ context.Context, conversation model.ConversationID) {
		<-ready
		published <- conversation
	})
	a.Mark(lobby)
	ticks <- time.Time{}
	g.Eventually(func() int {
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.marked)
	}, patience, "1ms").Should(BeZero())
	a.Mark(lobby)
	close(ready)
	ticks <- time.Time{}
	g.Eventually(published, patience).Should(Receive(Equal(lobby)))
	g.Eventually(published, patience).Should(Receive(Equal(lobby)))
	a.Close()
}

func TestCloseWaitsForAPublishAndNoOtherFollows(t *testing.T) {
	g := NewWithT(t)
	ticks := make(chan time.Time)
	began, calls := make(chan struct{}), 0
	a := newAggregator(ticks, func() {}, func(ctx context.Context, _ model.ConversationID) {
		calls++
		close(began)
		<-ctx.Done()
	})
	a.Mark(lobby)
	a.Mark(kitchen)
	ticks <- time.Time{}
	<-began
	a.Close()
	g.Expect(calls).To(Equal(1))
}
