package store

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Sessions keeps records of live connections and of the time they spent in
// conversations.
type Sessions interface {
	// RecordSessions stores started sessions and stamps ended ones by their id,
	// in one transaction. A session that is there already is left as it is, an
	// end of an unknown one changes nothing.
	RecordSessions(ctx context.Context, started []model.SessionRecord, ended map[string]time.Time) error
	// ListSessions reads a part of the records, the latest start first, and how
	// many there are in all. A cursor's Key is StartedAt; its ID is the number
	// of the row.
	ListSessions(ctx context.Context, filter SessionFilter, page model.ListPage) (sessions []SessionRow, total int64, err error)
	// DeleteSessions deletes records that ended before the time, at most limit,
	// and says how many.
	DeleteSessions(ctx context.Context, before time.Time, limit int) (int64, error)
}

// SessionRow is a record with its place in the list.
type SessionRow struct {
	model.SessionRecord
	Cursor model.ListCursor
}

// SessionFilter selects session records; zero fields select all.
type SessionFilter struct {
	Kind         model.SessionKind
	User         model.UserID
	Conversation model.ConversationID
	Ended        *bool
}

// Secrets keeps small values that a tenant's server attaches to its users. The
// store gets them sealed and cannot read them.
type Secrets interface {
	// SetSecret stores a sealed value under a name, again if there is one.
	SetSecret(ctx context.Context, user model.UserID, name string, sealed []byte) error
	// Secret finds a sealed value (model.ErrSecretNotFound).
	Secret(ctx context.Context, user model.UserID, name string) ([]byte, error)
	// SecretNames lists the names by their order.
	SecretNames(ctx context.Context, user model.UserID) ([]string, error)
	// DeleteSecret deletes a value (model.ErrSecretNotFound).
	DeleteSecret(ctx context.Context, user model.UserID, name string) error
}
