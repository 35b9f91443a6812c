package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// Revs reads the present rev of conversations, deleted ones too.
func (s *Store) Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error) {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	rows, _ := s.pool.Query(bounded, "SELECT id, rev FROM conversations WHERE id = ANY ($1)", int64s(conversations))
	revs := make(map[model.ConversationID]int64, len(conversations))
	var id model.ConversationID
	var rev int64
	_, err := pgx.ForEachRow(rows, []any{&id, &rev}, func() error {
		revs[id] = rev
		return nil
	})
	return revs, failure(ctx, err)
}

// Changes reads what happened after a rev, in one snapshot and one round trip.
func (s *Store) Changes(ctx context.Context, conversation model.ConversationID, since int64, limit int) (model.Changes, error) {
	var found []model.Conversation
	var changes model.Changes
	err := s.snapshot(ctx, func(batch *pgx.Batch) {
		batch.Queue("SELECT"+conversationColumns+" FROM conversations AS conversation WHERE conversation.id = $1", conversation).
			Query(collect(&found, scanConversation))
		// One more than the limit tells that it was passed.
		batch.Queue("SELECT"+memberColumns+`
			FROM members AS member
			WHERE member.conversation_id = $1 AND member.rev > $2
			ORDER BY member.rev, member.user_id
			LIMIT $3`, conversation, since, limit+1).
			Query(collect(&changes.Members, scanMember))
		batch.Queue("SELECT"+authoredColumns+authoredMessages+`
			WHERE message.conversation_id = $1 AND message.rev > $2
			ORDER BY message.rev, message.seq
			LIMIT $3`, conversation, since, limit+1).
			Query(collect(&changes.Messages, scanAuthored))
	})
	if err != nil {
		return model.Changes{}, err
	}
	if len(found) == 0 {
		return model.Changes{Reset: true}, nil
	}
	changes.Rev, changes.SinceJoin = found[0].Rev, found[0].SinceJoin
	if found[0].Deleted() {
		changes.Members, changes.Messages = nil, nil
	}
	objects := len(changes.Members) + len(changes.Messages)
	if found[0].ObjectRev > since {
		changes.Conversation = &found[0]
		objects++
	}
	if since > changes.Rev || objects > limit {
		return model.Changes{Rev: changes.Rev, SinceJoin: changes.SinceJoin, Reset: true}, nil
	}
	return changes, nil
}
