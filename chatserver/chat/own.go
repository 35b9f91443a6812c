package chat

import (
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/model"
)

// ownState is what only a member itself sees of its membership.
type ownState struct {
	Conversation model.ConversationID `json:"conversation"`
	OwnRev       int64                `json:"ownRev"`
	ReadSeq      int64                `json:"readSeq"`
	Muted        bool                 `json:"muted"`
	Hidden       bool                 `json:"hidden"`
	ClearedSeq   int64                `json:"clearedSeq"`
}

// announceOwn tells the other sessions of a member what only it sees.
func (c *Chat) announceOwn(member model.Member) {
	body, err := json.Marshal(ownState{
		Conversation: member.Conversation, OwnRev: member.OwnRev, ReadSeq: member.ReadSeq,
		Muted: member.Muted, Hidden: member.Hidden, ClearedSeq: member.ClearedSeq,
	})
	if err != nil {
		c.Logger.Error("announce a membership", "conversation", member.Conversation, "error", err)
		return
	}
	c.publisher.publish(announcement{signals: []model.Signal{{Kind: model.MembershipUpdated, User: member.User, Body: body}}})
}
