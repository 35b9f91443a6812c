package hub_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// crowdedStore knows how many read memberships at the same time, at most.
type crowdedStore struct {
	store.Store
	present, most atomic.Int64
}

func (s *crowdedStore) Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error) {
	present := s.present.Add(1)
	defer s.present.Add(-1)
	for most := s.most.Load(); present > most && !s.most.CompareAndSwap(most, present); most = s.most.Load() {
	}
	time.Sleep(time.Millisecond) // so that others come meanwhile
	return s.Store.Memberships(ctx, user, limit)
}

func TestSessionsThatComeAtOnceReadTheStoreAFewAtATime(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{Timing: slow})
	crowded := &crowdedStore{Store: project.Store}
	project.Store = crowded
	ada := project.User(t, "ada")
	project.Group(t, ada)
	target := project.Start(t)
	token := project.Token(t, ada)
	var opening sync.WaitGroup
	for range 40 {
		opening.Go(func() { target.Open(t, pod.Bearer(token)) })
	}
	opening.Wait()
	g.Expect(target.Hub.Sessions()).To(Equal(40))
	// One more tells others that the user is there.
	g.Expect(crowded.most.Load()).To(BeNumerically("<=", 4+1))
}
