package chat_test

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// heldStanding is a store in which reading who may send waits for the test.
type heldStanding struct {
	store.Store
	began   chan struct{}
	release chan struct{}
}

func (s heldStanding) Standing(ctx context.Context, ref model.ConversationRef, user model.UserID) (store.Standing, error) {
	s.began <- struct{}{}
	<-s.release
	return s.Store.Standing(ctx, ref, user)
}

// held makes an ephemeral conversation and a store that waits.
func (b *bench) held(t *testing.T) (model.ConversationID, heldStanding) {
	t.Helper()
	made, err := b.store.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, Ephemeral: true, Properties: []byte("{}"), CreatedBy: b.ada.ID,
		Members: []store.NewMember{{User: b.ada.ID, Role: model.RoleOwner}},
	})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	slow := heldStanding{Store: b.store.Store, began: make(chan struct{}, 1000), release: make(chan struct{})}
	b.store.Store = slow
	return made.Conversation.ID, slow
}

func TestWhatIsNotKeptIsShedBeyondItsQueue(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation, slow := b.held(t)
	results := []<-chan result{b.submit(t.Context(), conversation, "looked at")}
	<-slow.began
	const queue = 256
	for range queue {
		results = append(results, b.submit(t.Context(), conversation, "waits"))
	}
	shed := <-b.submit(t.Context(), conversation, "one too many")
	g.Expect(errors.Is(shed.err, model.ErrUnavailable)).To(BeTrue())
	close(slow.release)
	for _, each := range results {
		outcome := <-each
		g.Expect(outcome.err).NotTo(HaveOccurred())
		g.Expect(outcome.sent.Durable).To(BeFalse())
	}
}

func TestCloseAnswersWhatIsNotKeptToo(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation, slow := b.held(t)
	var results []<-chan result
	for range 20 {
		results = append(results, b.submit(t.Context(), conversation, "x"))
	}
	<-slow.began
	closed := make(chan struct{})
	go func() {
		b.chat.Close()
		close(closed)
	}()
	close(slow.release)
	<-closed
	for _, each := range results {
		var outcome result
		g.Expect(each).To(Receive(&outcome))
		g.Expect(outcome.err).NotTo(HaveOccurred())
	}
}
