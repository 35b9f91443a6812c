package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// counter is a client that takes everything and counts it.
type counter struct {
	frames *atomic.Int64
	wanted *atomic.Int64 // of all clients together
	all    chan struct{} // gets a value when they have it
}

func (c counter) Write(frames [][]byte) error {
	if c.frames.Add(int64(len(frames))) == c.wanted.Load() {
		c.all <- struct{}{}
	}
	return nil
}

func (counter) Ping() error           { return nil }
func (counter) Close(hub.CloseReason) {}

// oneRoom is a store in which every user is in the one conversation, at rev 1.
type oneRoom struct{ hub.Source }

const benchmarkRoom model.ConversationID = 1

func (oneRoom) Epoch(context.Context) (string, error)  { return "epoch", nil }
func (oneRoom) Now(context.Context) (time.Time, error) { return time.Unix(0, 0), nil }

func (oneRoom) Memberships(context.Context, model.UserID, int) ([]model.Membership, error) {
	return []model.Membership{{Conversation: benchmarkRoom, Type: model.Group, Rev: 1}}, nil
}

func (oneRoom) MembershipsChanged(context.Context, []model.UserID, time.Time) ([]store.UserMembership, error) {
	return nil, nil
}

func (oneRoom) BlockedBy(context.Context, []model.UserID) (map[model.UserID][]model.UserID, error) {
	return nil, nil
}

func (oneRoom) Revs(context.Context, []model.ConversationID) (map[model.ConversationID]int64, error) {
	return map[model.ConversationID]int64{benchmarkRoom: 1}, nil
}

func (oneRoom) RevokedSince(context.Context, time.Time) ([]store.UserEpoch, error) { return nil, nil }

// audience is a hub with sessions that follow the room, all with one counter.
func audience(b *testing.B, count int) (*hub.Hub, []*hub.Session, counter) {
	b.Helper()
	g := NewWithT(b)
	client := counter{frames: new(atomic.Int64), wanted: new(atomic.Int64), all: make(chan struct{}, 1)}
	h := hub.New(hub.Options{
		Source: oneRoom{}, Pod: 1, Timing: slow, Now: time.Now,
		Metrics: hub.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
	})
	routing := memory.New(h)
	h.Start(routing)
	var sessions []*hub.Session
	b.Cleanup(func() {
		for _, session := range sessions {
			session.Leave()
		}
		g.Expect(routing.Close()).To(Succeed())
		h.Close()
	})
	for user := range count {
		session, err := h.Join(hub.Identity{User: model.UserID(user + 1)}, plainWire{}, client)
		g.Expect(err).NotTo(HaveOccurred())
		sessions = append(sessions, session)
		g.Expect(session.Sync(b.Context(), nil, func(hub.Snapshot) {})).To(Succeed())
	}
	return h, sessions, client
}

// BenchmarkEnqueue queues one frame to one session and waits until it is written.
func BenchmarkEnqueue(b *testing.B) {
	_, sessions, client := audience(b, 1)
	frame := make([]byte, 400)
	b.ReportAllocs()
	for b.Loop() {
		client.wanted.Store(client.frames.Load() + 1)
		sessions[0].Send(frame)
		<-client.all
	}
}

// BenchmarkBroadcast delivers one change to all sessions of a conversation and
// waits until each has it. The last column is what one session costs.
func BenchmarkBroadcast(b *testing.B) {
	for _, count := range []int{2, 10, 1000} {
		b.Run(fmt.Sprint("sessions=", count), func(b *testing.B) {
			h, _, client := audience(b, count)
			change := envelope.Change{
				Kind: model.MessageCreated, Conversation: benchmarkRoom, Rev: 1, From: 1,
				Body: json.RawMessage(`{"content":"hello"}`),
			}
			b.ReportAllocs()
			for b.Loop() {
				client.wanted.Store(client.frames.Load() + int64(count))
				change.Rev++
				change.Seq++
				h.Deliver([]envelope.Change{change})
				<-client.all
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/delivery")
		})
	}
}
