package postgres

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// change is a store.Change.
type change struct {
	connection *pgxpool.Conn
	deadline   time.Time // of the transaction
	now        time.Time // the database's clock
	before     model.Conversation
	present    model.Conversation
	advanced   bool
}

var _ store.Change = (*change)(nil)

// ChangeConversation runs a transaction that holds the conversation's lock. It
// begins with one round trip and ends with another.
func (s *Store) ChangeConversation(ctx context.Context, conversation model.ConversationID, run func(store.Change) error) error {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	connection, err := s.pool.Acquire(bounded)
	if err != nil {
		return failure(ctx, err)
	}
	defer connection.Release()
	locked, err := beginChange(bounded, connection, conversation)
	if err == nil {
		err = run(locked)
	}
	if err == nil {
		err = locked.commit(bounded)
	}
	if err != nil {
		rollBack(bounded, connection)
	}
	return failure(ctx, err)
}

// beginChange reads the clock in a statement of its own: within the first one it
// could be read before the lock was got.
func beginChange(ctx context.Context, connection *pgxpool.Conn, id model.ConversationID) (*change, error) {
	var found []model.Conversation
	var clock []time.Time
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	batch.Queue("SELECT"+conversationColumns+`
		FROM conversations AS conversation
		WHERE conversation.id = $1 AND conversation.deleted_at IS NULL
		FOR NO KEY UPDATE`, id).Query(collect(&found, scanConversation))
	batch.Queue("SELECT clock_timestamp()").Query(collect(&clock, pgx.RowTo[time.Time]))
	if err := connection.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, model.ErrConversationNotFound
	}
	deadline, _ := ctx.Deadline()
	return &change{connection: connection, deadline: deadline, now: clock[0], before: found[0], present: found[0]}, nil
}

// commit stores the conversation if it changed. A deleted one keeps nothing but
// its numbers, so that another one may take its names.
func (c *change) commit(ctx context.Context) error {
	batch := &pgx.Batch{}
	if !reflect.DeepEqual(c.before, c.present) {
		c.queueConversation(batch)
	}
	queueCommit(batch)
	err := c.connection.SendBatch(ctx, batch).Close()
	if isTaken(err, "conversations_external_id_unique") {
		return model.ErrConversationExists.Because(err)
	}
	return err
}

func (c *change) queueConversation(batch *pgx.Batch) {
	stored := c.present
	if stored.Deleted() {
		stored.ExternalID, stored.Name, stored.Avatar, stored.Properties = "", "", "", nil
	}
	batch.Queue(`
		UPDATE conversations
		SET external_id = NULLIF($2, ''), name = $3, name_key = $4, avatar = $5, properties = $6::json, status = $7,
			ephemeral = $8, since_join = $9, first_seq = $10, message_count = $11, member_count = $12, rev = $13,
			object_rev = $14, version = $15, updated_at = $16, activity_at = $17, deleted_at = $18,
			direct_key = CASE WHEN $18::timestamptz IS NULL THEN direct_key END,
			changed_at = CASE WHEN $19 THEN $20 ELSE changed_at END
		WHERE id = $1`,
		c.before.ID, stored.ExternalID, stored.Name, identity.NameKey(stored.Name), stored.Avatar,
		orEmptyObject(stored.Properties), stored.Status, stored.Ephemeral, stored.SinceJoin, stored.FirstSeq,
		stored.MessageCount, stored.MemberCount, stored.Rev, stored.ObjectRev, stored.Version, stored.UpdatedAt,
		stored.ActivityAt, stored.DeletedAt, c.advanced, c.now)
}

// Conversation is the locked row.
func (c *change) Conversation() *model.Conversation { return &c.present }

// Next moves the conversation to its next rev.
func (c *change) Next() int64 {
	c.advanced = true
	c.present.Rev++
	return c.present.Rev
}

// Now is the database's clock after the lock was taken.
func (c *change) Now() time.Time { return c.now }

// changeOne runs one statement of a change that gives one row. No row gives the
// missing error.
func changeOne[T any](ctx context.Context, c *change, scan pgx.RowToFunc[T], missing error, query string, arguments ...any) (T, error) {
	bounded, cancel := context.WithDeadline(ctx, c.deadline)
	defer cancel()
	rows, _ := c.connection.Query(bounded, query, arguments...)
	row, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, missing
	}
	return row, failure(ctx, err)
}

// changeAll runs one statement of a change that gives rows.
func changeAll[T any](ctx context.Context, c *change, scan pgx.RowToFunc[T], query string, arguments ...any) ([]T, error) {
	bounded, cancel := context.WithDeadline(ctx, c.deadline)
	defer cancel()
	rows, _ := c.connection.Query(bounded, query, arguments...)
	all, err := pgx.CollectRows(rows, scan)
	return all, failure(ctx, err)
}

// execute runs one statement of a change and says how many rows it changed.
func (c *change) execute(ctx context.Context, statement string, arguments ...any) (int64, error) {
	bounded, cancel := context.WithDeadline(ctx, c.deadline)
	defer cancel()
	tag, err := c.connection.Exec(bounded, statement, arguments...)
	return tag.RowsAffected(), failure(ctx, err)
}

// send runs several statements of a change in one round trip.
func (c *change) send(ctx context.Context, batch *pgx.Batch) error {
	bounded, cancel := context.WithDeadline(ctx, c.deadline)
	defer cancel()
	return failure(ctx, c.connection.SendBatch(bounded, batch).Close())
}
