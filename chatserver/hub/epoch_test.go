package hub_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// revivedStore names its epoch as the test wants it.
type revivedStore struct {
	store.Store
	epoch atomic.Pointer[string]
}

func (s *revivedStore) Epoch(context.Context) (string, error) { return *s.epoch.Load(), nil }

func (s *revivedStore) enter(epoch string) { s.epoch.Store(&epoch) }

func TestSessionsEndWhenTheStoreEntersAnotherEpochAndNewOnesStay(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{Timing: slow})
	revived := &revivedStore{Store: project.Store}
	revived.enter("first")
	project.Store = revived
	ada := project.User(t, "ada")
	project.Group(t, ada)
	target := project.Start(t)
	before := target.Open(t, pod.Bearer(project.Token(t, ada)))
	revived.enter("second")
	after := target.Open(t, pod.Bearer(project.Token(t, ada)))
	var closed *websocket.CloseError
	for {
		if _, err := before.TryNext(); err != nil {
			g.Expect(errors.As(err, &closed)).To(BeTrue(), "%v", err)
			break
		}
	}
	g.Expect(closed.Code).To(Equal(websocket.CloseServiceRestart))
	after.Send(map[string]any{"id": 1, "op": "ping"})
	g.Expect(after.Await(pod.Answer(1)).Error).To(BeNil())
	g.Expect(target.Hub.Sessions()).To(Equal(1))
}
