package hub

import (
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// Listener is told what this pod hears beside what it delivers: early, in any
// order, perhaps twice, and of conversations that sessions here follow or that
// changed on this pod. Its methods must neither block nor call the hub.
type Listener interface {
	// StandingChanged says that what users may do in the conversation may have
	// changed.
	StandingChanged(conversation model.ConversationID)
	// Ended says that the user, or with 0 everybody, may follow the conversation
	// no more.
	Ended(conversation model.ConversationID, user model.UserID)
	// Wrote says that the user sent a message to the conversation.
	Wrote(conversation model.ConversationID, user model.UserID)
	// Chosen gets the body of a model.PresenceOwn.
	Chosen(user model.UserID, body []byte)
}

// Listen names who is told. It is called before the first session joins.
func (h *Hub) Listen(listener Listener) { h.listener = listener }

func (h *Hub) ended(conversation model.ConversationID, user model.UserID) {
	if h.listener != nil {
		h.listener.Ended(conversation, user)
	}
}

func (h *Hub) chosen(signal model.Signal) {
	if h.listener != nil && signal.Kind == model.PresenceOwn {
		h.listener.Chosen(signal.User, signal.Body)
	}
}

// heardOf tells the listener of one change.
func (s *shard) heardOf(change envelope.Change) {
	listener := s.hub.listener
	if listener == nil {
		return
	}
	switch change.Kind {
	case model.MessageCreated:
		if change.From != 0 {
			listener.Wrote(change.Conversation, change.From)
		}
	case model.MemberAdded, model.MemberUpdated, model.MemberRemoved, model.ConversationUpdated, model.ConversationDeleted:
		listener.StandingChanged(change.Conversation)
		if ending := s.endingOf(change); ending.everybody || ending.user != 0 {
			listener.Ended(change.Conversation, ending.user)
		}
	}
}

// repaired tells the listener, and ends typing, for changes that were read from
// the store. Behind a reset anything may have happened.
func (s *shard) repaired(f *feed, changes model.Changes, events []*frames, seats map[model.UserID]seat) {
	for _, each := range events {
		s.heardOf(each.change)
		s.stopTypingOf(f, each.change)
	}
	if !changes.Reset || s.hub.listener == nil {
		return
	}
	s.hub.listener.StandingChanged(f.id)
	for user, each := range seats {
		if each.left {
			s.hub.listener.Ended(f.id, user)
		}
	}
}
