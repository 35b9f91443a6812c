package chat_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// maxDelivered is how many deliveries may wait for the store.
const maxDelivered = 5000

// stranger is above the ids of all users.
const stranger = model.FirstID + 1000

// markStore is a real store whose marking the test steers and remembers.
type markStore struct {
	store.Store
	before func(call int) error

	mu    sync.Mutex
	calls []int // how many marks each call had
}

func (s *markStore) MarkDelivered(ctx context.Context, marks []store.DeliveredMark, maxMembers int) ([]store.DeliveredMark, error) {
	s.mu.Lock()
	s.calls = append(s.calls, len(marks))
	call := len(s.calls)
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(call); err != nil {
			return nil, err
		}
	}
	// Thousands of strangers would only cost time.
	known := slices.DeleteFunc(slices.Clone(marks), func(mark store.DeliveredMark) bool { return mark.User >= stranger })
	return s.Store.MarkDelivered(ctx, known, maxMembers)
}

func (s *markStore) seen() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// signalled remembers the signals that reached this pod's sessions.
type signalled struct {
	delivered
	mu      sync.Mutex
	signals []model.Signal
}

func (s *signalled) Signal(signals []model.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signals = append(s.signals, signals...)
}

func (s *signalled) kinds() []model.SignalKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kinds []model.SignalKind
	for _, signal := range s.signals {
		kinds = append(kinds, signal.Kind)
	}
	return kinds
}

// marking is a Chat over a markStore, and a group of ada and grace with five
// messages.
type marking struct {
	chat       *chat.Chat
	store      *markStore
	local      *signalled
	registry   *prometheus.Registry
	room       model.ConversationID
	ada, grace model.UserID
}

func newMarking(t *testing.T, before func(call int) error) *marking {
	t.Helper()
	g := NewWithT(t)
	b := newBench(t, nil)
	grace, err := b.store.CreateUser(t.Context(), store.NewUser{Username: "grace", Properties: []byte("{}")})
	g.Expect(err).NotTo(HaveOccurred())
	made, err := b.store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, Properties: []byte("{}"), CreatedBy: b.ada.ID,
		Members: []store.NewMember{{User: b.ada.ID, Role: model.RoleOwner}, {User: grace.ID, Role: model.RoleMember}},
	})
	g.Expect(err).NotTo(HaveOccurred())
	for range 5 {
		g.Expect((<-b.submit(t.Context(), made.Conversation.ID, "hi")).err).NotTo(HaveOccurred())
	}
	m := &marking{
		store: &markStore{Store: b.store, before: before}, local: &signalled{}, registry: prometheus.NewRegistry(),
		room: made.Conversation.ID, ada: b.ada.ID, grace: grace.ID,
	}
	routing := memory.New(noReceiver{})
	m.chat = chat.New(chat.Dependencies{
		Store: m.store, Bus: routing, Local: m.local, Random: rand.Reader, Now: time.Now,
		Limits: config.DefaultLimits(), Rates: unlimited{},
		Metrics: chat.NewMetrics(m.registry), Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		m.chat.Close()
		g.Expect(routing.Close()).To(Succeed())
	})
	return m
}

func (m *marking) deliveredSeq(t *testing.T, user model.UserID) int64 {
	t.Helper()
	member, err := m.store.Member(t.Context(), m.room, user)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return member.DeliveredSeq
}

func TestDeliveriesGatherAndAreStoredInOneCall(t *testing.T) {
	g := NewWithT(t)
	m := newMarking(t, nil)
	for _, seq := range []int64{1, 3, 5, 4, 2} {
		m.chat.Delivered(m.room, m.grace, seq)
		m.chat.Delivered(m.room, m.ada, min(seq, 2))
	}
	g.Expect(m.store.seen()).To(BeEmpty(), "they gather first")
	m.chat.Close()
	g.Expect(m.store.seen()).To(Equal([]int{2}), "closing stores what has gathered")
	g.Expect(m.deliveredSeq(t, m.grace)).To(BeEquivalentTo(5))
	g.Expect(m.deliveredSeq(t, m.ada)).To(BeEquivalentTo(2))
	g.Expect(m.local.kinds()).To(Equal([]model.SignalKind{model.ReceiptMoved, model.ReceiptMoved}))
	m.chat.Delivered(m.room, m.ada, 5)
	m.chat.Close()
	g.Expect(m.deliveredSeq(t, m.ada)).To(BeEquivalentTo(2), "what comes later is passed over")
}

func TestDeliveriesAreStoredWithoutAClose(t *testing.T) {
	m := newMarking(t, nil)
	for _, seq := range []int64{1, 2} {
		m.chat.Delivered(m.room, m.grace, seq)
		NewWithT(t).Eventually(func() int64 { return m.deliveredSeq(t, m.grace) }, "30s").Should(Equal(seq))
	}
}

func TestDeliveriesThatTheStoreDidNotTakeAreStoredLater(t *testing.T) {
	m := newMarking(t, func(call int) error {
		if call == 1 {
			return store.ErrRetryable
		}
		return nil
	})
	m.chat.Delivered(m.room, m.grace, 4)
	NewWithT(t).Eventually(func() int64 { return m.deliveredSeq(t, m.grace) }, "30s").Should(BeEquivalentTo(4))
}

func TestDeliveriesThatTheStoreRefusesAreGivenUp(t *testing.T) {
	g := NewWithT(t)
	m := newMarking(t, func(call int) error {
		if call == 1 {
			return errors.New("refused")
		}
		return nil
	})
	m.chat.Delivered(m.room, m.grace, 4)
	g.Eventually(m.store.seen, "30s").Should(Equal([]int{1}))
	m.chat.Delivered(m.room, m.ada, 4)
	m.chat.Close()
	g.Expect(m.store.seen()).To(Equal([]int{1, 1}))
	g.Expect(m.deliveredSeq(t, m.grace)).To(BeZero())
}

func TestTooManyWaitingDeliveriesAreCountedAndPassedOver(t *testing.T) {
	g := NewWithT(t)
	begun, release := make(chan struct{}), make(chan struct{})
	m := newMarking(t, func(call int) error {
		if call == 1 {
			close(begun)
			<-release
		}
		return nil
	})
	m.chat.Delivered(m.room, m.grace, 1)
	<-begun
	m.chat.Delivered(m.room, m.grace, 2)
	for user := range model.UserID(maxDelivered) {
		m.chat.Delivered(m.room, stranger+user, 1)
	}
	m.chat.Delivered(m.room, m.grace, 3)
	g.Expect(droppedDeliveries(g, m.registry)).To(BeEquivalentTo(1), "of those who wait already nothing is lost")
	close(release)
	m.chat.Close()
	g.Expect(m.store.seen()).To(Equal([]int{1, maxDelivered}))
	g.Expect(m.deliveredSeq(t, m.grace)).To(BeEquivalentTo(3))
}

func droppedDeliveries(g *WithT, registry *prometheus.Registry) float64 {
	families, err := registry.Gather()
	g.Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() == "chat_delivered_dropped_total" {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return 0
}
