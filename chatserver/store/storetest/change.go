package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var conversationChange = []rule{
	{"the locked row is the present one, and what changes in it is stored", rowIsStored},
	{"what identifies a conversation never changes", rowIdentityStays},
	{"next moves the rev, once for each call", nextMovesRev},
	{"a change without next is stored without a rev", changeWithoutNext},
	{"the error of the function undoes everything", errorUndoesChange},
	{"a taken externalId is refused and undoes everything", changeToTakenExternalID},
	{"an unknown conversation cannot be changed", unknownChange},
	{"users and messages are found inside a change", foundInChange},
	{"messages of a sender are listed inside a change", messagesFromSender},
	{"counts of members and messages stay right", countsStayRight},
	{"a deleted conversation is unknown, but for its deletion", deletedConversation},
}

func rowIsStored(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	f.send(room, person, "a")
	before := f.conversation(room)
	var now time.Time
	f.Expect(f.changeConversation(room, func(change store.Change, conversation *model.Conversation) {
		f.Expect(conversation.Rev).To(Equal(before.Rev + 1))
		conversation.Name, conversation.Avatar, conversation.ExternalID = "Name", "https://example.org/a.png", "ext"
		conversation.Properties, conversation.Status = json.RawMessage(`{"a": 1}`), model.ConversationArchived
		conversation.SinceJoin = true
		now = change.Now()
	})).To(Succeed())
	wanted := before
	wanted.Name, wanted.Avatar, wanted.ExternalID = "Name", "https://example.org/a.png", "ext"
	wanted.Properties, wanted.Status = json.RawMessage(`{"a": 1}`), model.ConversationArchived
	wanted.SinceJoin, wanted.Rev, wanted.ObjectRev, wanted.Version, wanted.UpdatedAt = true, 3, 3, 2, now
	f.Expect(f.conversation(room)).To(Equal(wanted))
	f.Expect(f.store.Conversation(f.ctx, model.ConversationRef{ExternalID: "ext"})).To(Equal(wanted))

	changes, err := f.store.Changes(f.ctx, room, 2, 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(changes.Conversation).To(HaveValue(Equal(wanted)))
}

func rowIdentityStays(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people[0])
	f.send(room, people[0], "a")
	before := f.conversation(room)
	f.Expect(f.changeConversation(room, func(_ store.Change, conversation *model.Conversation) {
		conversation.Type, conversation.CreatedBy = model.Public, people[1]
		conversation.CreatedAt, conversation.LastSeq = morning, 77
	})).To(Succeed())
	after := f.conversation(room)
	f.Expect(after.Type).To(Equal(before.Type))
	f.Expect(after.CreatedBy).To(Equal(before.CreatedBy))
	f.Expect(after.CreatedAt).To(Equal(before.CreatedAt))
	f.Expect(after.LastSeq).To(Equal(before.LastSeq))
}

func nextMovesRev(_ *testing.T, f *fixture) {
	room := f.group(f.user())
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		for rev := range int64(3) {
			f.Expect(change.Next()).To(Equal(rev + 2))
			f.Expect(change.Conversation().Rev).To(Equal(rev + 2))
		}
		return nil
	})).To(Succeed())
	f.Expect(f.conversation(room).Rev).To(Equal(int64(4)))
	f.Expect(f.conversation(room).ObjectRev).To(Equal(int64(1)), "its own fields are as they were")
	f.Expect(f.store.Revs(f.ctx, []model.ConversationID{room})).To(HaveKeyWithValue(room, int64(4)))
}

func changeWithoutNext(_ *testing.T, f *fixture) {
	room := f.group(f.user())
	before := f.conversation(room)
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(store.Change) error { return nil })).To(Succeed())
	f.Expect(f.conversation(room)).To(Equal(before))
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		change.Conversation().Name = "Quiet"
		return nil
	})).To(Succeed())
	before.Name = "Quiet"
	f.Expect(f.conversation(room)).To(Equal(before))
}

func errorUndoesChange(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people[:2]...)
	message := f.send(room, people[0], "a")
	before := f.everything(room, people)
	errNo := errors.New("no")
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		rev := change.Next()
		change.Conversation().Name = "Other"
		member, err := change.Member(f.ctx, people[1])
		f.Expect(err).NotTo(HaveOccurred())
		member.Rev, member.LeftRev = rev, rev
		_, err = change.SaveMember(f.ctx, member)
		f.Expect(err).NotTo(HaveOccurred())
		_, err = change.SaveMember(f.ctx, model.Member{
			Conversation: room, User: people[2], Role: model.RoleMember, Rev: rev, CreatedRev: rev, CreatedAt: change.Now(),
		})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(change.AddReaction(f.ctx, message.Seq, people[0], "👍")).To(BeTrue())
		changed := message
		changed.Content, changed.Rev = json.RawMessage(`"x"`), rev
		f.Expect(change.SaveMessage(f.ctx, changed)).To(Succeed())
		f.Expect(change.SaveBan(f.ctx, model.Ban{Conversation: room, User: people[2], CreatedAt: change.Now()})).To(Succeed())
		_, err = change.SaveInvite(f.ctx, model.Invite{
			Conversation: room, User: people[2], Role: model.RoleMember, Status: model.InvitePending,
			CreatedAt: change.Now(), UpdatedAt: change.Now(),
		})
		f.Expect(err).NotTo(HaveOccurred())
		_, err = change.AddJob(f.ctx, store.NewJob{Kind: model.EraseConversation, Conversation: room})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(change.AddAudit(f.ctx, model.AuditEvent{Action: "conversation.deleted", Conversation: room})).To(Succeed())
		return errNo
	})).To(MatchError(errNo))
	f.Expect(f.everything(room, people)).To(Equal(before))
}

// everything reads what there is of a conversation, to be compared.
func (f *fixture) everything(room model.ConversationID, people []model.UserID) map[string]any {
	page := model.ListPage{Limit: 100}
	seen := map[string]any{"conversation": f.conversation(room), "history": f.history(room)}
	for name, read := range map[string]func() (any, error){
		"members": func() (any, error) {
			rows, _, err := f.store.ListMembers(f.ctx, room, store.MemberFilter{}, page)
			return rows, err
		},
		"changes": func() (any, error) { return f.store.Changes(f.ctx, room, 0, 100) },
		"reactions": func() (any, error) {
			_, total, err := f.store.ListReactions(f.ctx, room, 1, "", page)
			return total, err
		},
		"bans": func() (any, error) { _, total, err := f.store.ListBans(f.ctx, room, page); return total, err },
		"invites": func() (any, error) {
			_, total, err := f.store.ListInvites(f.ctx, store.InviteFilter{Conversation: room}, page)
			return total, err
		},
		"jobs": func() (any, error) { _, total, err := f.store.ListJobs(f.ctx, "", page); return total, err },
		"audit": func() (any, error) {
			_, total, err := f.store.ListAudit(f.ctx, store.AuditFilter{Conversation: room}, page)
			return total, err
		},
		"standing": func() (any, error) {
			return f.store.Standing(f.ctx, model.ConversationRef{ID: room}, people[len(people)-1])
		},
	} {
		found, err := read()
		f.Expect(err).NotTo(HaveOccurred(), name)
		seen[name] = found
	}
	return seen
}

func changeToTakenExternalID(_ *testing.T, f *fixture) {
	person := f.user()
	taken := conversationOf(model.Group, person)
	taken.ExternalID = "taken"
	f.create(taken)
	room := f.group(person)
	before := f.conversation(room)
	f.Expect(f.changeConversation(room, func(_ store.Change, conversation *model.Conversation) {
		conversation.ExternalID = "taken"
	})).To(MatchError(model.ErrConversationExists))
	f.Expect(f.conversation(room)).To(Equal(before))
}

func unknownChange(_ *testing.T, f *fixture) {
	f.Expect(f.store.ChangeConversation(f.ctx, model.FirstID+99, func(store.Change) error {
		f.Expect("the function").To(Equal("never run"))
		return nil
	})).To(MatchError(model.ErrConversationNotFound))
}

func foundInChange(_ *testing.T, f *fixture) {
	people := f.users(2)
	named := f.created(store.NewUser{Username: "Carl", ExternalID: "c"})
	rooms := f.groups(2, people[0])
	message := text(rooms[0], people[0], "a", "")
	message.ExternalID = "m"
	stored := f.append(message)[0].Message
	elsewhere := f.send(rooms[1], people[0], "b")
	_, err := f.delete(f.ctx, rooms[0], model.MessageRef{ID: f.send(rooms[0], people[0], "c").ID})
	f.Expect(err).NotTo(HaveOccurred())
	tombstone := f.history(rooms[0])[1]
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[0], func(change store.Change) error {
		for _, ref := range []model.UserRef{{ID: named.ID}, {ExternalID: "c"}, {Username: "CARL"}} {
			f.Expect(change.User(f.ctx, ref)).To(Equal(named))
		}
		_, err := change.User(f.ctx, model.UserRef{ID: model.FirstID + 77})
		f.Expect(err).To(MatchError(model.ErrUserNotFound))
		f.Expect(change.Member(f.ctx, people[0])).To(Equal(f.member(rooms[0], people[0])))
		_, err = change.Member(f.ctx, people[1])
		f.Expect(err).To(MatchError(model.ErrMemberNotFound))
		for _, ref := range []model.MessageRef{{ID: stored.ID}, {ExternalID: "m"}} {
			found, err := change.Message(f.ctx, ref)
			f.Expect(err).NotTo(HaveOccurred())
			f.Expect(bare(found)).To(Equal(stored))
		}
		found, err := change.Message(f.ctx, model.MessageRef{ID: tombstone.ID})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(bare(found)).To(Equal(tombstone))
		for _, ref := range []model.MessageRef{{ID: elsewhere.ID}, {ExternalID: "none"}} {
			_, err = change.Message(f.ctx, ref)
			f.Expect(err).To(MatchError(model.ErrMessageNotFound))
		}
		return nil
	})).To(Succeed())
}

func messagesFromSender(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(2, people...)
	f.send(rooms[1], people[0], "elsewhere")
	for i, sender := range []int{0, 1, 0, 0, 0} {
		f.send(rooms[0], people[sender], string(rune('a'+i)))
	}
	_, err := f.delete(f.ctx, rooms[0], model.MessageRef{ID: f.history(rooms[0])[2].ID})
	f.Expect(err).NotTo(HaveOccurred())
	all := f.history(rooms[0])
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[0], func(change store.Change) error {
		for _, asked := range []struct {
			after  int64
			limit  int
			wanted []model.Message
		}{
			{0, 10, []model.Message{all[0], all[3], all[4]}},
			{0, 2, []model.Message{all[0], all[3]}},
			{1, 10, []model.Message{all[3], all[4]}},
			{5, 10, []model.Message{}},
		} {
			found, err := change.MessagesFrom(f.ctx, people[0], asked.after, asked.limit)
			f.Expect(err).NotTo(HaveOccurred())
			f.Expect(keysOf(found, bare)).To(Equal(asked.wanted))
		}
		return nil
	})).To(Succeed())
}

func countsStayRight(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people[0])
	expect := func(members, messages int64) {
		f.Expect(f.conversation(room).MemberCount).To(Equal(members))
		f.Expect(f.conversation(room).MessageCount).To(Equal(messages))
	}
	expect(1, 0)
	for _, user := range people[1:] {
		_, _, err := f.addMember(f.ctx, room, user, model.RoleMember)
		f.Expect(err).NotTo(HaveOccurred())
	}
	expect(3, 0)
	_, err := f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	expect(2, 0)
	_, _, err = f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.changeMember(f.ctx, room, people[1], func(member *model.Member) { member.Role = model.RoleAdmin })
	f.Expect(err).NotTo(HaveOccurred())
	expect(3, 0)

	first := f.send(room, people[0], "a")
	f.append(text(room, people[0], "b", ""), text(room, people[0], "b", ""), text(room, people[0], "c", ""))
	expect(3, 3)
	_, err = f.edit(f.ctx, room, model.MessageRef{ID: first.ID}, `"x"`)
	f.Expect(err).NotTo(HaveOccurred())
	expect(3, 3)
	_, err = f.delete(f.ctx, room, model.MessageRef{ID: first.ID})
	f.Expect(err).NotTo(HaveOccurred())
	expect(3, 2)
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		rev := change.Next()
		for _, user := range people[1:] {
			member, err := change.Member(f.ctx, user)
			if err != nil {
				return err
			}
			member.Rev, member.LeftRev = rev, rev
			if _, err := change.SaveMember(f.ctx, member); err != nil {
				return err
			}
		}
		return nil
	})).To(Succeed())
	expect(1, 2)
}

func deletedConversation(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Direct, people...)
	wanted.ExternalID, wanted.Name = "pair", "Secret name"
	room := f.create(wanted).Conversation.ID
	message := f.send(room, people[0], "a")
	at := f.deleteConversation(room)

	_, err := f.store.Conversation(f.ctx, model.ConversationRef{ID: room})
	f.Expect(err).To(MatchError(model.ErrConversationNotFound))
	_, err = f.store.Standing(f.ctx, model.ConversationRef{ID: room}, people[0])
	f.Expect(err).To(MatchError(model.ErrConversationNotFound))
	_, err = f.store.FindMessage(f.ctx, model.MessageRef{ID: message.ID})
	f.Expect(err).To(MatchError(model.ErrMessageNotFound))
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(store.Change) error { return nil })).
		To(MatchError(model.ErrConversationNotFound))
	f.Expect(f.append(text(room, people[0], "b", ""))[0].Err).To(MatchError(model.ErrConversationNotFound))
	f.Expect(f.store.Memberships(f.ctx, people[0], 10)).To(BeEmpty())
	f.Expect(f.store.MembershipsChanged(f.ctx, people, morning.AddDate(-50, 0, 0))).To(BeEmpty())
	expectList(f, f.conversationListing(store.ConversationFilter{MemberOf: people[0]}))
	conversations, messages, err := f.store.UnreadTotals(f.ctx, people[1], nil)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(conversations + messages).To(BeZero())

	f.Expect(f.store.Revs(f.ctx, []model.ConversationID{room})).To(HaveKeyWithValue(room, int64(3)))
	changes, err := f.store.Changes(f.ctx, room, 0, 10)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(changes.Reset).To(BeFalse())
	f.Expect(changes.Rev).To(Equal(int64(3)))
	f.Expect(changes.Members).To(BeEmpty())
	f.Expect(changes.Messages).To(BeEmpty())
	f.Expect(changes.Conversation.DeletedAt).To(HaveValue(Equal(at)))
	f.Expect(changes.Conversation.Name).To(BeEmpty())
	f.Expect(changes.Conversation.ExternalID).To(BeEmpty())
	f.Expect(changes.Events(room, 2)).To(HaveExactElements(HaveField("Kind", model.ConversationDeleted)))
	f.Expect(f.create(wanted).Conversation.ID).NotTo(Equal(room), "its names and its set of members are free")
}

// deleteConversation deletes a conversation and gives the time of it.
func (f *fixture) deleteConversation(room model.ConversationID) (at time.Time) {
	f.Expect(f.changeConversation(room, func(change store.Change, conversation *model.Conversation) {
		at = change.Now()
		conversation.DeletedAt = &at
	})).To(Succeed())
	return at
}
