package storetest

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var userList = []rule{
	{"users are listed by id, whole, by offset and by cursor", usersAreListed},
	{"each filter of users selects, alone and together", usersAreFiltered},
	{"a search takes no character for a pattern", userSearchIsLiteral},
}

func (f *fixture) userListing(filter store.UserFilter) listing[model.User, model.UserID] {
	return listing[model.User, model.UserID]{
		read: func(page model.ListPage) ([]model.User, int64, error) { return f.store.ListUsers(f.ctx, filter, page) },
		key:  func(user model.User) model.UserID { return user.ID },
		cursor: func(user model.User) model.ListCursor {
			return model.ListCursor{ID: int64(user.ID)}
		},
	}
}

func usersAreListed(_ *testing.T, f *fixture) {
	expectList(f, f.userListing(store.UserFilter{}))
	people := f.users(5)
	for i, user := range expectList(f, f.userListing(store.UserFilter{}), people...) {
		f.Expect(user).To(Equal(f.person(people[i])))
	}
}

func usersAreFiltered(_ *testing.T, f *fixture) {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	anna := f.created(store.NewUser{Username: "anna", DisplayName: "Straße", Role: model.UserStaff}).ID
	annabel := f.created(store.NewUser{Username: "x1", DisplayName: "ANNAbel", Guest: true}).ID
	bob := f.created(store.NewUser{Username: "Bob", DisplayName: "Susanna", Role: model.UserAdmin}).ID
	nobody := f.user()
	f.updateUser(bob, func(user *model.User) { user.AccountStatus = model.AccountSuspended })
	f.Expect(f.store.TouchUsers(f.ctx, map[model.UserID]time.Time{anna: noon, bob: noon.Add(-time.Second)})).To(Succeed())

	for name, selected := range map[string]struct {
		filter store.UserFilter
		wanted []model.UserID
	}{
		"search, display name and username": {store.UserFilter{Search: "aNNa"}, []model.UserID{anna, annabel}},
		"search, folded":                    {store.UserFilter{Search: "STRASS"}, []model.UserID{anna}},
		"search, nothing":                   {store.UserFilter{Search: "zzz"}, nil},
		"display name":                      {store.UserFilter{DisplayName: "STRASSE"}, []model.UserID{anna}},
		"display name, not its beginning":   {store.UserFilter{DisplayName: "stra"}, nil},
		"one role":                          {store.UserFilter{Roles: []model.UserRole{model.UserAdmin}}, []model.UserID{bob}},
		"two roles": {
			store.UserFilter{Roles: []model.UserRole{model.UserPlain, model.UserStaff}}, []model.UserID{anna, annabel, nobody},
		},
		"account status":    {store.UserFilter{AccountStatus: model.AccountSuspended}, []model.UserID{bob}},
		"guests":            {store.UserFilter{Guest: new(true)}, []model.UserID{annabel}},
		"no guests":         {store.UserFilter{Guest: new(false)}, []model.UserID{anna, bob, nobody}},
		"ids":               {store.UserFilter{IDs: []model.UserID{nobody, anna, model.FirstID + 77}}, []model.UserID{anna, nobody}},
		"active since":      {store.UserFilter{ActiveSince: noon}, []model.UserID{anna}},
		"active since long": {store.UserFilter{ActiveSince: noon.Add(-time.Hour)}, []model.UserID{anna, bob}},
		"all together": {store.UserFilter{
			Search: "ann", DisplayName: "annabel", Roles: []model.UserRole{model.UserPlain},
			AccountStatus: model.AccountActive, Guest: new(true), IDs: []model.UserID{anna, annabel},
		}, []model.UserID{annabel}},
		"together, one against": {store.UserFilter{Search: "ann", AccountStatus: model.AccountSuspended}, nil},
	} {
		users, total, err := f.store.ListUsers(f.ctx, selected.filter, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(keysOf(users, func(user model.User) model.UserID { return user.ID })).
			To(Equal(append([]model.UserID{}, selected.wanted...)), name)
		f.Expect(total).To(Equal(int64(len(selected.wanted))), name)
	}
}

func userSearchIsLiteral(_ *testing.T, f *fixture) {
	for _, name := range []string{"100%", "100_", `100\`, "100x", "100*", "100["} {
		f.created(store.NewUser{DisplayName: name})
	}
	for search, wanted := range map[string]int{"100%": 1, "100_": 1, `100\`: 1, "100*": 1, "100[": 1, "100": 6, "%": 0, "_": 0} {
		_, total, err := f.store.ListUsers(f.ctx, store.UserFilter{Search: search}, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(total).To(Equal(int64(wanted)), search)
	}
}
