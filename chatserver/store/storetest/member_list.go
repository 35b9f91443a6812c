package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var memberList = []rule{
	{"present members are listed by user id", membersAreListed},
	{"each filter of members selects, alone and together", membersAreFiltered},
	{"a membership is read back with every field", membershipIsReadBack},
	{"an unknown user cannot become a member", unknownUserJoins},
	{"a membership that may not receive is not among those to follow", deniedReceiving},
}

func (f *fixture) memberListing(room model.ConversationID, filter store.MemberFilter) listing[model.Member, model.UserID] {
	return listing[model.Member, model.UserID]{
		read: func(page model.ListPage) ([]model.Member, int64, error) {
			return f.store.ListMembers(f.ctx, room, filter, page)
		},
		key:    func(member model.Member) model.UserID { return member.User },
		cursor: func(member model.Member) model.ListCursor { return model.ListCursor{ID: int64(member.User)} },
	}
}

func membersAreListed(_ *testing.T, f *fixture) {
	people := f.users(6)
	room := f.group(people[5], people[1], people[3], people[0], people[4])
	_, err := f.removeMember(f.ctx, room, people[3])
	f.Expect(err).NotTo(HaveOccurred())
	rows := expectList(f, f.memberListing(room, store.MemberFilter{}), people[0], people[1], people[4], people[5])
	for _, row := range rows {
		f.Expect(row).To(Equal(f.member(room, row.User)))
	}
	expectList(f, f.memberListing(model.FirstID+99, store.MemberFilter{}))
}

func membersAreFiltered(_ *testing.T, f *fixture) {
	anna := f.created(store.NewUser{Username: "anna", DisplayName: "Zoë"}).ID
	bob := f.created(store.NewUser{Username: "bob", DisplayName: "ANN%"}).ID
	carl := f.created(store.NewUser{DisplayName: "Carl"}).ID
	f.created(store.NewUser{Username: "annabel"}) // no member
	room := f.group(anna, bob, carl)
	_, err := f.changeMember(f.ctx, room, bob, func(member *model.Member) { member.Role = model.RoleModerator })
	f.Expect(err).NotTo(HaveOccurred())
	for _, selected := range []struct {
		filter store.MemberFilter
		wanted []model.UserID
	}{
		{store.MemberFilter{Roles: []model.MemberRole{model.RoleOwner}}, []model.UserID{anna}},
		{store.MemberFilter{Roles: []model.MemberRole{model.RoleOwner, model.RoleMember}}, []model.UserID{anna, carl}},
		{store.MemberFilter{Users: []model.UserID{carl, bob, model.FirstID + 77}}, []model.UserID{bob, carl}},
		{store.MemberFilter{Search: "aNN"}, []model.UserID{anna, bob}},
		{store.MemberFilter{Search: "ann%"}, []model.UserID{bob}},
		{store.MemberFilter{Search: "ZOË"}, []model.UserID{anna}},
		{store.MemberFilter{Search: "%"}, nil},
		{store.MemberFilter{Roles: []model.MemberRole{model.RoleModerator}, Users: []model.UserID{anna, bob}, Search: "a"}, []model.UserID{bob}},
		{store.MemberFilter{Roles: []model.MemberRole{model.RoleModerator}, Search: "c"}, nil},
	} {
		expectList(f, f.memberListing(room, selected.filter), selected.wanted...)
	}
}

func membershipIsReadBack(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people[0])
	f.send(room, people[0], "a")
	overrides := model.Permissions{model.MessageSend: false, model.MemberAdd: true}
	var wanted model.Member
	saved, err := change(f.ctx, f.store, room, func(change store.Change) (model.Member, error) {
		rev := change.Next()
		wanted = model.Member{
			Conversation: room, User: people[1], Role: model.RoleGuest, JoinedSeq: 1, CreatedRev: rev, Rev: rev,
			CreatedAt: change.Now(), InvitedBy: people[0], Permissions: overrides,
		}
		return change.SaveMember(f.ctx, wanted)
	})
	f.Expect(err).NotTo(HaveOccurred())
	wanted.ReadSeq, wanted.DeliveredSeq = 1, 1
	f.Expect(saved).To(Equal(wanted))
	f.Expect(f.member(room, people[1])).To(Equal(wanted))
	cleared, err := f.changeMember(f.ctx, room, people[1], func(member *model.Member) { member.Permissions = nil })
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(cleared.Permissions).To(BeEmpty())
	f.Expect(f.member(room, people[1])).To(Equal(cleared))
}

func unknownUserJoins(_ *testing.T, f *fixture) {
	room := f.group(f.user())
	_, _, err := f.addMember(f.ctx, room, model.FirstID+77, model.RoleMember)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	f.Expect(f.conversation(room).MemberCount).To(Equal(int64(1)))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(1)))
}

func deniedReceiving(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people...)
	deny := model.Permissions{model.MessageReceive: false}
	_, err := f.changeMember(f.ctx, room, people[1], func(member *model.Member) { member.Permissions = deny })
	f.Expect(err).NotTo(HaveOccurred())
	f.updateUser(people[2], func(user *model.User) { user.Permissions = deny })
	for i, wanted := range []int{1, 0, 0} {
		f.Expect(f.store.Memberships(f.ctx, people[i], 10)).To(HaveLen(wanted))
		f.Expect(f.member(room, people[i]).Left()).To(BeFalse())
	}
	_, err = f.changeMember(f.ctx, room, people[1], func(member *model.Member) { member.Permissions = nil })
	f.Expect(err).NotTo(HaveOccurred())
	f.updateUser(people[2], func(user *model.User) { user.Permissions = nil })
	for _, person := range people {
		f.Expect(f.store.Memberships(f.ctx, person, 10)).To(HaveLen(1))
	}
}
