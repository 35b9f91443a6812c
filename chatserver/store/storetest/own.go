package storetest

import (
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
)

var own = []rule{
	{"what only the member sees is stored and moves its own rev", ownIsStored},
	{"a hidden conversation appears again with its next message", hiddenUntilNextMessage},
	{"an error stops a change of the own state, and one without effect moves nothing", ownIsStopped},
	{"the own state survives changes of the membership and begins anew with it", ownAndMembership},
	{"racing changes of the own state each see the one before", ownRace},
}

func (f *fixture) saveOwn(room model.ConversationID, user model.UserID, apply func(*model.Member)) model.Member {
	member, err := f.store.SaveOwn(f.ctx, room, user, func(member *model.Member) error {
		apply(member)
		return nil
	})
	f.Expect(err).NotTo(HaveOccurred())
	return member
}

func (f *fixture) member(room model.ConversationID, user model.UserID) model.Member {
	member, err := f.store.Member(f.ctx, room, user)
	f.Expect(err).NotTo(HaveOccurred())
	return member
}

func ownIsStored(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.send(room, people[1], "a")
	before := f.member(room, people[0])
	saved := f.saveOwn(room, people[0], func(member *model.Member) {
		f.Expect(*member).To(Equal(before))
		member.Muted, member.Hidden, member.ClearedSeq = true, true, 1
	})
	wanted := before
	wanted.Muted, wanted.Hidden, wanted.ClearedSeq, wanted.OwnRev = true, true, 1, before.OwnRev+1
	f.Expect(saved).To(Equal(wanted))
	f.Expect(f.member(room, people[0])).To(Equal(wanted))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(2)), "nobody else learns of it")
	f.Expect(f.member(room, people[1]).OwnRev).To(BeZero())

	saved = f.saveOwn(room, people[0], func(member *model.Member) { member.Muted, member.Hidden = false, false })
	f.Expect(saved.OwnRev).To(Equal(wanted.OwnRev + 1))
	f.Expect(saved.Muted || saved.Hidden).To(BeFalse())
	f.Expect(saved.ClearedSeq).To(Equal(int64(1)))

	found, err := f.store.Memberships(f.ctx, people[0], 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found).To(Equal([]model.Membership{{
		Conversation: room, Type: model.Group, Rev: 2, LastSeq: 1, OwnRev: saved.OwnRev, ClearedSeq: 1, JoinedRev: 1,
		MemberCount: 2,
	}}))
}

func hiddenUntilNextMessage(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	first := f.send(room, people[1], "a")
	f.saveOwn(room, people[0], func(member *model.Member) { member.Hidden = true })
	_, err := f.edit(f.ctx, room, model.MessageRef{ID: first.ID}, `"x"`)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.member(room, people[0]).Hidden).To(BeTrue(), "an edit is no message")
	found, err := f.store.Memberships(f.ctx, people[0], 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found[0].Hidden).To(BeTrue())

	f.send(room, people[1], "b")
	f.Expect(f.member(room, people[0]).Hidden).To(BeFalse())
	found, err = f.store.Memberships(f.ctx, people[0], 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found[0].Hidden).To(BeFalse())
	f.saveOwn(room, people[0], func(member *model.Member) { member.Muted = true })
	f.Expect(f.member(room, people[0]).Hidden).To(BeFalse(), "muting does not hide it again")
	f.saveOwn(room, people[0], func(member *model.Member) { member.Hidden = true })
	f.Expect(f.member(room, people[0]).Hidden).To(BeTrue())
}

func ownIsStopped(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people[0])
	before := f.member(room, people[0])
	errNo := errors.New("no")
	_, err := f.store.SaveOwn(f.ctx, room, people[0], func(member *model.Member) error {
		member.Muted = true
		return errNo
	})
	f.Expect(err).To(MatchError(errNo))
	f.Expect(f.saveOwn(room, people[0], func(*model.Member) {})).To(Equal(before))
	f.Expect(f.member(room, people[0])).To(Equal(before))
	for _, place := range []struct {
		room model.ConversationID
		user model.UserID
	}{{room, people[1]}, {model.FirstID + 99, people[0]}} {
		_, err = f.store.SaveOwn(f.ctx, place.room, place.user, func(*model.Member) error { return nil })
		f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	}
}

func ownAndMembership(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	for i := range 3 {
		f.send(room, people[0], fmt.Sprint(i))
	}
	_, _, err := f.store.MarkRead(f.ctx, room, people[1], 2)
	f.Expect(err).NotTo(HaveOccurred())
	before := f.saveOwn(room, people[1], func(member *model.Member) { member.Muted, member.ClearedSeq = true, 1 })

	changed, err := f.changeMember(f.ctx, room, people[1], func(member *model.Member) {
		member.Role = model.RoleAdmin
		member.Muted, member.ClearedSeq, member.ReadSeq, member.OwnRev = false, 0, 0, 99
	})
	f.Expect(err).NotTo(HaveOccurred())
	wanted := before
	wanted.Role, wanted.Rev = model.RoleAdmin, changed.Rev
	f.Expect(f.member(room, people[1])).To(Equal(wanted), "a change of the membership leaves the own state")

	_, err = f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.store.SaveOwn(f.ctx, room, people[1], func(*model.Member) error { return nil })
	f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	again, _, err := f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.member(room, people[1])).To(Equal(again))
	f.Expect(again.ReadSeq).To(Equal(int64(3)))
	f.Expect(again.DeliveredSeq).To(Equal(int64(3)))
	f.Expect(again.ReadAt).To(BeNil())
	f.Expect(again.Muted || again.Hidden).To(BeFalse())
	f.Expect(again.ClearedSeq).To(BeZero())
}

func ownRace(_ *testing.T, f *fixture) {
	const writers, rounds = 4, 5
	person := f.user()
	room := f.group(person)
	for i := range writers * rounds {
		f.send(room, person, fmt.Sprint(i))
	}
	var race errgroup.Group
	for range writers {
		race.Go(func() error {
			for range rounds {
				if _, err := f.store.SaveOwn(f.ctx, room, person, func(member *model.Member) error {
					member.ClearedSeq++
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(f.member(room, person).ClearedSeq).To(Equal(int64(writers * rounds)))
	f.Expect(f.member(room, person).OwnRev).To(Equal(int64(writers * rounds)))
}
