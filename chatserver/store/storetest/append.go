package storetest

import (
	"encoding/json"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var appends = []rule{
	{"messages of a group are numbered in its order, per conversation", groupIsNumbered},
	{"a message is read back as it was stored", messageIsReadBack},
	{"a repeated clientId gives the first message and changes nothing", repeatIsDuplicate},
	{"a clientId with other content is refused", clientIDReused},
	{"a clientId belongs to its sender and conversation", clientIDScope},
	{"a repeated clientId within a group is answered from its first", duplicateInGroup},
	{"what a group repeats is compared with what is stored", duplicateInGroupOfStored},
	{"a sender who is no member is refused, the others are stored", nonMemberIsRefused},
	{"an unknown conversation is refused, the others are stored", unknownIsRefused},
	{"a taken externalId is refused, the others are stored without holes", externalIDTaken},
	{"a removed sender gets the first result again but sends nothing new", removedSender},
	{"an empty group is stored at once", emptyGroup},
}

func groupIsNumbered(_ *testing.T, f *fixture) {
	person := f.user()
	rooms := f.groups(2, person)
	var group []store.NewMessage
	for i := range 10 {
		// The later room first: the order of ids does not matter.
		group = append(group, text(rooms[1-i%2], person, fmt.Sprint("c", i), fmt.Sprint("m", i)))
	}
	var lastID model.MessageID
	for i, outcome := range f.append(group...) {
		f.Expect(outcome.Err).NotTo(HaveOccurred())
		f.Expect(outcome.Duplicate).To(BeFalse())
		f.Expect(outcome.Message.Conversation).To(Equal(rooms[1-i%2]))
		f.Expect(outcome.Message.Seq).To(Equal(int64(i/2 + 1)))
		f.Expect(outcome.Message.Rev).To(Equal(int64(i/2 + 2)))
		f.Expect(outcome.Message.CreatedRev).To(Equal(outcome.Message.Rev))
		f.Expect(outcome.Message.ID).To(BeNumerically(">", lastID))
		lastID = outcome.Message.ID
	}
	for _, room := range rooms {
		f.expectNoHoles(room)
		f.Expect(f.conversation(room).Rev).To(Equal(int64(6)))
		f.Expect(f.conversation(room).ObjectRev).To(Equal(int64(1)))
	}
	f.Expect(f.send(rooms[0], person, "next").Seq).To(Equal(int64(6)))
}

func messageIsReadBack(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	message := text(room, person, "c", "")
	message.ExternalID = "ext-1"
	message.Content = json.RawMessage(`{"text":"héllo \u0000 \"quoted\"", "b":1, "a":1.50}`)
	message.Properties = json.RawMessage(`{"k":[1,null]}`)
	stored := f.append(message)[0].Message
	f.Expect(stored.ID).To(BeNumerically(">=", model.FirstID))
	f.Expect(stored.Sender).To(Equal(person))
	f.Expect(stored.ClientID).To(Equal("c"))
	f.Expect(stored.Type).To(Equal(model.TextMessage))
	f.Expect(string(stored.Content)).To(Equal(string(message.Content)))
	f.Expect(string(stored.Properties)).To(Equal(string(message.Properties)))
	for _, ref := range []model.MessageRef{{ID: stored.ID}, {ExternalID: "ext-1"}} {
		f.Expect(f.message(room, ref)).To(Equal(stored))
	}
	f.Expect(f.history(room)).To(Equal([]model.Message{stored}))
	f.Expect(f.append(message)[0].Message).To(Equal(stored), "a duplicate is the same message")

	other := f.group(person)
	for _, ref := range []model.MessageRef{{ID: stored.ID}, {ExternalID: "ext-1"}} {
		_, err := f.store.Message(f.ctx, other, ref)
		f.Expect(err).To(MatchError(model.ErrMessageNotFound), "a message belongs to its conversation")
	}
}

func repeatIsDuplicate(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	first := f.send(room, person, "c")
	before := f.conversation(room)
	outcome := f.append(text(room, person, "c", "c"))[0]
	f.Expect(outcome.Err).NotTo(HaveOccurred())
	f.Expect(outcome.Duplicate).To(BeTrue())
	f.Expect(outcome.Message).To(Equal(first))
	f.Expect(f.conversation(room)).To(Equal(before))

	deleted, err := f.delete(f.ctx, room, model.MessageRef{ID: first.ID})
	f.Expect(err).NotTo(HaveOccurred())
	outcome = f.append(text(room, person, "c", "c"))[0]
	f.Expect(outcome.Duplicate).To(BeTrue())
	f.Expect(outcome.Message).To(Equal(deleted), "a tombstone keeps its clientId")
}

func clientIDReused(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	f.send(room, person, "c")
	outcome := f.append(text(room, person, "c", "other"))[0]
	f.Expect(outcome.Err).To(MatchError(model.ErrClientIDReused))
	f.Expect(f.expectNoHoles(room)).To(HaveLen(1))
}

func clientIDScope(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(2, people...)
	for _, room := range rooms {
		for _, person := range people {
			f.send(room, person, "same")
		}
		f.Expect(f.expectNoHoles(room)).To(HaveLen(2))
	}
}

func duplicateInGroup(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	outcomes := f.append(
		text(room, person, "a", "1"), text(room, person, "b", "2"),
		text(room, person, "a", "1"), text(room, person, "b", "other"))
	f.Expect(outcomes[0].Duplicate).To(BeFalse())
	f.Expect(outcomes[1].Duplicate).To(BeFalse())
	f.Expect(outcomes[2].Duplicate).To(BeTrue())
	f.Expect(outcomes[2].Message).To(Equal(outcomes[0].Message))
	f.Expect(outcomes[3].Err).To(MatchError(model.ErrClientIDReused))
	f.Expect(f.expectNoHoles(room)).To(HaveLen(2))
}

func duplicateInGroupOfStored(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	first := f.send(room, person, "a")
	outcomes := f.append(text(room, person, "a", "other"), text(room, person, "a", "a"))
	f.Expect(outcomes[0].Err).To(MatchError(model.ErrClientIDReused))
	f.Expect(outcomes[1].Err).NotTo(HaveOccurred())
	f.Expect(outcomes[1].Duplicate).To(BeTrue())
	f.Expect(outcomes[1].Message).To(Equal(first))
}

func nonMemberIsRefused(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people[0])
	outcomes := f.append(
		text(room, people[0], "a", "1"), text(room, people[1], "b", "2"),
		text(room, people[1], "b", "2"), text(room, people[0], "c", "3"))
	f.Expect(outcomes[0].Message.Seq).To(Equal(int64(1)))
	f.Expect(outcomes[1].Err).To(MatchError(model.ErrMemberNotFound))
	f.Expect(outcomes[2].Err).To(MatchError(model.ErrMemberNotFound))
	f.Expect(outcomes[3].Message.Seq).To(Equal(int64(2)))
	f.expectNoHoles(room)
}

func unknownIsRefused(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	outcomes := f.append(text(model.FirstID+99, person, "a", "1"), text(room, person, "b", "2"))
	f.Expect(outcomes[0].Err).To(MatchError(model.ErrConversationNotFound))
	f.Expect(outcomes[1].Message.Seq).To(Equal(int64(1)))
	f.expectNoHoles(room)
}

func externalIDTaken(_ *testing.T, f *fixture) {
	person := f.user()
	rooms := f.groups(2, person)
	withExternalID := func(room model.ConversationID, clientID, externalID string) store.NewMessage {
		message := text(room, person, clientID, clientID)
		message.ExternalID = externalID
		return message
	}
	f.append(withExternalID(rooms[0], "first", "x"))
	var group []store.NewMessage
	for i := range 7 {
		group = append(group, text(rooms[i%2], person, fmt.Sprint("c", i), ""))
	}
	group = append(group,
		withExternalID(rooms[1], "taken", "x"), withExternalID(rooms[0], "y1", "y"), withExternalID(rooms[0], "y2", "y"))
	for i, outcome := range f.append(group...) {
		if i == 7 || i == 9 {
			f.Expect(outcome.Err).To(MatchError(model.ErrMessageExists))
			continue
		}
		f.Expect(outcome.Err).NotTo(HaveOccurred())
		f.Expect(outcome.Duplicate).To(BeFalse())
	}
	f.Expect(f.expectNoHoles(rooms[0])).To(HaveLen(6))
	f.Expect(f.expectNoHoles(rooms[1])).To(HaveLen(3))
}

func removedSender(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	first := f.send(room, people[1], "a")
	_, err := f.removeMember(f.ctx, room, people[1])
	f.Expect(err).NotTo(HaveOccurred())
	outcomes := f.append(text(room, people[1], "a", "a"), text(room, people[1], "b", "b"))
	f.Expect(outcomes[0].Duplicate).To(BeTrue())
	f.Expect(outcomes[0].Message).To(Equal(first))
	f.Expect(outcomes[1].Err).To(MatchError(model.ErrMemberNotFound))
}

func emptyGroup(_ *testing.T, f *fixture) {
	f.append()
}
