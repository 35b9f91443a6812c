package storetest

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

var unread = []rule{
	{"unread are the messages behind the read mark", unreadBehindMark},
	{"own, deleted, hidden, cleared and blocked messages are not unread", unreadExclusions},
	{"in a direct conversation blocked senders count", unreadInDirect},
	{"where the past is hidden, it is not unread", unreadSinceJoin},
	{"conversations without unread messages, or of others, are absent", unreadAbsent},
	{"counting ends at the limit", unreadLimit},
	{"totals leave out hidden and muted conversations", unreadTotals},
}

func (f *fixture) expectUnread(room model.ConversationID, user model.UserID, wanted int64) {
	found, err := f.store.Unread(f.ctx, user, []model.ConversationID{room})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found[room]).To(Equal(wanted))
	if wanted == 0 {
		f.Expect(found).To(BeEmpty())
	}
}

func unreadBehindMark(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	f.sendMany(room, people[0], 5)
	for read, wanted := range []int64{5, 4, 3, 2, 1, 0} {
		f.read(room, people[1], int64(read))
		f.expectUnread(room, people[1], wanted)
	}
	f.expectUnread(room, people[0], 0)
}

func unreadExclusions(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people...)
	var sent []model.Message
	for i, sender := range []int{1, 0, 1, 1, 2, 1} {
		sent = append(sent, f.send(room, people[sender], fmt.Sprint(i)))
	}
	f.expectUnread(room, people[0], 5)
	f.saveOwn(room, people[0], func(member *model.Member) { member.ClearedSeq = 1 })
	f.expectUnread(room, people[0], 4)
	_, err := f.delete(f.ctx, room, model.MessageRef{ID: sent[2].ID})
	f.Expect(err).NotTo(HaveOccurred())
	f.expectUnread(room, people[0], 3)
	_, _, err = f.store.HideMessage(f.ctx, room, people[0], sent[3].Seq)
	f.Expect(err).NotTo(HaveOccurred())
	f.expectUnread(room, people[0], 2)
	f.block(people[0], people[2])
	f.expectUnread(room, people[0], 1)
	f.block(people[1], people[0]) // the other way round hides nothing
	f.expectUnread(room, people[0], 1)
	f.expectUnread(room, people[2], 4)
}

func unreadInDirect(_ *testing.T, f *fixture) {
	people := f.users(2)
	direct := f.create(conversationOf(model.Direct, people...)).Conversation.ID
	f.sendMany(direct, people[0], 2)
	f.block(people[1], people[0])
	f.expectUnread(direct, people[1], 2)
}

func unreadSinceJoin(_ *testing.T, f *fixture) {
	people := f.users(2)
	wanted := conversationOf(model.Group, people[0])
	wanted.SinceJoin = true
	room := f.create(wanted).Conversation.ID
	f.sendMany(room, people[0], 3)
	member, _, err := f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(member.ReadSeq).To(Equal(int64(3)))
	f.expectUnread(room, people[1], 0)
	f.send(room, people[0], "later")
	f.expectUnread(room, people[1], 1)
	_, _, err = f.store.MarkUnread(f.ctx, room, people[1], 1)
	f.Expect(err).NotTo(HaveOccurred())
	f.expectUnread(room, people[1], 1)

	open := f.group(people[0])
	f.sendMany(open, people[0], 3)
	_, _, err = f.addMember(f.ctx, open, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	f.expectUnread(open, people[1], 0)
	_, _, err = f.store.MarkUnread(f.ctx, open, people[1], 2)
	f.Expect(err).NotTo(HaveOccurred())
	f.expectUnread(open, people[1], 2)
}

func unreadAbsent(_ *testing.T, f *fixture) {
	people := f.users(3)
	rooms := f.groups(3, people[:2]...)
	f.sendMany(rooms[0], people[0], 2)
	f.sendMany(rooms[1], people[1], 2)
	others := f.group(people[0], people[2])
	f.sendMany(others, people[0], 2)
	left := f.group(people...)
	f.sendMany(left, people[0], 2)
	_, err := f.removeMember(f.ctx, left, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	asked := append([]model.ConversationID{others, left, model.FirstID + 99}, rooms...)
	f.Expect(f.store.Unread(f.ctx, people[1], asked)).To(Equal(map[model.ConversationID]int64{rooms[0]: 2}))
	f.Expect(f.store.Unread(f.ctx, people[1], nil)).To(BeEmpty())
	f.Expect(f.store.Unread(f.ctx, model.FirstID+77, asked)).To(BeEmpty())
}

func unreadLimit(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(2, people...)
	f.sendMany(rooms[0], people[0], model.MaxUnread)
	f.sendMany(rooms[1], people[0], model.MaxUnread+1)
	f.Expect(f.store.Unread(f.ctx, people[1], rooms)).
		To(Equal(map[model.ConversationID]int64{rooms[0]: model.MaxUnread, rooms[1]: model.MaxUnread}))
	f.read(rooms[0], people[1], 1)
	f.read(rooms[1], people[1], 1)
	f.Expect(f.store.Unread(f.ctx, people[1], rooms)).
		To(Equal(map[model.ConversationID]int64{rooms[0]: model.MaxUnread - 1, rooms[1]: model.MaxUnread}))
	f.sendMany(f.group(people...), people[0], 3)
	_, messages, err := f.store.UnreadTotals(f.ctx, people[1], nil)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(messages).To(Equal(int64(2*model.MaxUnread-1+3)), "each conversation has its own limit")
}

func unreadTotals(_ *testing.T, f *fixture) {
	people := f.users(3)
	expect := func(types []model.ConversationType, wantedConversations, wantedMessages int64) {
		conversations, messages, err := f.store.UnreadTotals(f.ctx, people[1], types)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect([]int64{conversations, messages}).To(Equal([]int64{wantedConversations, wantedMessages}))
	}
	expect(nil, 0, 0)
	rooms := f.groups(4, people...)
	direct := f.create(conversationOf(model.Direct, people[:2]...)).Conversation.ID
	for i, room := range rooms {
		f.sendMany(room, people[0], i+1)
	}
	f.sendMany(direct, people[0], 10)
	f.sendMany(f.group(people[0], people[2]), people[0], 7)
	expect(nil, 5, 20)
	expect([]model.ConversationType{model.Direct}, 1, 10)
	expect([]model.ConversationType{model.Group}, 4, 10)
	expect([]model.ConversationType{model.Group, model.Direct}, 5, 20)
	expect([]model.ConversationType{model.Public}, 0, 0)
	f.saveOwn(rooms[3], people[1], func(member *model.Member) { member.Muted = true })
	expect(nil, 4, 16)
	f.saveOwn(rooms[2], people[1], func(member *model.Member) { member.Hidden = true })
	expect(nil, 3, 13)
	f.read(rooms[1], people[1], 2)
	expect(nil, 2, 11)
	f.send(rooms[2], people[0], "again")
	expect(nil, 3, 15)
	f.block(people[1], people[0])
	expect(nil, 1, 10)
	_, err := f.removeMember(f.ctx, rooms[0], people[1])
	f.Expect(err).NotTo(HaveOccurred())
	expect(nil, 1, 10)
}
