package storetest

import (
	"errors"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var members = []rule{
	{"adding a member bumps the rev once", memberIsAdded},
	{"adding a present member changes nothing", memberIsAddedOnce},
	{"removing a member leaves a tombstone at the new rev", memberIsRemoved},
	{"a member who comes back has new joining marks in the old row", memberRejoins},
	{"what a member has hidden stays hidden when it comes back", hiddenStaysHidden},
	{"unknown users, members and conversations give the model's errors", unknownMembers},
	{"who stands highest and joined first takes over from one who leaves", successorIsFound},
	{"of racing adders exactly one adds", addRace},
}

func memberIsAdded(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people[0])
	f.send(room, people[0], "a")
	member, added, err := f.addMember(f.ctx, room, people[1], model.RoleModerator)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(added).To(BeTrue())
	f.Expect(member.Role).To(Equal(model.RoleModerator))
	f.Expect(member.CreatedRev).To(Equal(int64(3)))
	f.Expect(member.Rev).To(Equal(int64(3)))
	f.Expect(member.JoinedSeq).To(Equal(int64(1)))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(3)))
	f.Expect(f.store.Member(f.ctx, room, people[1])).To(Equal(member))
}

func memberIsAddedOnce(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	present, err := f.store.Member(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	member, added, err := f.addMember(f.ctx, room, people[1], model.RoleAdmin)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(added).To(BeFalse())
	f.Expect(member).To(Equal(present))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(1)))
}

func memberIsRemoved(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	member, err := f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(member.Left()).To(BeTrue())
	f.Expect(member.LeftRev).To(Equal(int64(2)))
	f.Expect(member.Rev).To(Equal(int64(2)))
	f.Expect(member.CreatedRev).To(Equal(int64(1)))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(2)))

	_, err = f.store.Member(f.ctx, room, people[1])
	f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	_, err = f.removeMember(f.ctx, room, people[1])
	f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(2)), "a refused removal changes nothing")
}

func memberRejoins(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.send(room, people[1], "a")
	_, err := f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	member, added, err := f.addMember(f.ctx, room, people[1], model.RoleGuest)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(added).To(BeTrue())
	f.Expect(member.LeftRev).To(BeZero())
	f.Expect(member.Role).To(Equal(model.RoleGuest))
	f.Expect(member.CreatedRev).To(Equal(int64(4)))
	f.Expect(member.Rev).To(Equal(int64(4)))
	f.Expect(member.JoinedSeq).To(Equal(int64(1)))
	f.send(room, people[1], "b")
}

func hiddenStaysHidden(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.send(room, people[0], "a")
	f.send(room, people[0], "b")
	_, _, err := f.store.HideMessage(f.ctx, room, people[1], 1)
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	_, _, err = f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	f.expectMessages(room, store.MessageFilter{Viewer: people[1]}, 2)
	_, hidden, err := f.store.HideMessage(f.ctx, room, people[1], 1)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(hidden).To(BeFalse(), "it is hidden already")
}

func unknownMembers(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	const nobody, nowhere = model.FirstID + 77, model.FirstID + 88

	_, _, err := f.addMember(f.ctx, room, nobody, model.RoleMember)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	_, _, err = f.addMember(f.ctx, nowhere, person, model.RoleMember)
	f.Expect(err).To(MatchError(model.ErrConversationNotFound))
	_, err = f.removeMember(f.ctx, room, nobody)
	f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	_, err = f.removeMember(f.ctx, nowhere, person)
	f.Expect(err).To(MatchError(model.ErrConversationNotFound))
	_, err = f.store.Member(f.ctx, nowhere, person)
	f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(1)), "refused changes leave no rev")
}

func addRace(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people[0])
	var additions atomic.Int64
	var race errgroup.Group
	for range 8 {
		race.Go(func() error {
			_, added, err := f.addMember(f.ctx, room, people[1], model.RoleMember)
			if added {
				additions.Add(1)
			}
			return err
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(additions.Load()).To(Equal(int64(1)))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(2)))
}

func successorIsFound(_ *testing.T, f *fixture) {
	people := f.users(5)
	room := f.group(people[0])
	successor := func(leaving model.UserID) (found model.UserID) {
		f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
			member, err := change.Successor(f.ctx, leaving)
			if errors.Is(err, model.ErrMemberNotFound) {
				return nil
			}
			found = member.User
			return err
		})).To(Succeed())
		return found
	}
	f.Expect(successor(people[0])).To(BeZero(), "nobody else is there")

	// The ids tell nothing: whoever joined first comes first.
	for _, joining := range []struct {
		user model.UserID
		role model.MemberRole
		next model.UserID
	}{
		{people[4], model.RoleGuest, people[4]},
		{people[3], model.RoleMember, people[3]},
		{people[2], model.RoleMember, people[3]},
		{people[1], model.RoleModerator, people[1]},
	} {
		_, _, err := f.addMember(f.ctx, room, joining.user, joining.role)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(successor(people[0])).To(Equal(joining.next))
	}
	f.Expect(successor(people[1])).To(Equal(people[0]), "an owner who stays comes first")

	_, err := f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(successor(people[0])).To(Equal(people[3]), "who left takes over nothing")
	_, err = f.store.EraseUser(f.ctx, people[3], store.NewJob{Kind: model.EraseUser, User: people[3]}, model.AuditEvent{Action: "user.deleted"})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(successor(people[0])).To(Equal(people[2]), "nor does who is erased")
}
