package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var changes = []rule{
	{"a reader without a rev gets everything", changesFromNothing},
	{"a reader gets each changed object once, as it is now", changesSince},
	{"a reader at the present rev gets nothing", changesAtPresent},
	{"more objects than the limit reset the reader", changesLimit},
	{"a rev from the future resets the reader", changesFromFuture},
	{"an unknown conversation resets the reader", changesOfUnknown},
	{"changes say whether the conversation hides the past, a reset too", changesSinceJoin},
}

func changesFromNothing(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	message := f.send(room, person, "a")
	found, err := f.store.Changes(f.ctx, room, 0, 100)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found.Reset).To(BeFalse())
	f.Expect(found.Rev).To(Equal(int64(2)))
	f.Expect(*found.Conversation).To(Equal(f.conversation(room)))
	f.Expect(found.Members).To(HaveLen(1))
	f.Expect(found.Messages).To(HaveLen(1))
	f.Expect(bare(found.Messages[0])).To(Equal(message))
}

func changesSince(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people[0], people[1])
	first := f.send(room, people[0], "a")
	f.send(room, people[0], "b")
	since := f.conversation(room).Rev

	third := f.send(room, people[0], "c")
	_, err := f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	_, _, err = f.addMember(f.ctx, room, people[2], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	for _, content := range []string{`"x"`, `"y"`} {
		_, err = f.edit(f.ctx, room, model.MessageRef{ID: first.ID}, content)
		f.Expect(err).NotTo(HaveOccurred())
	}
	_, err = f.delete(f.ctx, room, model.MessageRef{ID: third.ID})
	f.Expect(err).NotTo(HaveOccurred())

	found, err := f.store.Changes(f.ctx, room, since, 4)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found.Reset).To(BeFalse())
	f.Expect(found.Rev).To(Equal(since + 6))
	f.Expect(found.Conversation).To(BeNil(), "its own fields did not change")
	f.Expect(found.Members).To(HaveLen(2))
	f.Expect(found.Members[0].User).To(Equal(people[1]))
	f.Expect(found.Members[0].Left()).To(BeTrue())
	f.Expect(found.Members[1].User).To(Equal(people[2]))
	f.Expect(found.Messages).To(HaveLen(2))
	f.Expect(string(found.Messages[0].Content)).To(Equal(`"y"`))
	f.Expect(found.Messages[0].CreatedRev).To(BeNumerically("<=", since))
	f.Expect(found.Messages[1].ID).To(Equal(third.ID))
	f.Expect(found.Messages[1].Deleted()).To(BeTrue())
}

func changesAtPresent(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	f.send(room, person, "a")
	found, err := f.store.Changes(f.ctx, room, 2, 100)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found.Rev).To(Equal(int64(2)))
	f.Expect(found.Reset).To(BeFalse())
	f.Expect(found.Conversation).To(BeNil())
	f.Expect(found.Members).To(BeEmpty())
	f.Expect(found.Messages).To(BeEmpty())
}

func changesLimit(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	f.send(room, person, "a")
	f.send(room, person, "b")
	// The conversation, a member and two messages.
	found, err := f.store.Changes(f.ctx, room, 0, 4)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(found.Reset).To(BeFalse())
	f.Expect(f.store.Changes(f.ctx, room, 0, 3)).To(Equal(model.Changes{Rev: 3, Reset: true}))
}

func changesFromFuture(_ *testing.T, f *fixture) {
	room := f.group(f.user())
	f.Expect(f.store.Changes(f.ctx, room, 2, 100)).To(Equal(model.Changes{Rev: 1, Reset: true}))
}

func changesOfUnknown(_ *testing.T, f *fixture) {
	f.Expect(f.store.Changes(f.ctx, model.FirstID+99, 0, 100)).To(Equal(model.Changes{Reset: true}))
}

func changesSinceJoin(_ *testing.T, f *fixture) {
	person := f.user()
	wanted := conversationOf(model.Group, person)
	wanted.SinceJoin = true
	room := f.create(wanted).Conversation.ID
	f.send(room, person, "a")
	for _, hidden := range []bool{true, false} {
		for _, limit := range []int{100, 1} {
			found, err := f.store.Changes(f.ctx, room, 0, limit)
			f.Expect(err).NotTo(HaveOccurred())
			f.Expect(found.Reset).To(Equal(limit == 1))
			f.Expect(found.SinceJoin).To(Equal(hidden))
		}
		f.Expect(f.changeConversation(room, func(_ store.Change, conversation *model.Conversation) {
			conversation.SinceJoin = false
		})).To(Succeed())
	}
}
