package chat

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/parley-chat/parley/chatserver/model"
)

// MaxEventTypeLength bounds the type of a custom event, in characters.
const MaxEventTypeLength = 64

// TriggerEvent is the input of Chat.TriggerEvent.
type TriggerEvent struct {
	Conversation model.ConversationRef
	Type         string // of a-z, 0-9, dot, underscore and hyphen
	Properties   json.RawMessage
}

// customEvent is what a custom event says.
type customEvent struct {
	Type       string          `json:"type"`
	User       model.UserID    `json:"user,omitempty"`
	Properties json.RawMessage `json:"properties"`
}

func (f *fields) eventType(field, value string) {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-"
	if value == "" || len(value) > MaxEventTypeLength || strings.Trim(value, allowed) != "" {
		f.add(model.Invalid(field, "must be 1 to %d characters of a-z, 0-9, dot, underscore and hyphen", MaxEventTypeLength))
	}
}

// TriggerEvent tells all who follow a conversation something that is not stored.
// Whoever may send there may do this.
func (c *Chat) TriggerEvent(ctx context.Context, principal Principal, in TriggerEvent) error {
	f := fields{limits: c.Limits}
	f.eventType("type", in.Type)
	f.properties(in.Properties)
	if err := f.err(); err != nil {
		return err
	}
	found, err := c.standing(ctx, principal, in.Conversation)
	if err != nil {
		return err
	}
	if err := c.maySpeak(ctx, found); err != nil {
		return err
	}
	body, err := json.Marshal(customEvent{Type: in.Type, User: principal.User, Properties: propertiesOrEmpty(in.Properties)})
	if err != nil {
		return model.ErrInternal.Because(err)
	}
	c.publisher.publish(announcement{signals: []model.Signal{{
		Kind: model.CustomEvent, Conversation: found.conversation.ID, From: principal.User, Body: body,
	}}})
	return nil
}
