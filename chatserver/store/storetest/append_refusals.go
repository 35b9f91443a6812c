package storetest

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var appendRefusals = []rule{
	{"a sender whose account denies sending is refused", deniedUser},
	{"a sender whose membership denies sending is refused", deniedMember},
	{"a suspended sender is refused", suspendedSender},
	{"an archived conversation refuses everybody", archivedRefuses},
	{"an ephemeral conversation keeps no message", ephemeralRefuses},
	{"a block refuses both ways in a direct conversation, and there only", blockRefuses},
	{"a reply needs a parent that is there", parentRefuses},
	{"the project itself sends without membership", projectSends},
	{"a refused message may be sent again once the cause is gone", refusalIsNotKept},
	{"a repeated message is answered although its sender may send no more", repeatOfDenied},
	{"an appended message has every field that it was given", appendedFields},
}

// expectRefusal sends a message that is refused beside one that is stored.
func (f *fixture) expectRefusal(refused store.NewMessage, good model.UserID, wanted any) {
	fine := f.group(good)
	before := f.everything(refused.Conversation, []model.UserID{good})
	outcomes := f.append(text(fine, good, "a", ""), refused, text(fine, good, "b", ""))
	f.Expect(outcomes[1].Err).To(MatchError(wanted))
	f.Expect(outcomes[1].Message.ID).To(BeZero())
	f.Expect(outcomes[0].Err).NotTo(HaveOccurred())
	f.Expect(outcomes[2].Message.Seq).To(Equal(int64(2)))
	f.Expect(f.everything(refused.Conversation, []model.UserID{good})).To(Equal(before), "a refusal leaves no trace")
}

var denySending = model.Permissions{model.MessageSend: false}

func deniedUser(_ *testing.T, f *fixture) {
	good := f.user()
	denied := f.created(store.NewUser{Permissions: denySending}).ID
	later := f.user()
	room := f.group(good, denied, later)
	f.expectRefusal(text(room, denied, "x", ""), good, model.Forbidden(""))
	f.send(room, later, "before")
	f.updateUser(later, func(user *model.User) { user.Permissions = denySending })
	f.expectRefusal(text(room, later, "x", ""), good, model.Forbidden(""))
	f.updateUser(later, func(user *model.User) { user.Permissions = model.Permissions{model.MessageSend: true} })
	f.send(room, later, "after")
}

func deniedMember(_ *testing.T, f *fixture) {
	people := f.users(2)
	room, other := f.group(people...), f.group(people...)
	_, err := f.changeMember(f.ctx, room, people[1], func(member *model.Member) { member.Permissions = denySending })
	f.Expect(err).NotTo(HaveOccurred())
	f.expectRefusal(text(room, people[1], "x", ""), people[0], model.Forbidden(""))
	f.send(other, people[1], "a")
	_, err = f.changeMember(f.ctx, room, people[1], func(member *model.Member) { member.Permissions = nil })
	f.Expect(err).NotTo(HaveOccurred())
	f.send(room, people[1], "x")
}

func suspendedSender(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.updateUser(people[1], func(user *model.User) { user.AccountStatus = model.AccountSuspended })
	f.expectRefusal(text(room, people[1], "x", ""), people[0], model.ErrUserSuspended)
	f.updateUser(people[1], func(user *model.User) { user.AccountStatus = model.AccountActive })
	f.send(room, people[1], "x")
}

func archivedRefuses(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	first := f.send(room, person, "a")
	f.Expect(f.changeConversation(room, func(_ store.Change, conversation *model.Conversation) {
		conversation.Status = model.ConversationArchived
	})).To(Succeed())
	for _, sender := range []model.UserID{person, 0} {
		f.expectRefusal(text(room, sender, "x", ""), person, model.ErrArchived)
	}
	again := f.append(text(room, person, "a", "a"))[0]
	f.Expect(again.Duplicate).To(BeTrue())
	f.Expect(again.Message).To(Equal(first))
}

func ephemeralRefuses(_ *testing.T, f *fixture) {
	person := f.user()
	wanted := conversationOf(model.Group, person)
	wanted.Ephemeral = true
	room := f.create(wanted).Conversation.ID
	f.expectRefusal(text(room, person, "x", ""), person, model.ErrEphemeral)
}

func blockRefuses(_ *testing.T, f *fixture) {
	people := f.users(4)
	direct := f.create(conversationOf(model.Direct, people[:3]...)).Conversation.ID
	group := f.group(people...)
	f.block(people[0], people[1])
	f.block(people[2], people[3]) // who is no member of the direct conversation
	f.expectRefusal(text(direct, people[0], "x", ""), people[3], model.ErrBlocked)
	f.expectRefusal(text(direct, people[1], "x", ""), people[3], model.ErrBlocked)
	f.send(direct, people[2], "x")
	for _, person := range people {
		f.send(group, person, "x")
	}
	_, err := f.store.DeleteBlock(f.ctx, people[0], people[1])
	f.Expect(err).NotTo(HaveOccurred())
	f.send(direct, people[1], "x")
}

func parentRefuses(_ *testing.T, f *fixture) {
	person := f.user()
	rooms := f.groups(2, person)
	elsewhere := f.send(rooms[1], person, "elsewhere")
	deleted := f.send(rooms[0], person, "deleted")
	_, err := f.delete(f.ctx, rooms[0], model.MessageRef{ID: deleted.ID})
	f.Expect(err).NotTo(HaveOccurred())
	for _, parent := range []model.MessageID{elsewhere.ID, deleted.ID, elsewhere.ID + 1000} {
		reply := text(rooms[0], person, "reply", "")
		reply.Parent = parent
		f.expectRefusal(reply, person, model.ErrParentNotFound)
	}
}

func projectSends(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	message := text(room, 0, "a", "welcome")
	message.Type = model.SystemTextMessage
	stored := f.append(message)[0]
	f.Expect(stored.Err).NotTo(HaveOccurred())
	f.Expect(stored.Message.Sender).To(BeZero())
	f.Expect(f.history(room)).To(Equal([]model.Message{stored.Message}))
	read, err := f.store.Message(f.ctx, room, model.MessageRef{ID: stored.Message.ID})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(read.Author).To(BeNil(), "nobody wrote it")
	f.Expect(f.append(message)[0].Duplicate).To(BeTrue())
	f.Expect(f.append(text(model.FirstID+99, 0, "a", ""))[0].Err).To(MatchError(model.ErrConversationNotFound))
	f.Expect(f.store.Unread(f.ctx, person, []model.ConversationID{room})).To(HaveKeyWithValue(room, int64(1)))
}

func refusalIsNotKept(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people[0])
	message := text(room, people[1], "a", "a")
	f.Expect(f.append(message)[0].Err).To(MatchError(model.ErrMemberNotFound))
	_, _, err := f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	outcome := f.append(message)[0]
	f.Expect(outcome.Err).NotTo(HaveOccurred())
	f.Expect(outcome.Duplicate).To(BeFalse())
}

func repeatOfDenied(_ *testing.T, f *fixture) {
	people := f.users(2)
	direct := f.create(conversationOf(model.Direct, people...)).Conversation.ID
	first := f.send(direct, people[0], "a")
	f.updateUser(people[0], func(user *model.User) {
		user.Permissions, user.AccountStatus = denySending, model.AccountSuspended
	})
	f.block(people[1], people[0])
	outcome := f.append(text(direct, people[0], "a", "a"))[0]
	f.Expect(outcome.Err).NotTo(HaveOccurred())
	f.Expect(outcome.Duplicate).To(BeTrue())
	f.Expect(outcome.Message).To(Equal(first))
}

func appendedFields(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	before := f.conversation(room)
	message := text(room, people[0], "a", "see @b https://example.org")
	message.Type, message.GroupTag = model.FileMessage, "tag"
	message.Attachments = []model.Attachment{{
		URL: "https://example.org/f", Name: "f.txt", ContentType: "text/plain", Size: 12, Properties: json.RawMessage(`{"a":1}`),
	}}
	message.Mentions = []model.Mention{{User: people[1], Start: 4, End: 6}, {Conversation: room}}
	message.Links = []model.Link{{URL: "https://example.org", Start: 7, End: 26}}
	stored := f.append(message)[0].Message
	f.Expect(stored).To(Equal(model.Message{
		ID: stored.ID, Conversation: room, Seq: 1, CreatedRev: 2, Rev: 2, ClientID: "a", Sender: people[0],
		Type: model.FileMessage, Content: message.Content, Properties: message.Properties,
		Attachments: message.Attachments, Mentions: message.Mentions, Links: message.Links, GroupTag: "tag",
		CreatedAt: stored.CreatedAt,
	}))
	f.Expect(f.history(room)).To(Equal([]model.Message{stored}))
	f.Expect(f.append(message)[0].Message).To(Equal(stored))
	after := f.conversation(room)
	f.Expect(after.ActivityAt).To(Equal(stored.CreatedAt))
	f.Expect(after.UpdatedAt).To(Equal(before.UpdatedAt))
	f.Expect(after.Version).To(Equal(before.Version))
}
