package model_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

const room model.ConversationID = model.FirstID

var deletedAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// message builds a message that was born at one rev and last changed at another.
func message(seq, createdRev, rev int64) model.Message {
	return model.Message{ID: model.MessageID(model.FirstID + seq), Conversation: room, Seq: seq, CreatedRev: createdRev, Rev: rev}
}

func tombstone(seq, createdRev, rev int64) model.Message {
	deleted := message(seq, createdRev, rev)
	deleted.DeletedAt = &deletedAt
	return deleted
}

func joined(user, rev int64) model.Member {
	return model.Member{Conversation: room, User: model.UserID(model.FirstID + user), CreatedRev: rev, Rev: rev}
}

func left(user, createdRev, rev int64) model.Member {
	member := joined(user, createdRev)
	member.Rev, member.LeftRev = rev, rev
	return member
}

// place is what a test compares of an event.
type place struct {
	Kind model.EventKind
	Rev  int64
	Of   int64 // the seq of a message, the number of a member
}

func places(events []model.Event) []place {
	found := make([]place, len(events))
	for i, event := range events {
		found[i] = place{Kind: event.Kind, Rev: event.Rev}
		switch {
		case event.Message != nil:
			found[i].Of = event.Message.Seq
		case event.Member != nil:
			found[i].Of = int64(event.Member.User) - model.FirstID
		}
	}
	return found
}

func TestEventsTellAReaderWhatItMissed(t *testing.T) {
	newborn := &model.Conversation{ID: room, Rev: 5}
	for _, example := range []struct {
		rule    string
		changes model.Changes
		since   int64
		want    []place
	}{
		{"nothing changed: no event", model.Changes{Rev: 5}, 5, []place{}},
		{
			"a reader of nothing sees the conversation's creation, and its first members belong to it",
			model.Changes{Conversation: newborn, Members: []model.Member{joined(1, 1), joined(2, 1)}}, 0,
			[]place{{model.ConversationCreated, 1, 0}},
		},
		{
			"a reader of rev 1 knows the creation and the first members",
			model.Changes{Conversation: newborn, Members: []model.Member{joined(1, 1)}, Messages: []model.Message{message(1, 2, 2)}}, 1,
			[]place{{model.MessageCreated, 2, 1}},
		},
		{
			"a first member that left is announced as removed",
			model.Changes{Conversation: newborn, Members: []model.Member{left(1, 1, 3)}}, 0,
			[]place{{model.ConversationCreated, 1, 0}, {model.MemberRemoved, 3, 1}},
		},
		{
			"members and messages mix in the order of their revs",
			model.Changes{
				Members:  []model.Member{left(1, 1, 3), joined(2, 5)},
				Messages: []model.Message{message(1, 2, 2), message(2, 4, 4), message(3, 6, 6)},
			}, 1,
			[]place{
				{model.MessageCreated, 2, 1}, {model.MemberRemoved, 3, 1}, {model.MessageCreated, 4, 2},
				{model.MemberAdded, 5, 2}, {model.MessageCreated, 6, 3},
			},
		},
		{
			"a message that was born and edited after the reader takes the place of its birth",
			model.Changes{Messages: []model.Message{message(2, 3, 3), message(1, 2, 4)}}, 1,
			[]place{{model.MessageCreated, 2, 1}, {model.MessageCreated, 3, 2}},
		},
		{
			"a message that was born and deleted after the reader is a created tombstone, so that no seq is missing",
			model.Changes{Messages: []model.Message{message(2, 3, 3), tombstone(1, 2, 4)}}, 1,
			[]place{{model.MessageCreated, 2, 1}, {model.MessageCreated, 3, 2}},
		},
		{
			"a message that the reader knows is edited at its latest change",
			model.Changes{Messages: []model.Message{message(2, 4, 4), message(1, 2, 7)}}, 3,
			[]place{{model.MessageCreated, 4, 2}, {model.MessageEdited, 7, 1}},
		},
		{
			"a message that the reader knows is deleted at its latest change",
			model.Changes{Messages: []model.Message{tombstone(1, 2, 7)}}, 3,
			[]place{{model.MessageDeleted, 7, 1}},
		},
		{
			"a message born at the reader's rev is known to it",
			model.Changes{Messages: []model.Message{message(1, 3, 5)}}, 3,
			[]place{{model.MessageEdited, 5, 1}},
		},
		{
			"what a reply changed comes before it with the rev before it, so that a reader between them gets both again",
			model.Changes{Messages: []model.Message{message(4, 7, 7), message(2, 3, 7), message(1, 2, 7), message(3, 4, 6)}}, 5,
			[]place{
				{model.MessageEdited, 6, 3}, {model.MessageEdited, 6, 2}, {model.MessageEdited, 6, 1}, {model.MessageCreated, 7, 4},
			},
		},
		{
			"a member that came back is announced once, as it is now",
			model.Changes{Members: []model.Member{joined(1, 6)}}, 2,
			[]place{{model.MemberAdded, 6, 1}},
		},
		{
			"a reader ahead of the states sees only what is newer than it",
			model.Changes{
				Conversation: newborn,
				Members:      []model.Member{joined(1, 1), joined(2, 3), left(3, 1, 5)},
				Messages:     []model.Message{message(1, 2, 2), message(2, 4, 4), message(3, 6, 6)},
			}, 4,
			[]place{{model.MemberRemoved, 5, 3}, {model.MessageCreated, 6, 3}},
		},
		{
			"a reader at the present sees nothing, whatever the states were read from",
			model.Changes{
				Rev: 6, Conversation: newborn,
				Members: []model.Member{left(3, 1, 5)}, Messages: []model.Message{message(3, 6, 6)},
			}, 6,
			[]place{},
		},
	} {
		t.Run(example.rule, func(t *testing.T) {
			got := places(example.changes.Events(room, example.since))
			if diff := cmp.Diff(example.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryEventNamesItsConversationAndOneObject(t *testing.T) {
	g := NewWithT(t)
	changes := model.Changes{
		Conversation: &model.Conversation{ID: room},
		Members:      []model.Member{joined(1, 2)},
		Messages:     []model.Message{message(1, 3, 3)},
	}
	events := changes.Events(room, 0)
	g.Expect(events).To(HaveLen(3))
	for _, event := range events {
		g.Expect(event.ConversationID).To(Equal(room))
		objects := 0
		for _, set := range []bool{event.Conversation != nil, event.Member != nil, event.Message != nil} {
			if set {
				objects++
			}
		}
		g.Expect(objects).To(Equal(1), string(event.Kind))
	}
}

func TestEventsLeaveTheStatesAsTheyWere(t *testing.T) {
	g := NewWithT(t)
	changes := model.Changes{Messages: []model.Message{message(2, 3, 3), message(1, 2, 4)}}
	changes.Events(room, 0)
	g.Expect(changes.Messages).To(Equal([]model.Message{message(2, 3, 3), message(1, 2, 4)}))
}
