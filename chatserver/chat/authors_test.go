package chat

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// namedUsers is a store of users whose name the test changes; it counts reads.
type namedUsers struct {
	store.Users
	name   string
	reads  int
	err    error
	during func() // runs in the middle of a read
}

func (u *namedUsers) UsersByID(_ context.Context, ids []model.UserID) ([]model.User, error) {
	u.reads++
	name := u.name
	if u.during != nil {
		u.during()
	}
	if u.err != nil || ids[0] == model.MaxID {
		return nil, u.err
	}
	return []model.User{{ID: ids[0], Username: name}}, nil
}

func newTestAuthors() (*authors, *namedUsers, *time.Time) {
	users, now := &namedUsers{name: "old"}, time.Unix(1_000_000, 0)
	return newAuthors(users, func() time.Time { return now }), users, &now
}

func TestAnAuthorIsReadOnceInItsTime(t *testing.T) {
	g := NewWithT(t)
	known, users, now := newTestAuthors()
	const ada = model.UserID(model.FirstID)
	g.Expect(known.of(t.Context(), ada)).To(HaveValue(Equal(model.Author{Username: "old"})))
	users.name = "new"
	*now = now.Add(authorTTL - 1)
	g.Expect(known.of(t.Context(), ada).Username).To(Equal("old"))
	g.Expect(users.reads).To(Equal(1))
	*now = now.Add(1)
	g.Expect(known.of(t.Context(), ada).Username).To(Equal("new"))
}

func TestAForgottenAuthorIsReadAgain(t *testing.T) {
	g := NewWithT(t)
	known, users, _ := newTestAuthors()
	const ada = model.UserID(model.FirstID)
	known.of(t.Context(), ada)
	users.name = "new"
	known.forget(ada)
	g.Expect(known.of(t.Context(), ada).Username).To(Equal("new"))

	// What is read while the user changes must not stay.
	known.forget(ada)
	users.during = func() {
		users.name, users.during = "newest", nil
		known.forget(ada)
	}
	known.of(t.Context(), ada)
	g.Expect(known.of(t.Context(), ada).Username).To(Equal("newest"))
}

func TestAMessageNeedsNoAuthor(t *testing.T) {
	g := NewWithT(t)
	known, users, _ := newTestAuthors()
	g.Expect(known.of(t.Context(), 0)).To(BeNil())
	g.Expect(users.reads).To(BeZero())
	g.Expect(known.of(t.Context(), model.MaxID)).To(BeNil(), "an unknown user")
	users.err = errors.New("the store is away")
	g.Expect(known.of(t.Context(), model.FirstID)).To(BeNil())
	users.err = nil
	g.Expect(known.of(t.Context(), model.FirstID)).NotTo(BeNil())
}

func TestTheAuthorsThatAreRememberedAreBounded(t *testing.T) {
	g := NewWithT(t)
	known, users, now := newTestAuthors()
	for i := range maxAuthors {
		known.of(t.Context(), model.FirstID+model.UserID(i))
	}
	g.Expect(known.known).To(HaveLen(maxAuthors))
	known.of(t.Context(), model.FirstID+maxAuthors)
	g.Expect(known.known).To(HaveLen(maxAuthors))
	*now = now.Add(authorTTL)
	known.of(t.Context(), model.FirstID+maxAuthors+1)
	g.Expect(known.known).To(HaveLen(1), "what is over goes first")
	g.Expect(users.reads).To(Equal(maxAuthors + 2))
}
