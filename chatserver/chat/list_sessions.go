package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// SessionRow is a record with its place in the list.
type SessionRow = store.SessionRow

// ListSessions is the input of Chat.ListSessions; zero fields select all that
// the principal may see.
type ListSessions struct {
	User         model.UserRef
	Conversation model.ConversationID
	Kind         model.SessionKind
	Ended        *bool
	Page         model.ListPage
}

// ListSessions reads a part of the records of sessions, the latest first, and
// how many there are: of everybody for those who administer the project, else of
// the user itself.
func (c *Chat) ListSessions(ctx context.Context, principal Principal, in ListSessions) ([]SessionRow, int64, error) {
	reader, err := c.actor(ctx, principal)
	if err != nil {
		return nil, 0, err
	}
	if in.Kind != "" && !in.Kind.Valid() {
		return nil, 0, model.Invalid("kind", "must be user or chat")
	}
	filter := store.SessionFilter{Kind: in.Kind, Conversation: in.Conversation, Ended: in.Ended}
	if in.User != (model.UserRef{}) {
		if filter.User, err = c.userID(ctx, in.User); err != nil {
			return nil, 0, err
		}
	}
	if !reader.administers() {
		if filter.User != 0 && !reader.is(filter.User) {
			return nil, 0, model.Forbidden("the sessions of others need a secret key, or a user with the role admin")
		}
		filter.User = reader.user.ID
	}
	sessions, total, err := c.Store.ListSessions(ctx, filter, in.Page)
	return sessions, total, translate(err)
}
