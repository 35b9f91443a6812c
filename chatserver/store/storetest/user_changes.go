package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var userChanges = []rule{
	{"a user begins at version 1, active and plain", userBegins},
	{"role and permissions are read back", userPermissions},
	{"known users are read by id, unknown ones are absent", usersByID},
	{"an update moves version and time on, one that changes nothing does not", updateMovesVersion},
	{"an error of the change function stops the update", updateIsStopped},
	{"an update to a taken name is refused", updateToTakenName},
	{"racing updates each see the one before", updateRace},
	{"the time of the last activity never moves back", touchMovesForward},
}

func (f *fixture) person(id model.UserID) model.User {
	user, err := f.store.User(f.ctx, model.UserRef{ID: id})
	f.Expect(err).NotTo(HaveOccurred())
	return user
}

// created stores a user that must be new.
func (f *fixture) created(user store.NewUser) model.User {
	stored, err := f.store.CreateUser(f.ctx, user)
	f.Expect(err).NotTo(HaveOccurred())
	return stored
}

func (f *fixture) updateUser(id model.UserID, apply func(*model.User)) model.User {
	updated, err := f.store.UpdateUser(f.ctx, id, func(user *model.User) error {
		apply(user)
		return nil
	})
	f.Expect(err).NotTo(HaveOccurred())
	return updated
}

func userBegins(_ *testing.T, f *fixture) {
	user := f.created(store.NewUser{})
	f.Expect(user.Version).To(Equal(int64(1)))
	f.Expect(user.Role).To(Equal(model.UserPlain))
	f.Expect(user.AccountStatus).To(Equal(model.AccountActive))
	f.Expect(user.Permissions).To(BeEmpty())
	f.Expect(user.LastActiveAt).To(BeNil())
	f.Expect(user.TokensRevokedAt).To(BeNil())
	f.Expect(string(user.Properties)).To(Equal(`{}`))
}

func userPermissions(_ *testing.T, f *fixture) {
	overrides := model.Permissions{model.MessageSend: false, model.MemberAdd: true}
	user := f.created(store.NewUser{Role: model.UserStaff, Permissions: overrides})
	f.Expect(user.Role).To(Equal(model.UserStaff))
	f.Expect(user.Permissions).To(Equal(overrides))
	f.Expect(f.person(user.ID)).To(Equal(user))
	updated := f.updateUser(user.ID, func(user *model.User) { user.Permissions = nil })
	f.Expect(updated.Permissions).To(BeEmpty())
	f.Expect(f.person(user.ID)).To(Equal(updated))
}

func usersByID(_ *testing.T, f *fixture) {
	people := f.users(3)
	found, err := f.store.UsersByID(f.ctx, []model.UserID{people[2], model.FirstID + 77, people[0]})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found).To(ConsistOf(f.person(people[0]), f.person(people[2])))
	f.Expect(f.store.UsersByID(f.ctx, nil)).To(BeEmpty())
}

func updateMovesVersion(_ *testing.T, f *fixture) {
	before := f.created(store.NewUser{Username: "alice", ExternalID: "a"})
	updated := f.updateUser(before.ID, func(user *model.User) {
		f.Expect(*user).To(Equal(before))
		user.ExternalID, user.Username, user.DisplayName = "b", "Bea", "Bea B."
		user.Email, user.Avatar, user.Properties = "b@example.org", "https://example.org/b.png", json.RawMessage(`{"b":1}`)
		user.Role, user.AccountStatus, user.Guest = model.UserModerator, model.AccountSuspended, true
	})
	f.Expect(updated.Version).To(Equal(int64(2)))
	f.Expect(updated.UpdatedAt).To(BeTemporally(">", before.UpdatedAt))
	wanted := model.User{
		ID: before.ID, ExternalID: "b", Username: "Bea", DisplayName: "Bea B.", Email: "b@example.org",
		Avatar: "https://example.org/b.png", Properties: json.RawMessage(`{"b":1}`), Role: model.UserModerator,
		AccountStatus: model.AccountSuspended, Guest: true, Version: 2,
		CreatedAt: before.CreatedAt, UpdatedAt: updated.UpdatedAt, TokenEpoch: before.TokenEpoch,
	}
	f.Expect(updated).To(Equal(wanted))
	for _, ref := range []model.UserRef{{ID: before.ID}, {ExternalID: "b"}, {Username: "BEA"}} {
		f.Expect(f.store.User(f.ctx, ref)).To(Equal(wanted))
	}
	_, err := f.store.User(f.ctx, model.UserRef{Username: "alice"})
	f.Expect(err).To(MatchError(model.ErrUserNotFound), "the old name is free")
	f.Expect(f.updateUser(before.ID, func(user *model.User) { user.DisplayName = "Bea B." })).To(Equal(wanted))
	f.Expect(f.person(before.ID)).To(Equal(wanted))
}

func updateIsStopped(_ *testing.T, f *fixture) {
	before := f.created(store.NewUser{Username: "alice"})
	errNo := errors.New("no")
	_, err := f.store.UpdateUser(f.ctx, before.ID, func(user *model.User) error {
		user.Username = "bob"
		return errNo
	})
	f.Expect(err).To(MatchError(errNo))
	f.Expect(f.person(before.ID)).To(Equal(before))
	_, err = f.store.UpdateUser(f.ctx, model.FirstID+77, func(*model.User) error { return nil })
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
}

func updateToTakenName(_ *testing.T, f *fixture) {
	f.created(store.NewUser{Username: "alice", ExternalID: "a"})
	bob := f.created(store.NewUser{Username: "bob"})
	for _, apply := range []func(*model.User){
		func(user *model.User) { user.Username = "ALICE" },
		func(user *model.User) { user.ExternalID = "a" },
	} {
		_, err := f.store.UpdateUser(f.ctx, bob.ID, func(user *model.User) error {
			apply(user)
			return nil
		})
		f.Expect(err).To(MatchError(model.ErrUserExists))
	}
	f.Expect(f.person(bob.ID)).To(Equal(bob))
}

func updateRace(_ *testing.T, f *fixture) {
	const writers, rounds = 6, 5
	person := f.user()
	var race errgroup.Group
	for range writers {
		race.Go(func() error {
			for range rounds {
				if _, err := f.store.UpdateUser(f.ctx, person, func(user *model.User) error {
					user.DisplayName += "x"
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(f.person(person).DisplayName).To(HaveLen(writers * rounds))
	f.Expect(f.person(person).Version).To(Equal(int64(1 + writers*rounds)))
}

func touchMovesForward(_ *testing.T, f *fixture) {
	people := f.users(3)
	noon := time.Date(2026, 3, 4, 12, 0, 0, 123_456_000, time.UTC)
	f.Expect(f.store.TouchUsers(f.ctx, map[model.UserID]time.Time{people[0]: noon, people[1]: noon})).To(Succeed())
	f.Expect(f.person(people[0]).LastActiveAt).To(HaveValue(Equal(noon)))
	f.Expect(f.person(people[0]).Version).To(Equal(int64(1)), "activity is no change of the user")
	f.Expect(f.person(people[2]).LastActiveAt).To(BeNil())

	later := noon.Add(time.Microsecond)
	f.Expect(f.store.TouchUsers(f.ctx, map[model.UserID]time.Time{people[0]: noon.Add(-time.Hour), people[1]: later})).To(Succeed())
	f.Expect(f.person(people[0]).LastActiveAt).To(HaveValue(Equal(noon)))
	f.Expect(f.person(people[1]).LastActiveAt).To(HaveValue(Equal(later)))
	f.Expect(f.store.TouchUsers(f.ctx, nil)).To(Succeed())
}
