package storetest

import (
	"encoding/json"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var standing = []rule{
	{"a conversation begins active, with every field as it was given", conversationBegins},
	{"first messages are stored at the revs behind the creation", firstMessages},
	{"an open conversation needs no members", openConversation},
	{"a standing is the conversation with the user's place in it", standingOfMember},
	{"a ban that is over is none", standingOfBanned},
	{"a standing of nobody is the conversation alone", standingOfNobody},
}

func conversationBegins(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Private, people...)
	wanted.Avatar, wanted.Name, wanted.Ephemeral, wanted.SinceJoin = "https://example.org/r.png", "Room", true, true
	made := f.create(wanted)
	stored := made.Conversation
	f.Expect(stored).To(Equal(model.Conversation{
		ID: stored.ID, Type: model.Private, Name: "Room", Avatar: "https://example.org/r.png", Properties: json.RawMessage(`{}`),
		Status: model.ConversationActive, Ephemeral: true, SinceJoin: true, CreatedBy: people[0], FirstSeq: 1,
		MemberCount: 2, Rev: 1, ObjectRev: 1, Version: 1,
		CreatedAt: stored.CreatedAt, UpdatedAt: stored.CreatedAt, ActivityAt: stored.CreatedAt,
	}))
	f.Expect(stored.CreatedAt).NotTo(BeZero())
	f.Expect(f.conversation(stored.ID)).To(Equal(stored))
	f.Expect(made.Messages).To(BeEmpty())
}

func firstMessages(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Direct, people...)
	wanted.FirstMessages = []store.NewMessage{text(0, people[0], "a", "one"), text(0, people[0], "b", "two")}
	made := f.create(wanted)
	room := made.Conversation.ID
	f.Expect(made.Messages).To(HaveLen(2))
	for i, message := range f.history(room) {
		f.Expect(bare(made.Messages[i])).To(Equal(message))
		f.Expect(message.Seq).To(Equal(int64(i + 1)))
		f.Expect(message.Rev).To(Equal(int64(i + 2)))
		f.Expect(message.CreatedRev).To(Equal(message.Rev))
	}
	f.Expect(f.conversation(room)).To(Equal(made.Conversation))
	f.Expect(made.Conversation.Rev).To(Equal(int64(3)))
	f.Expect(made.Conversation.LastSeq).To(Equal(int64(2)))
	f.Expect(made.Conversation.MessageCount).To(Equal(int64(2)))
	for _, member := range made.Members {
		f.Expect(member.JoinedSeq).To(BeZero(), "the messages came after the members")
	}
	again, err := f.store.CreateConversation(f.ctx, wanted)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(again.Created).To(BeFalse())
	f.Expect(again.Messages).To(BeEmpty())
	f.Expect(f.expectNoHoles(room)).To(HaveLen(2))
	outcome := f.append(text(room, people[0], "a", "one"))[0]
	f.Expect(outcome.Duplicate).To(BeTrue(), "a first message keeps its clientId")
}

func openConversation(_ *testing.T, f *fixture) {
	made := f.create(store.NewConversation{Type: model.Open, Ephemeral: true, Name: "Lobby"})
	f.Expect(made.Members).To(BeEmpty())
	f.Expect(made.Conversation.MemberCount).To(BeZero())
	f.Expect(made.Conversation.CreatedBy).To(BeZero())
	f.Expect(string(made.Conversation.Properties)).To(Equal(`{}`))
	f.Expect(f.conversation(made.Conversation.ID)).To(Equal(made.Conversation))
}

func standingOfMember(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Group, people[0])
	wanted.ExternalID = "room"
	room := f.create(wanted).Conversation.ID
	member, err := f.store.Member(f.ctx, room, people[0])
	f.Expect(err).NotTo(HaveOccurred())
	for _, ref := range []model.ConversationRef{{ID: room}, {ExternalID: "room"}} {
		f.Expect(f.store.Standing(f.ctx, ref, people[0])).To(Equal(store.Standing{
			Conversation: f.conversation(room), Member: &member, User: new(f.person(people[0])),
		}))
		f.Expect(f.store.Standing(f.ctx, ref, people[1])).To(Equal(store.Standing{
			Conversation: f.conversation(room), User: new(f.person(people[1])),
		}))
	}
	_, err = f.removeMember(f.ctx, room, people[0])
	f.Expect(err).NotTo(HaveOccurred())
	after, err := f.store.Standing(f.ctx, model.ConversationRef{ID: room}, people[0])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(after.Member).To(BeNil(), "who left is no member")
}

func standingOfBanned(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people[0])
	f.ban(room, people[1], 0)
	f.ban(room, people[2], -time.Second)
	banned, err := f.store.Standing(f.ctx, model.ConversationRef{ID: room}, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(banned.Ban).NotTo(BeNil())
	f.Expect(banned.Ban.User).To(Equal(people[1]))
	over, err := f.store.Standing(f.ctx, model.ConversationRef{ID: room}, people[2])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(over.Ban).To(BeNil())
}

func standingOfNobody(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	ref := model.ConversationRef{ID: room}
	f.Expect(f.store.Standing(f.ctx, ref, 0)).To(Equal(store.Standing{Conversation: f.conversation(room)}))
	_, err := f.store.Standing(f.ctx, ref, model.FirstID+77)
	f.Expect(err).To(MatchError(model.ErrUserNotFound))
	for _, user := range []model.UserID{0, person} {
		_, err = f.store.Standing(f.ctx, model.ConversationRef{ID: model.FirstID + 99}, user)
		f.Expect(err).To(MatchError(model.ErrConversationNotFound))
	}
}

// ban keeps a user out for so long from now on; 0 is for ever.
func (f *fixture) ban(room model.ConversationID, user model.UserID, lasts time.Duration) model.Ban {
	ban, err := change(f.ctx, f.store, room, func(change store.Change) (model.Ban, error) {
		ban := model.Ban{Conversation: room, User: user, CreatedAt: change.Now()}
		if lasts != 0 {
			ban.ExpiresAt = new(change.Now().Add(lasts))
		}
		return ban, change.SaveBan(f.ctx, ban)
	})
	f.Expect(err).NotTo(HaveOccurred())
	return ban
}
