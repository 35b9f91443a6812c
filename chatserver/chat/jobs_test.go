package chat_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// stuckStore stops an erasure as a pod does that is cut off: its job is claimed,
// and nothing more happens until the test lets it.
type stuckStore struct {
	store.Store
	reached chan struct{}
	release chan struct{}
	saves   atomic.Int32
	lost    atomic.Int32
}

func (s *stuckStore) ConversationsOf(ctx context.Context, user model.UserID, after model.ConversationID, limit int) ([]model.ConversationID, error) {
	if after == 0 {
		close(s.reached)
		<-s.release
	}
	return s.Store.ConversationsOf(ctx, user, after, limit)
}

func (s *stuckStore) SaveJob(ctx context.Context, job model.Job, worker string, lease time.Duration) error {
	err := s.Store.SaveJob(ctx, job, worker, lease)
	s.saves.Add(1)
	if err != nil {
		s.lost.Add(1)
	}
	return err
}

// newWorker makes a Chat of its own over a store that others use too.
func newWorker(t *testing.T, stored store.Store, pod uint64, lease time.Duration) *chat.Chat {
	t.Helper()
	routing := memory.New(noReceiver{})
	made := chat.New(chat.Dependencies{
		Store: stored, Bus: routing, Local: &delivered{}, Random: rand.Reader, Now: time.Now, Pod: pod,
		Limits: config.DefaultLimits(), Rates: unlimited{}, JobLease: lease, JobPoll: 20 * time.Millisecond,
		Metrics: chat.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		made.Close()
		NewWithT(t).Expect(routing.Close()).To(Succeed())
	})
	return made
}

var server = chat.Principal{Key: &keyset.Entry{ID: "k", Type: keyset.Secret}}

func TestAJobSurvivesTheWorkerThatBeganIt(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	room, err := b.store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, Properties: []byte("{}"), CreatedBy: b.ada.ID, Members: []store.NewMember{{User: b.ada.ID, Role: model.RoleOwner}},
	})
	g.Expect(err).NotTo(HaveOccurred())
	stuck := &stuckStore{Store: b.store.Store, reached: make(chan struct{}), release: make(chan struct{})}
	abandoned := newWorker(t, stuck, 1, 100*time.Millisecond)
	job, err := abandoned.DeleteUser(t.Context(), server, model.UserRef{ID: b.ada.ID})
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(stuck.reached, "30s").Should(BeClosed())

	newWorker(t, b.store.Store, 2, time.Minute)
	state := func() model.JobState {
		present, err := b.store.Job(t.Context(), job.ID)
		g.Expect(err).NotTo(HaveOccurred())
		return present.State
	}
	g.Eventually(state, "30s").Should(Equal(model.JobDone))
	members, _, err := b.store.ListMembers(t.Context(), room.Conversation.ID, store.MemberFilter{}, model.ListPage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(members).To(BeEmpty())

	// The first one comes back, learns that the job is not its any more, and stops.
	close(stuck.release)
	g.Eventually(stuck.lost.Load, "30s").Should(BeEquivalentTo(1))
	g.Expect(state()).To(Equal(model.JobDone))
}

func TestAClosingWorkerHandsItsJobOver(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	stuck := &stuckStore{Store: b.store.Store, reached: make(chan struct{}), release: make(chan struct{})}
	closing := newWorker(t, stuck, 1, time.Hour)
	job, err := closing.DeleteUser(t.Context(), server, model.UserRef{ID: b.ada.ID})
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(stuck.reached, "30s").Should(BeClosed())
	done := make(chan struct{})
	go func() { closing.Close(); close(done) }()
	g.Consistently(done, 100*time.Millisecond).ShouldNot(BeClosed(), "Close waits for the step")
	close(stuck.release)
	g.Eventually(done, "30s").Should(BeClosed())

	newWorker(t, b.store.Store, 2, time.Hour)
	g.Eventually(func() model.JobState {
		present, err := b.store.Job(t.Context(), job.ID)
		g.Expect(err).NotTo(HaveOccurred())
		return present.State
	}, "30s").Should(Equal(model.JobDone))
}

func TestWhatWasCollectedIsStoredWhenTheServerCloses(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	made := newWorker(t, b.store.Store, 1, 0)
	made.Touch(b.ada.ID)
	made.Touch(0)
	record := made.RecordUserSession(b.ada.ID, string(make([]byte, 10))+"agent \xff"+longText(300))
	made.EndSession(record)
	made.EndSession("")
	made.Close()
	user, err := b.store.User(t.Context(), model.UserRef{ID: b.ada.ID})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(user.LastActiveAt).To(HaveValue(BeTemporally("~", time.Now(), time.Minute)))
	rows, total, err := b.store.ListSessions(t.Context(), store.SessionFilter{}, model.ListPage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(total).To(BeEquivalentTo(1))
	g.Expect(rows[0].EndedAt).NotTo(BeNil())
	g.Expect(rows[0].UserAgent).To(And(HavePrefix("agent x"), HaveLen(256)), "no NUL, no broken text, and cut")
}

func longText(length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = 'x'
	}
	return string(text)
}
