package sqlite

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// roomOf opens a store with these users; the first of them is alone in a group.
func roomOf(t *testing.T, names ...string) (*Store, []model.UserID, model.ConversationID) {
	t.Helper()
	g := NewWithT(t)
	opened := openIn(t, filepath.Join(t.TempDir(), "parley.db"))
	users := make([]model.UserID, len(names))
	for i, name := range names {
		user, err := opened.CreateUser(t.Context(), store.NewUser{Username: name})
		g.Expect(err).NotTo(HaveOccurred())
		users[i] = user.ID
	}
	made, err := opened.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, CreatedBy: users[0], Members: []store.NewMember{{User: users[0], Role: model.RoleOwner}},
	})
	g.Expect(err).NotTo(HaveOccurred())
	return opened, users, made.Conversation.ID
}

func TestMembersMayBeginAtAnyRevOfTheirChange(t *testing.T) {
	g := NewWithT(t)
	opened, users, room := roomOf(t, "alice", "bob", "carol")
	g.Expect(opened.ChangeConversation(t.Context(), room, func(change store.Change) error {
		revs := []int64{change.Next(), change.Next()}
		for i, user := range users[1:] {
			if _, err := change.SaveMember(t.Context(), model.Member{
				Conversation: room, User: user, Role: model.RoleMember, CreatedRev: revs[i], Rev: revs[i], CreatedAt: change.Now(),
			}); err != nil {
				return err
			}
		}
		return nil
	})).To(Succeed())
	_, total, err := opened.ListMembers(t.Context(), room, store.MemberFilter{}, model.ListPage{Limit: 1})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(total).To(BeEquivalentTo(3))
}

func TestTheMembershipOfAnErasedUserCanBeEnded(t *testing.T) {
	g := NewWithT(t)
	opened, users, room := roomOf(t, "alice")
	_, err := opened.EraseUser(t.Context(), users[0],
		store.NewJob{Kind: model.EraseUser, User: users[0]}, model.AuditEvent{Action: "user.deleted"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(opened.ChangeConversation(t.Context(), room, func(change store.Change) error {
		member, err := change.Member(t.Context(), users[0])
		if err != nil {
			return err
		}
		member.Rev = change.Next()
		member.LeftRev = member.Rev
		_, err = change.SaveMember(t.Context(), member)
		return err
	})).To(Succeed())
	conversation, err := opened.Conversation(t.Context(), model.ConversationRef{ID: room})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(conversation.MemberCount).To(BeZero())
}

func TestAChangeOfTheIDIsNotStored(t *testing.T) {
	g := NewWithT(t)
	opened, _, room := roomOf(t, "alice")
	g.Expect(opened.ChangeConversation(t.Context(), room, func(change store.Change) error {
		change.Next()
		change.Conversation().ID, change.Conversation().Name = room+1, "named"
		return nil
	})).To(Succeed())
	conversation, err := opened.Conversation(t.Context(), model.ConversationRef{ID: room})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(conversation.Name).To(Equal("named"))
}
