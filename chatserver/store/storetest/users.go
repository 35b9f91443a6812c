package storetest

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var users = []rule{
	{"a user is read back as it was stored, by each of its names", userIsReadBack},
	{"ids start at FirstID", userIDsStart},
	{"usernames are compared without regard to case", usernamesIgnoreCase},
	{"a taken externalId is refused", externalIDIsUnique},
	{"an unknown user is not found", unknownUser},
	{"references resolve in their order, and the first unknown one is named", referencesResolve},
	{"of racing creators of one username exactly one succeeds", usernameRace},
}

func userIsReadBack(_ *testing.T, f *fixture) {
	stored, err := f.store.CreateUser(f.ctx, store.NewUser{
		ExternalID: "crm-7", Username: "Alice", DisplayName: "Alice A.", Email: "a@example.org",
		Avatar: "https://example.org/a.png", Properties: json.RawMessage(`{"b":1,"a":[2,"é"]}`), Guest: true,
	})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(stored.Username).To(Equal("Alice"))
	f.Expect(string(stored.Properties)).To(Equal(`{"b":1,"a":[2,"é"]}`))
	f.Expect(stored.Guest).To(BeTrue())
	f.Expect(stored.CreatedAt.Location()).To(Equal(time.UTC))
	f.Expect(stored.CreatedAt).To(Equal(stored.CreatedAt.Truncate(time.Microsecond)))
	f.Expect(stored.UpdatedAt).To(Equal(stored.CreatedAt))

	for _, ref := range []model.UserRef{{ID: stored.ID}, {ExternalID: "crm-7"}, {Username: "alice"}} {
		f.Expect(f.store.User(f.ctx, ref)).To(Equal(stored))
	}
}

func userIDsStart(_ *testing.T, f *fixture) {
	f.Expect(f.user()).To(Equal(model.UserID(model.FirstID)))
	f.Expect(f.user()).To(Equal(model.UserID(model.FirstID + 1)))
}

func usernamesIgnoreCase(_ *testing.T, f *fixture) {
	_, err := f.store.CreateUser(f.ctx, store.NewUser{Username: "Straße"})
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.store.CreateUser(f.ctx, store.NewUser{Username: "STRASSE"})
	f.Expect(err).To(MatchError(model.ErrUserExists))
}

func externalIDIsUnique(_ *testing.T, f *fixture) {
	_, err := f.store.CreateUser(f.ctx, store.NewUser{ExternalID: "x"})
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.store.CreateUser(f.ctx, store.NewUser{ExternalID: "x", Username: "other"})
	f.Expect(err).To(MatchError(model.ErrUserExists))
	_, err = f.store.User(f.ctx, model.UserRef{Username: "other"})
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
}

func unknownUser(_ *testing.T, f *fixture) {
	f.user() // has neither a username nor an externalId
	for _, ref := range []model.UserRef{{ID: model.FirstID + 77}, {ExternalID: "x"}, {Username: "x"}, {}} {
		_, err := f.store.User(f.ctx, ref)
		f.Expect(err).To(MatchError(model.ErrUserNotFound))
	}
}

func referencesResolve(_ *testing.T, f *fixture) {
	plain := f.user()
	named, err := f.store.CreateUser(f.ctx, store.NewUser{Username: "Bob"})
	f.Expect(err).NotTo(HaveOccurred())
	external, err := f.store.CreateUser(f.ctx, store.NewUser{ExternalID: "e"})
	f.Expect(err).NotTo(HaveOccurred())

	f.Expect(f.store.UserIDs(f.ctx, []model.UserRef{{Username: "bOB"}, {ID: plain}, {ExternalID: "e"}, {ID: plain}})).
		To(Equal([]model.UserID{named.ID, plain, external.ID, plain}))
	f.Expect(f.store.UserIDs(f.ctx, nil)).To(BeEmpty())

	f.Expect(f.store.UserIDsByUsername(f.ctx, []string{"bOB", "nobody", "", "BOB"})).
		To(Equal(map[string]model.UserID{"bOB": named.ID, "BOB": named.ID}))
	f.Expect(f.store.UserIDsByUsername(f.ctx, nil)).To(BeEmpty())

	_, err = f.store.UserIDs(f.ctx, []model.UserRef{{ID: plain}, {ExternalID: "none"}, {}})
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	var unknown *store.UnknownReferenceError
	f.Expect(errors.As(err, &unknown)).To(BeTrue())
	f.Expect(unknown.Index).To(Equal(1))
}

func usernameRace(_ *testing.T, f *fixture) {
	var successes, refusals atomic.Int64
	var race errgroup.Group
	for range 8 {
		race.Go(func() error {
			_, err := f.store.CreateUser(f.ctx, store.NewUser{Username: "same"})
			switch {
			case err == nil:
				successes.Add(1)
			case errors.Is(err, model.ErrUserExists):
				refusals.Add(1)
			default:
				return err
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(successes.Load()).To(Equal(int64(1)))
	f.Expect(refusals.Load()).To(Equal(int64(7)))
}
