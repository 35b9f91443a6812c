package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var threads = []rule{
	{"a reply belongs to its parent's thread, and counts in parent and thread", replyCounts},
	{"several replies of one group add up and take the highest rev", repliesOfGroup},
	{"a reply may name a parent of its own group's past", repliesOfReplies},
	{"a repeated reply counts once", repeatedReply},
	{"a change of the reply count reaches who resumes", replyCountIsChange},
	{"messages are selected by thread, by parent and outside of threads", threadFilters},
}

func reply(room model.ConversationID, sender model.UserID, clientID string, parent model.MessageID) store.NewMessage {
	message := text(room, sender, clientID, clientID)
	message.Parent = parent
	return message
}

// answer appends a reply that must be stored.
func (f *fixture) answer(room model.ConversationID, sender model.UserID, clientID string, parent model.MessageID) model.Message {
	outcome := f.append(reply(room, sender, clientID, parent))[0]
	f.Expect(outcome.Err).NotTo(HaveOccurred())
	return outcome.Message
}

func replyCounts(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	root := f.send(room, person, "root")
	first := f.answer(room, person, "first", root.ID)
	f.Expect(first.Parent).To(Equal(root.ID))
	f.Expect(first.Thread).To(Equal(root.ID))
	second := f.answer(room, person, "second", first.ID)
	f.Expect(second.Parent).To(Equal(first.ID))
	f.Expect(second.Thread).To(Equal(root.ID))

	root.ReplyCount, root.Rev = 2, second.Rev
	first.ReplyCount, first.Rev = 1, second.Rev
	f.Expect(f.history(room)).To(Equal([]model.Message{root, first, second}))
	third := f.answer(room, person, "third", root.ID)
	root.ReplyCount, root.Rev = 3, third.Rev
	f.Expect(f.history(room)).To(Equal([]model.Message{root, first, second, third}))
	f.Expect(f.conversation(room).Rev).To(Equal(third.Rev), "a reply and its counts share a rev")
}

func repliesOfGroup(_ *testing.T, f *fixture) {
	person := f.user()
	rooms := f.groups(2, person)
	root, other := f.send(rooms[0], person, "root"), f.send(rooms[1], person, "root")
	outcomes := f.append(
		reply(rooms[0], person, "a", root.ID), reply(rooms[1], person, "b", other.ID), reply(rooms[0], person, "c", root.ID),
		text(rooms[0], person, "d", ""), reply(rooms[0], person, "e", root.ID), text(rooms[0], person, "f", ""))
	for _, outcome := range outcomes {
		f.Expect(outcome.Err).NotTo(HaveOccurred())
	}
	root.ReplyCount, root.Rev = 3, outcomes[4].Message.Rev
	other.ReplyCount, other.Rev = 1, outcomes[1].Message.Rev
	f.Expect(f.message(rooms[0], model.MessageRef{ID: root.ID})).To(Equal(root))
	f.Expect(f.message(rooms[1], model.MessageRef{ID: other.ID})).To(Equal(other))
}

func repliesOfReplies(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	root := f.send(room, person, "root")
	first := f.answer(room, person, "first", root.ID)
	outcomes := f.append(
		reply(room, person, "a", first.ID), reply(room, person, "b", root.ID), reply(room, person, "c", first.ID))
	for _, outcome := range outcomes {
		f.Expect(outcome.Err).NotTo(HaveOccurred())
		f.Expect(outcome.Message.Thread).To(Equal(root.ID))
	}
	root.ReplyCount, root.Rev = 4, outcomes[2].Message.Rev
	first.ReplyCount, first.Rev = 2, outcomes[2].Message.Rev
	f.Expect(f.history(room)[:2]).To(Equal([]model.Message{root, first}))
}

func repeatedReply(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	root := f.send(room, person, "root")
	first := f.answer(room, person, "a", root.ID)
	outcomes := f.append(reply(room, person, "a", root.ID), reply(room, person, "a", root.ID))
	for _, outcome := range outcomes {
		f.Expect(outcome.Duplicate).To(BeTrue())
		f.Expect(outcome.Message).To(Equal(first))
	}
	f.Expect(f.message(room, model.MessageRef{ID: root.ID}).ReplyCount).To(Equal(int64(1)))
	f.Expect(f.conversation(room).Rev).To(Equal(first.Rev))
}

func replyCountIsChange(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	root := f.send(room, person, "root")
	since := f.conversation(room).Rev
	first := f.answer(room, person, "a", root.ID)
	changes, err := f.store.Changes(f.ctx, room, since, 10)
	f.Expect(err).NotTo(HaveOccurred())
	root.ReplyCount, root.Rev = 1, first.Rev
	f.Expect(keysOf(changes.Messages, bare)).To(ConsistOf(root, first))
}

func threadFilters(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	root := f.send(room, person, "root")
	plain := f.send(room, person, "plain")
	first := f.answer(room, person, "first", root.ID)
	second := f.answer(room, person, "second", first.ID)
	third := f.answer(room, person, "third", plain.ID)
	began := text(room, person, "named", "named")
	began.Type = model.ThreadMessage
	outcome := f.append(began)[0]
	f.Expect(outcome.Err).NotTo(HaveOccurred())
	named := outcome.Message
	for _, selected := range []struct {
		filter store.MessageFilter
		wanted []int64
	}{
		{store.MessageFilter{Thread: root.ID}, []int64{first.Seq, second.Seq}},
		{store.MessageFilter{Thread: plain.ID}, []int64{third.Seq}},
		{store.MessageFilter{Thread: first.ID}, []int64{}},
		{store.MessageFilter{Parent: root.ID}, []int64{first.Seq}},
		{store.MessageFilter{Parent: first.ID}, []int64{second.Seq}},
		{store.MessageFilter{NoReplies: true}, []int64{root.Seq, plain.Seq, named.Seq}},
		{store.MessageFilter{Threads: true}, []int64{root.Seq, plain.Seq, first.Seq, named.Seq}},
	} {
		f.expectMessages(room, selected.filter, selected.wanted...)
	}
}
