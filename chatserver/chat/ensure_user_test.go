package chat_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

func TestEnsureUserCreatesAUserOnceAndLeavesItAsItIs(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	const together = 10
	var users [together]model.User
	var errs [together]error
	var calls sync.WaitGroup
	for i := range together {
		calls.Go(func() { users[i], errs[i] = b.chat.EnsureUser(t.Context(), "ext-new", "New") })
	}
	calls.Wait()
	for i := range together {
		g.Expect(errs[i]).NotTo(HaveOccurred())
		g.Expect(users[i]).To(Equal(users[0]))
	}
	g.Expect(users[0].ExternalID).To(Equal("ext-new"))
	g.Expect(users[0].DisplayName).To(Equal("New"))
	g.Expect(users[0].Username).To(BeEmpty())
	g.Expect(users[0].Guest).To(BeFalse())

	again, err := b.chat.EnsureUser(t.Context(), "ext-new", "Newer")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).To(Equal(users[0]))
}

func TestEnsureUserRefusesAnExternalIDThatNoUserMayHave(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	_, err := b.chat.EnsureUser(t.Context(), strings.Repeat("ä", chat.MaxIdentifierLength), "")
	g.Expect(err).NotTo(HaveOccurred())
	for _, externalID := range []string{
		"", strings.Repeat("ä", chat.MaxIdentifierLength+1), "1000000000001", "username:ada", "external:ada",
	} {
		user, err := b.chat.EnsureUser(t.Context(), externalID, "")
		g.Expect(err).To(HaveOccurred(), externalID)
		g.Expect(model.AsError(err).Kind).To(Equal(model.KindInvalid))
		g.Expect(user).To(Equal(model.User{}))
	}
}

func TestEnsureUserLeavesOutADisplayNameThatNoUserMayHave(t *testing.T) {
	longest := strings.Repeat("ä", config.DefaultLimits().NameLength)
	b := newBench(t, nil)
	for externalID, example := range map[string]struct{ name, want string }{
		"ext-longest": {longest, longest}, "ext-longer": {longest + "ä", ""}, "ext-nul": {"a\x00", ""}, "ext-ada": {"Ada", "Ada"},
	} {
		g := NewWithT(t)
		user, err := b.chat.EnsureUser(t.Context(), externalID, example.name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(user.DisplayName).To(Equal(example.want))
	}
}

// silentStore is a real store that does not answer to the creation of users.
type silentStore struct{ store.Store }

func (silentStore) CreateUser(context.Context, store.NewUser) (model.User, error) {
	return model.User{}, store.ErrRetryable
}

func TestEnsureUserSaysThatTheStoreDoesNotAnswer(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	b.store.Store = silentStore{b.store.Store}
	_, err := b.chat.EnsureUser(t.Context(), "ext-new", "")
	g.Expect(err).To(MatchError(model.ErrUnavailable))
}
