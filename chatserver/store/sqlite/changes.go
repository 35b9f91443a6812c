package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
)

// Revs reads the present rev of conversations.
func (s *Store) Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error) {
	ids, err := list(plain(conversations))
	if err != nil {
		return nil, err
	}
	revs := make(map[model.ConversationID]int64, len(conversations))
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		found, err := selectAll(ctx, tx, scanConversation,
			conversationQuery+"conversation.id IN (SELECT value FROM json_each(?))", ids)
		for _, conversation := range found {
			revs[conversation.ID] = conversation.Rev
		}
		return err
	})
	return revs, err
}

// Changes reads what happened after a rev, in one snapshot.
func (s *Store) Changes(ctx context.Context, conversation model.ConversationID, since int64, limit int) (changes model.Changes, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		changes, err = selectChanges(ctx, tx, conversation, since, limit)
		return err
	})
	return changes, err
}

func selectChanges(ctx context.Context, tx *sql.Tx, id model.ConversationID, since int64, limit int) (changes model.Changes, err error) {
	conversation, err := selectOne(ctx, tx, scanConversation, nil, conversationQuery+"conversation.id = ?", id)
	if err != nil {
		return model.Changes{}, err
	}
	reset := model.Changes{Rev: conversation.Rev, SinceJoin: conversation.SinceJoin, Reset: true}
	if conversation.ID == 0 || since > conversation.Rev {
		return reset, nil
	}
	changes.Rev, changes.SinceJoin = conversation.Rev, conversation.SinceJoin
	objects := 0
	if conversation.ObjectRev > since {
		changes.Conversation = &conversation
		objects++
	}
	if conversation.Deleted() {
		return changes, nil
	}
	// One more than the limit tells that it was passed.
	changes.Members, err = selectAll(ctx, tx, scanMember, "SELECT"+memberColumns+`
		FROM members AS member WHERE member.conversation_id = ? AND member.rev > ?
		ORDER BY member.rev, member.user_id LIMIT ?`, id, since, limit+1)
	if err != nil {
		return model.Changes{}, err
	}
	changes.Messages, err = selectAll(ctx, tx, scanMessage, "SELECT"+messageColumns+messagesWithAuthors+`
		WHERE message.conversation_id = ? AND message.rev > ?
		ORDER BY message.rev LIMIT ?`, id, since, limit+1)
	if err != nil {
		return model.Changes{}, err
	}
	if objects+len(changes.Members)+len(changes.Messages) > limit {
		return reset, nil
	}
	return changes, nil
}
