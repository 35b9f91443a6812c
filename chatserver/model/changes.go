package model

import (
	"cmp"
	"slices"
)

// Changes is what happened to one conversation after a given rev, as states:
// each changed object once, as it is now.
type Changes struct {
	Rev          int64         // the conversation's rev that these states belong to
	Reset        bool          // too much changed or too long ago: read the conversation anew
	Conversation *Conversation // set when its own fields changed
	SinceJoin    bool          // what the conversation says now, a reset included
	Members      []Member      // changed members, left ones included, by rev
	Messages     []Message     // changed messages, tombstones included, by rev
}

// Events turns the states into the events that a reader at rev since must see
// (a rev at or after the one that the states were read from), in the order in
// which the conversation grew. A message that was born after since takes the
// place of its birth, so that messages come in seq order even when some were
// edited later; everything else takes the place of its latest change. A place
// whose change was overtaken by a later one has no event; a place has several
// when a reply changed the messages that it replies to. The reply is the last of
// them and alone has the rev of the place, the others have the one before it: a
// reader that goes on from the rev of the last event that it saw misses none.
func (c Changes) Events(conversation ConversationID, since int64) []Event {
	events := make([]Event, 0, len(c.Members)+len(c.Messages)+1)
	if event, ok := conversationEvent(c.Conversation, conversation, since); ok {
		events = append(events, event)
	}
	for i := range c.Members {
		if event, ok := memberEvent(&c.Members[i], since); ok {
			events = append(events, event)
		}
	}
	for i := range c.Messages {
		if c.Messages[i].Rev > since {
			events = append(events, messageEvent(&c.Messages[i], since))
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Rev, b.Rev), cmp.Compare(bornHere(a), bornHere(b)))
	})
	for i := 1; i < len(events); i++ {
		if events[i-1].Rev == events[i].Rev {
			events[i-1].Rev--
		}
	}
	return events
}

// bornHere puts a reply behind what it changed at the same place.
func bornHere(event Event) int {
	if event.Kind == MessageCreated {
		return 1
	}
	return 0
}

// conversationEvent gives the creation its own place: what a reader needs before
// anything else.
func conversationEvent(present *Conversation, id ConversationID, since int64) (Event, bool) {
	if present == nil {
		return Event{}, false
	}
	event := Event{Kind: ConversationUpdated, ConversationID: id, Rev: present.ObjectRev, Conversation: present}
	switch {
	case present.Deleted():
		event.Kind = ConversationDeleted
	case since < 1:
		event.Kind, event.Rev = ConversationCreated, 1
	}
	return event, event.Rev > since
}

// memberEvent leaves out the members that a conversation is created with: they
// belong to its creation.
func memberEvent(member *Member, since int64) (Event, bool) {
	event := Event{Kind: MemberUpdated, ConversationID: member.Conversation, Rev: member.Rev, Member: member}
	switch {
	case member.Left():
		event.Kind = MemberRemoved
	case member.CreatedRev > since:
		event.Kind = MemberAdded
	}
	return event, member.Rev > max(since, 1)
}

func messageEvent(message *Message, since int64) Event {
	event := Event{Kind: MessageEdited, ConversationID: message.Conversation, Rev: message.Rev, Message: message}
	switch {
	case message.CreatedRev > since:
		event.Kind, event.Rev = MessageCreated, message.CreatedRev
	case message.Deleted():
		event.Kind = MessageDeleted
	}
	return event
}
