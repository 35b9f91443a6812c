package hub

import (
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// ending says who follows a conversation no more once a change was delivered.
type ending struct {
	everybody bool
	user      model.UserID // or 0
}

func (e ending) concerns(user model.UserID) bool { return e.everybody || (user != 0 && e.user == user) }

// endingOf reads it out of a change: a member who left or may no longer receive
// messages, or the end of the conversation.
func (s *shard) endingOf(change envelope.Change) ending {
	if fault(faultKeepRemoved) {
		return ending{}
	}
	switch change.Kind {
	case model.ConversationDeleted:
		return ending{everybody: true}
	case model.MemberRemoved, model.MemberUpdated:
	default:
		return ending{}
	}
	var member model.Member
	if err := json.Unmarshal(change.Body, &member); err != nil {
		s.hub.logger.Error("read a changed member", "conversation", change.Conversation, "rev", change.Rev, "error", err)
	}
	if change.Kind == model.MemberUpdated && !member.Permissions.Denies(model.MessageReceive) {
		return ending{}
	}
	return ending{user: member.User}
}
