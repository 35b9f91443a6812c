package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// Revs reads the present rev of conversations.
func (s *Store) Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error) {
	type present struct {
		ID  model.ConversationID
		Rev int64
	}
	found, err := queryAll(ctx, s, pgx.RowToStructByPos[present],
		"SELECT id, rev FROM conversations WHERE id = ANY ($1)", int64s(conversations))
	revs := make(map[model.ConversationID]int64, len(found))
	for _, row := range found {
		revs[row.ID] = row.Rev
	}
	return revs, err
}

// changesSQL gives all statements of the transaction one snapshot.
const changesSQL = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// Changes reads what happened after a rev, in one snapshot and one round trip.
func (s *Store) Changes(ctx context.Context, conversation model.ConversationID, since int64, limit int) (model.Changes, error) {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	var found []model.Conversation
	var changes model.Changes
	batch := &pgx.Batch{}
	batch.Queue(changesTransaction())
	batch.Queue("SELECT"+conversationColumns+" FROM conversations WHERE id = $1", conversation).
		Query(collect(&found, scanConversation))
	// One more than the limit tells that it was passed.
	batch.Queue("SELECT"+memberColumns+`
		FROM members WHERE conversation_id = $1 AND rev > $2
		ORDER BY rev, user_id LIMIT $3`, conversation, since, limit+1).
		Query(collect(&changes.Members, scanMember))
	batch.Queue("SELECT"+messageColumns+`
		FROM messages WHERE conversation_id = $1 AND rev > $2
		ORDER BY rev LIMIT $3`, conversation, since, limit+1).
		Query(collect(&changes.Messages, scanMessage))
	batch.Queue("COMMIT")
	if err := s.pool.SendBatch(bounded, batch).Close(); err != nil {
		return model.Changes{}, failure(ctx, err)
	}
	if len(found) == 0 {
		return model.Changes{Reset: true}, nil
	}
	changes.Rev = found[0].Rev
	objects := len(changes.Members) + len(changes.Messages)
	if found[0].ObjectRev > since {
		changes.Conversation = &found[0]
		objects++
	}
	if since > changes.Rev || objects > limit {
		return model.Changes{Rev: changes.Rev, Reset: true}, nil
	}
	return changes, nil
}

// collect reads the rows of one statement of a batch.
func collect[T any](into *[]T, scan pgx.RowToFunc[T]) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, scan)
		return err
	}
}
