package storetest

import (
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var tokens = []rule{
	{"a refresh token is used once and begets the next of its family", refreshRotates},
	{"a token that was used before takes its family with it", refreshReuse},
	{"unknown, expired and revoked refresh tokens are refused", refreshRefused},
	{"of racing uses of a refresh token exactly one is the first", refreshRace},
	{"a revocation raises the epoch and is seen since its time", revocation},
	{"expired tokens and passes are deleted, at most so many of each", expiredAreDeleted},
	{"a pass is read back and good once", passOnce},
	{"unknown and expired passes are refused", passRefused},
	{"of racing takers of a pass exactly one gets it", passRace},
}

// morning is the present of rules whose time the caller gives.
var morning = time.Date(2026, 5, 6, 8, 0, 0, 0, time.UTC)

func refreshToken(user model.UserID, family, words string, expiresAt time.Time) model.RefreshToken {
	return model.RefreshToken{Hash: sha256.Sum256([]byte(words)), Family: family, User: user, ExpiresAt: expiresAt}
}

// login stores the first token of a family for the user's present epoch.
func (f *fixture) login(user model.UserID, family, words string, expiresAt time.Time) {
	token := refreshToken(user, family, words, expiresAt)
	token.Epoch = f.person(user).TokenEpoch
	f.Expect(f.store.SaveRefreshToken(f.ctx, token)).To(Succeed())
}

// rotate uses one token up for another one that is good for an hour.
func (f *fixture) rotate(old, next string, now time.Time) (model.User, error) {
	return f.store.RotateRefreshToken(f.ctx, sha256.Sum256([]byte(old)),
		model.RefreshToken{Hash: sha256.Sum256([]byte(next)), ExpiresAt: now.Add(time.Hour)}, now)
}

func refreshRotates(_ *testing.T, f *fixture) {
	people := f.users(2)
	for i, family := range []string{"one", "two"} {
		f.login(people[i], family, family, morning.Add(time.Hour))
	}
	for _, step := range [][2]string{{"one", "one b"}, {"one b", "one c"}} {
		user, err := f.rotate(step[0], step[1], morning)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(user).To(Equal(f.person(people[0])))
	}
	user, err := f.rotate("two", "two b", morning)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(user.ID).To(Equal(people[1]))
}

func refreshReuse(_ *testing.T, f *fixture) {
	person := f.user()
	f.login(person, "stolen", "a", morning.Add(time.Hour))
	f.login(person, "other", "z", morning.Add(time.Hour))
	_, err := f.rotate("a", "b", morning)
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.rotate("a", "c", morning)
	f.Expect(err).To(MatchError(model.ErrRefreshReused))
	for _, token := range []string{"a", "b", "c"} {
		_, err = f.rotate(token, token+" next", morning)
		f.Expect(err).To(MatchError(model.ErrInvalidRefresh), token)
	}
	_, err = f.rotate("z", "z next", morning)
	f.Expect(err).NotTo(HaveOccurred(), "another family is not concerned")
}

func refreshRefused(_ *testing.T, f *fixture) {
	person := f.user()
	_, err := f.rotate("unknown", "b", morning)
	f.Expect(err).To(MatchError(model.ErrInvalidRefresh))

	f.login(person, "old", "old", morning.Add(-time.Microsecond))
	_, err = f.rotate("old", "old next", morning)
	f.Expect(err).To(MatchError(model.ErrInvalidRefresh))

	late := refreshToken(person, "late", "late", morning.Add(time.Hour))
	late.Epoch = f.person(person).TokenEpoch
	_, err = f.store.RevokeTokens(f.ctx, person)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.store.SaveRefreshToken(f.ctx, late)).To(Or(Succeed(), MatchError(model.ErrInvalidRefresh)))
	_, err = f.rotate("late", "late next", morning)
	f.Expect(err).To(MatchError(model.ErrInvalidRefresh), "a login that the revocation overtook")
}

func refreshRace(_ *testing.T, f *fixture) {
	person := f.user()
	f.login(person, "family", "a", morning.Add(time.Hour))
	var firsts, reuses, refusals atomic.Int64
	var race errgroup.Group
	for i := range 6 {
		race.Go(func() error {
			_, err := f.rotate("a", string(rune('b'+i)), morning)
			switch {
			case err == nil:
				firsts.Add(1)
			case errors.Is(err, model.ErrRefreshReused):
				reuses.Add(1)
			case errors.Is(err, model.ErrInvalidRefresh):
				refusals.Add(1)
			default:
				return err
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(firsts.Load()).To(Equal(int64(1)))
	f.Expect(reuses.Load()).To(BeNumerically(">=", 1), "the second one is noticed")
	f.Expect(firsts.Load() + reuses.Load() + refusals.Load()).To(Equal(int64(6)))
	for i := range 6 {
		_, err := f.rotate(string(rune('b'+i)), "next", morning)
		f.Expect(err).To(MatchError(model.ErrInvalidRefresh), "the family is gone")
	}
}

func revocation(_ *testing.T, f *fixture) {
	people := f.users(2)
	for i, words := range []string{"a", "b"} {
		f.login(people[i], words, words, morning.Add(time.Hour))
	}
	since, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.store.RevokedSince(f.ctx, since)).To(BeEmpty())
	before := f.person(people[0])
	user, err := f.store.RevokeTokens(f.ctx, people[0])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(user.TokenEpoch).To(Equal(before.TokenEpoch + 1))
	f.Expect(user.TokensRevokedAt).To(HaveValue(BeTemporally(">=", since)))
	f.Expect(f.person(people[0])).To(Equal(user))
	f.Expect(user.Version).To(Equal(before.Version), "what a user is has not changed")

	f.Expect(f.store.RevokedSince(f.ctx, since)).To(Equal([]store.UserEpoch{{User: people[0], Epoch: user.TokenEpoch}}))
	f.Expect(f.store.RevokedSince(f.ctx, user.TokensRevokedAt.Add(time.Microsecond))).To(BeEmpty())
	_, err = f.rotate("a", "a next", morning)
	f.Expect(err).To(MatchError(model.ErrInvalidRefresh))
	_, err = f.rotate("b", "b next", morning)
	f.Expect(err).NotTo(HaveOccurred(), "the other user's tokens stay")
	_, err = f.store.RevokeTokens(f.ctx, model.FirstID+77)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
}

func pass(words string, user model.UserID, expiresAt time.Time) store.Pass {
	return store.Pass{Hash: sha256.Sum256([]byte(words)), User: user, ExpiresAt: expiresAt}
}

func expiredAreDeleted(_ *testing.T, f *fixture) {
	person := f.user()
	for i := range 3 {
		words := string(rune('a' + i))
		f.login(person, words, words, morning.Add(-time.Minute))
		f.Expect(f.store.SavePass(f.ctx, pass(words, person, morning.Add(-time.Minute)))).To(Succeed())
	}
	f.login(person, "good", "good", morning.Add(time.Minute))
	f.Expect(f.store.SavePass(f.ctx, pass("good", person, morning.Add(time.Minute)))).To(Succeed())

	for _, wanted := range []int64{4, 2, 0} {
		f.Expect(f.store.DeleteExpired(f.ctx, morning, 2)).To(Equal(wanted))
	}
	_, err := f.rotate("good", "next", morning)
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.store.TakePass(f.ctx, pass("good", person, morning).Hash, morning)
	f.Expect(err).NotTo(HaveOccurred())
}

func passOnce(_ *testing.T, f *fixture) {
	people := f.users(2)
	first := pass("a", people[0], morning.Add(30*time.Second))
	first.Epoch, first.KeyID, first.SessionExpiresAt = 3, "key-1", morning.Add(time.Hour)
	plain := pass("b", people[1], morning.Add(30*time.Second))
	for _, wanted := range []store.Pass{first, plain} {
		f.Expect(f.store.SavePass(f.ctx, wanted)).To(Succeed())
	}
	for _, wanted := range []store.Pass{first, plain} {
		f.Expect(f.store.TakePass(f.ctx, wanted.Hash, morning)).To(Equal(wanted))
		_, err := f.store.TakePass(f.ctx, wanted.Hash, morning)
		f.Expect(err).To(MatchError(model.ErrInvalidToken), "a second time")
	}
}

func passRefused(_ *testing.T, f *fixture) {
	old := pass("old", f.user(), morning.Add(-time.Microsecond))
	f.Expect(f.store.SavePass(f.ctx, old)).To(Succeed())
	for _, hash := range [][32]byte{old.Hash, sha256.Sum256([]byte("unknown"))} {
		_, err := f.store.TakePass(f.ctx, hash, morning)
		f.Expect(err).To(MatchError(model.ErrInvalidToken))
	}
}

func passRace(_ *testing.T, f *fixture) {
	wanted := pass("a", f.user(), morning.Add(time.Minute))
	f.Expect(f.store.SavePass(f.ctx, wanted)).To(Succeed())
	var taken atomic.Int64
	var race errgroup.Group
	for range 8 {
		race.Go(func() error {
			_, err := f.store.TakePass(f.ctx, wanted.Hash, morning)
			if errors.Is(err, model.ErrInvalidToken) {
				return nil
			}
			taken.Add(1)
			return err
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(taken.Load()).To(Equal(int64(1)))
}
