package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var memberships = []rule{
	{"a user's conversations come with the latest change first", membershipsByChange},
	{"changed memberships are those whose row changed since", changedMemberships},
	{"where the past is hidden, a membership says where it ends", membershipsSinceJoin},
}

func listed(memberships []model.Membership) []model.ConversationID {
	ids := []model.ConversationID{}
	for _, membership := range memberships {
		ids = append(ids, membership.Conversation)
	}
	return ids
}

func membershipsByChange(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(4, people...)
	f.send(rooms[1], people[1], "a")
	_, err := f.removeMember(f.ctx, rooms[3], people[0])
	f.Expect(err).NotTo(HaveOccurred())

	found, err := f.store.Memberships(f.ctx, people[0], 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(listed(found)).To(Equal([]model.ConversationID{rooms[1], rooms[2], rooms[0]}))
	f.Expect(found[0]).To(Equal(model.Membership{Conversation: rooms[1], Type: model.Group, Rev: 2, LastSeq: 1, JoinedRev: 1, MemberCount: 2}))

	found, err = f.store.Memberships(f.ctx, people[0], 2)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(listed(found)).To(Equal([]model.ConversationID{rooms[1], rooms[2]}))
	f.Expect(f.store.Memberships(f.ctx, model.FirstID+77, 10)).To(BeEmpty())
}

func changedMemberships(_ *testing.T, f *fixture) {
	people := f.users(3)
	rooms := f.groups(2, people[0])
	since, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	for _, person := range people[1:] {
		_, _, err := f.addMember(f.ctx, rooms[1], person, model.RoleMember)
		f.Expect(err).NotTo(HaveOccurred())
	}
	_, err = f.removeMember(f.ctx, rooms[1], people[2])
	f.Expect(err).NotTo(HaveOccurred())

	f.Expect(f.store.MembershipsChanged(f.ctx, people, since)).To(Equal([]store.UserMembership{
		{User: people[1], Membership: model.Membership{Conversation: rooms[1], Type: model.Group, Rev: 4, JoinedRev: 2, MemberCount: 2}},
	}))
	f.Expect(f.store.MembershipsChanged(f.ctx, people[:1], since)).To(BeEmpty())
	f.Expect(f.store.MembershipsChanged(f.ctx, nil, since)).To(BeEmpty())
	now, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(now).To(BeTemporally(">=", since))
}

func membershipsSinceJoin(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Group, people[0])
	wanted.SinceJoin = true
	room := f.create(wanted).Conversation.ID
	since, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	f.send(room, people[0], "before")
	_, _, err = f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	f.send(room, people[0], "after")

	floors := func(user model.UserID) []int64 {
		found, err := f.store.Memberships(f.ctx, user, 1)
		f.Expect(err).NotTo(HaveOccurred())
		changed, err := f.store.MembershipsChanged(f.ctx, []model.UserID{user}, since)
		f.Expect(err).NotTo(HaveOccurred())
		floors := []int64{found[0].JoinFloor}
		for _, each := range changed {
			floors = append(floors, each.JoinFloor)
		}
		return floors
	}
	f.Expect(floors(people[0])).To(HaveEach(int64(0)))
	f.Expect(floors(people[1])).To(Equal([]int64{1, 1}))
	f.Expect(f.changeConversation(room, func(_ store.Change, conversation *model.Conversation) {
		conversation.SinceJoin = false
	})).To(Succeed())
	f.Expect(floors(people[1])).To(Equal([]int64{0, 0}))
}
