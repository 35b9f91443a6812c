package hub_test

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
)

// bounded makes a hub that no session joins for good.
func bounded(t *testing.T, perUser, perPod int) *hub.Hub {
	t.Helper()
	h := hub.New(hub.Options{
		Pod: 1, Timing: slow, Now: time.Now, MaxSessionsPerUser: perUser, MaxSessions: perPod,
		Metrics: hub.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(h.Close)
	return h
}

func TestPlacesAreTakenUpToEachBound(t *testing.T) {
	g := NewWithT(t)
	h := bounded(t, 2, 3)
	reserve := func(user model.UserID) (*hub.Place, error) { return h.Reserve(hub.Identity{User: user}) }
	first, err := reserve(1)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = reserve(1)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = reserve(1)
	g.Expect(err).To(MatchError(model.ErrTooManyConnections), "the user has two")
	_, err = reserve(2)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = reserve(3)
	g.Expect(err).To(MatchError(model.ErrTooManyConnections), "the pod has three")
	first.Release()
	_, err = reserve(3)
	g.Expect(err).NotTo(HaveOccurred())
}

func TestManyAtOnceTakeNoPlaceTooMany(t *testing.T) {
	g := NewWithT(t)
	h := bounded(t, 20, 0)
	var taken, refused int
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			_, err := h.Reserve(hub.Identity{User: 1})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				taken++
			} else {
				refused++
			}
		})
	}
	group.Wait()
	g.Expect(taken).To(Equal(20))
	g.Expect(refused).To(Equal(80))
}

func TestASessionThatLeavesGivesBackItsPlace(t *testing.T) {
	g := NewWithT(t)
	h := bounded(t, 1, 1)
	for range 3 {
		client := newConn(t)
		session, err := h.Join(hub.Identity{User: 1}, plainWire{}, client)
		g.Expect(err).NotTo(HaveOccurred())
		_, err = h.Reserve(hub.Identity{User: 1})
		g.Expect(err).To(MatchError(model.ErrTooManyConnections))
		client.open()
		session.Leave()
	}
}

func TestAPlaceIsWorthNothingOnceThePodDrains(t *testing.T) {
	g := NewWithT(t)
	h := bounded(t, 1, 1)
	place, err := h.Reserve(hub.Identity{User: 1})
	g.Expect(err).NotTo(HaveOccurred())
	h.Drain(t.Context(), 0)
	_, err = place.Join(plainWire{}, newConn(t))
	g.Expect(err).To(MatchError(model.ErrDraining))
	_, err = h.Reserve(hub.Identity{User: 1})
	g.Expect(err).To(MatchError(model.ErrDraining))
}
