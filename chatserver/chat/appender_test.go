package chat_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/sqlite"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// faultyStore is a real store whose appends the test steers.
type faultyStore struct {
	store.Store
	append func(ctx context.Context, group []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error)
}

func (s *faultyStore) Append(ctx context.Context, group []store.NewMessage) ([]store.AppendOutcome, error) {
	next := func() ([]store.AppendOutcome, error) { return s.Store.Append(ctx, group) }
	if s.append == nil {
		return next()
	}
	return s.append(ctx, group, next)
}

// delivered remembers what reached this pod's sessions.
type delivered struct {
	mu      sync.Mutex
	changes []envelope.Change
}

func (d *delivered) Deliver(changes []envelope.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes = append(d.changes, changes...)
}

func (d *delivered) Notify([]envelope.Notice) {}

func (d *delivered) Together(say func()) { say() }

func (d *delivered) Signal([]model.Signal) {}

func (d *delivered) revs() []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	var revs []int64
	for _, change := range d.changes {
		revs = append(revs, change.Rev)
	}
	return revs
}

type noReceiver struct{}

func (noReceiver) Receive(bus.Channel, []byte) {}
func (noReceiver) Resubscribed(bus.Channel)    {}

// unlimited allows everything.
type unlimited struct{}

func (unlimited) AllowRequest(string) error    { return nil }
func (unlimited) AllowSend(model.UserID) error { return nil }

// bench is a Chat with the parts that a test steers or looks at.
type bench struct {
	chat     *chat.Chat
	store    *faultyStore
	local    *delivered
	registry *prometheus.Registry
	ada      model.User
}

func newBench(t *testing.T, routing bus.Bus) *bench {
	t.Helper()
	return newTracedBench(t, routing, nil)
}

func newTracedBench(t *testing.T, routing bus.Bus, tracer *tracing.Tracer) *bench {
	t.Helper()
	g := NewWithT(t)
	opened, err := sqlite.Open(t.Context(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "parley.db"), Project: "p", Logger: slog.New(slog.DiscardHandler),
	})
	g.Expect(err).NotTo(HaveOccurred())
	if routing == nil {
		routing = memory.New(noReceiver{})
	}
	b := &bench{store: &faultyStore{Store: opened}, local: &delivered{}, registry: prometheus.NewRegistry()}
	b.chat = chat.New(chat.Dependencies{
		Store: b.store, Bus: routing, Local: b.local, Random: rand.Reader, Now: time.Now,
		Limits: config.DefaultLimits(), Rates: unlimited{},
		Metrics: chat.NewMetrics(b.registry), Tracer: tracer, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		b.chat.Close()
		g.Expect(routing.Close()).To(Succeed())
		g.Expect(opened.Close()).To(Succeed())
	})
	b.ada, err = opened.CreateUser(t.Context(), store.NewUser{Username: "ada", Properties: []byte("{}")})
	g.Expect(err).NotTo(HaveOccurred())
	return b
}

func (b *bench) group(t *testing.T) model.ConversationID {
	t.Helper()
	made, err := b.store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, Properties: []byte("{}"), CreatedBy: b.ada.ID,
		Members: []store.NewMember{{User: b.ada.ID, Role: model.RoleOwner}},
	})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return made.Conversation.ID
}

// result is what a submitted send came to.
type result struct {
	sent chat.Sent
	err  error
}

func (b *bench) submit(ctx context.Context, conversation model.ConversationID, text string) <-chan result {
	results := make(chan result, 1)
	b.chat.Submit(ctx, chat.Principal{User: b.ada.ID}, chat.SendMessage{
		Conversation: model.ConversationRef{ID: conversation}, Content: []byte(fmt.Sprintf("%q", text)),
	}, func(sent chat.Sent, err error) { results <- result{sent, err} })
	return results
}

func TestMessagesThatArriveDuringACommitGoTogetherInTheNext(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation := b.group(t)
	var sizes []int
	began, release := make(chan struct{}, 8), make(chan struct{})
	b.store.append = func(_ context.Context, group []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		sizes = append(sizes, len(group))
		began <- struct{}{}
		<-release
		return next()
	}
	results := []<-chan result{b.submit(t.Context(), conversation, "0")}
	<-began
	for i := range 300 {
		results = append(results, b.submit(t.Context(), conversation, fmt.Sprint(i+1)))
	}
	close(release)
	for i, each := range results {
		outcome := <-each
		g.Expect(outcome.err).NotTo(HaveOccurred())
		g.Expect(outcome.sent.Message.Seq).To(BeEquivalentTo(i+1), "messages keep their order")
	}
	g.Expect(sizes).To(Equal([]int{1, 256, 44}))
	g.Expect(b.local.revs()).To(HaveLen(301))
	g.Expect(slices.IsSorted(b.local.revs())).To(BeTrue())
}

func TestALockedConversationDoesNotStallTheOthersOfItsGroup(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	locked, free := b.group(t), b.group(t)
	var mu sync.Mutex
	isLocked := true
	began, release := make(chan struct{}), make(chan struct{})
	var together int
	b.store.append = func(_ context.Context, group []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		isOf := func(conversation model.ConversationID) bool {
			return slices.ContainsFunc(group, func(m store.NewMessage) bool { return m.Conversation == conversation })
		}
		if !isOf(locked) && !isOf(free) {
			began <- struct{}{}
			<-release
			return next()
		}
		mu.Lock()
		defer mu.Unlock()
		if isOf(locked) && isOf(free) {
			together++
		}
		if isLocked && isOf(locked) {
			return nil, fmt.Errorf("lock time-out: %w", store.ErrRetryable)
		}
		return next()
	}
	// As many commits as are made at a time are under way when both come.
	for range 4 {
		b.submit(t.Context(), b.group(t), "busy")
		<-began
	}
	waiting := []<-chan result{b.submit(t.Context(), locked, "0")}
	others := b.submit(t.Context(), free, "0")
	close(release)
	g.Expect((<-others).err).NotTo(HaveOccurred())
	for i := range 4 {
		waiting = append(waiting, b.submit(t.Context(), locked, fmt.Sprint(i+1)))
		g.Expect((<-b.submit(t.Context(), free, fmt.Sprint(i+1))).err).NotTo(HaveOccurred())
	}
	mu.Lock()
	isLocked = false
	g.Expect(together).To(Equal(1))
	mu.Unlock()
	for i, each := range waiting {
		outcome := <-each
		g.Expect(outcome.err).NotTo(HaveOccurred())
		g.Expect(outcome.sent.Message.Seq).To(BeEquivalentTo(i + 1))
	}
}

func TestASendWhoseCommitIsUnknownIsStoredAnsweredAndAnnouncedOnce(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation := b.group(t)
	lost := 2
	b.store.append = func(_ context.Context, _ []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		outcomes, err := next()
		if lost > 0 {
			lost--
			return nil, fmt.Errorf("connection lost: %w", store.ErrRetryable)
		}
		return outcomes, err
	}
	outcome := <-b.submit(t.Context(), conversation, "hi")
	g.Expect(outcome.err).NotTo(HaveOccurred())
	g.Expect(outcome.sent.Duplicate).To(BeFalse())
	g.Expect(b.local.revs()).To(Equal([]int64{2}))
	messages, err := b.store.Messages(t.Context(), conversation, store.MessageFilter{}, model.MessagePage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(messages).To(HaveLen(1))
}

func TestASendIsAnsweredWithAnErrorWhenTheStoreRefusesTheGroup(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation := b.group(t)
	b.store.append = func(context.Context, []store.NewMessage, func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		return nil, errors.New("disk full at /secret/path")
	}
	outcome := <-b.submit(t.Context(), conversation, "hi")
	g.Expect(errors.Is(outcome.err, model.ErrInternal)).To(BeTrue())
	g.Expect(model.AsError(outcome.err).Message).NotTo(ContainSubstring("secret"))
}

func TestASendThatNobodyWaitsForIsNotBegun(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation := b.group(t)
	began, release := make(chan struct{}, 8), make(chan struct{})
	b.store.append = func(_ context.Context, _ []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		began <- struct{}{}
		<-release
		return next()
	}
	first := b.submit(t.Context(), conversation, "first")
	<-began
	gone, leave := context.WithCancel(t.Context())
	second := b.submit(gone, conversation, "second")
	leave()
	close(release)
	g.Expect((<-first).err).NotTo(HaveOccurred())
	g.Expect(errors.Is((<-second).err, model.ErrUnavailable)).To(BeTrue())
	messages, err := b.store.Messages(t.Context(), conversation, store.MessageFilter{}, model.MessagePage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(messages).To(HaveLen(1))
}

func TestCloseAnswersEverySendThatWasTaken(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation := b.group(t)
	var results []<-chan result
	for i := range 50 {
		results = append(results, b.submit(t.Context(), conversation, fmt.Sprint(i)))
	}
	b.chat.Close()
	for _, each := range results {
		g.Expect((<-each).err).NotTo(HaveOccurred())
	}
	g.Expect(errors.Is((<-b.submit(t.Context(), conversation, "late")).err, model.ErrDraining)).To(BeTrue())
}

// stuckBus takes nothing until it is released, whatever its contract says.
type stuckBus struct {
	bus.Bus
	release chan struct{}
}

func (b stuckBus) Publish(context.Context, []bus.Publication) error {
	<-b.release
	return nil
}

func TestAStuckBusNeverDelaysASend(t *testing.T) {
	g := NewWithT(t)
	routing := stuckBus{Bus: memory.New(noReceiver{}), release: make(chan struct{})}
	b := newBench(t, routing)
	conversation := b.group(t)
	// More than the publisher keeps for the bus, in large messages.
	text := string(slices.Repeat([]byte("x"), 30*1024))
	for range 300 {
		g.Expect((<-b.submit(t.Context(), conversation, text)).err).NotTo(HaveOccurred())
	}
	g.Expect(b.local.revs()).To(HaveLen(300))
	close(routing.release)
	families, err := b.registry.Gather()
	g.Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() == "chat_publish_dropped_total" {
			g.Expect(family.GetMetric()[0].GetCounter().GetValue()).To(BeNumerically(">", 0))
		}
	}
}
