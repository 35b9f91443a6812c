package chat

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// The actions that the audit tells of.
const (
	AuditUserDeleted         = "user.deleted"
	AuditUserSuspended       = "user.suspended"
	AuditRoleChanged         = "user.role_changed"
	AuditPermissionsChanged  = "user.permissions_changed"
	AuditTokensRevoked       = "tokens.revoked"
	AuditConversationDeleted = "conversation.deleted"
	AuditMessageDeleted      = "message.deleted" // by another than its sender
)

// sign fills in who did it.
func (a actor) sign(event model.AuditEvent) model.AuditEvent { return a.principal.sign(event) }

// sign fills in who did it.
func (p Principal) sign(event model.AuditEvent) model.AuditEvent {
	event.Actor = p.User
	if p.Key != nil {
		event.Key = p.Key.ID
	}
	return event
}

// audit stores what was done. It is done already, so a failure is logged and not
// answered: the caller would repeat what cannot be repeated.
func (c *Chat) audit(ctx context.Context, by actor, event model.AuditEvent) {
	if err := c.Store.AddAudit(ctx, by.sign(event)); err != nil {
		c.Logger.Error("store an audit event", "action", event.Action, "user", event.User, "error", err)
	}
}

// details encodes what an event says beside ids.
func details(values map[string]any) json.RawMessage {
	encoded, err := json.Marshal(values)
	if err != nil {
		panic(err) // maps of strings and flags always encode
	}
	return encoded
}

// ListAudit is the input of Chat.ListAudit; zero fields select all.
type ListAudit struct {
	Action       string
	Actor        model.UserID
	User         model.UserID
	Conversation model.ConversationID
	Since        time.Time
	Page         model.ListPage
}

func (in ListAudit) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.text("action", in.Action, MaxIdentifierLength)
	return f.err()
}

// ListAudit reads a part of the audit, the latest first, and how many events
// there are in all.
func (c *Chat) ListAudit(ctx context.Context, principal Principal, in ListAudit) ([]model.AuditEvent, int64, error) {
	if _, err := c.administrator(ctx, principal); err != nil {
		return nil, 0, err
	}
	if err := in.check(c.Limits); err != nil {
		return nil, 0, err
	}
	events, total, err := c.Store.ListAudit(ctx, store.AuditFilter{
		Action: in.Action, Actor: in.Actor, User: in.User, Conversation: in.Conversation, Since: in.Since,
	}, in.Page)
	return events, total, translate(err)
}
