package sqlite

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

const (
	reactionColumns     = " reaction.conversation_id, message.id, reaction.user_id, reaction.emoji, reaction.created_at"
	reactionsOfMessages = `
	FROM reactions AS reaction
	JOIN messages AS message ON message.conversation_id = reaction.conversation_id AND message.seq = reaction.seq`
)

func scanReaction(from row) (model.Reaction, error) {
	var reaction model.Reaction
	var createdAt instant
	err := from.Scan(&reaction.Conversation, &reaction.Message, &reaction.User, &reaction.Emoji, &createdAt)
	reaction.CreatedAt = createdAt.time()
	return reaction, err
}

// ListReactions reads a part of a message's reactions.
func (s *Store) ListReactions(ctx context.Context, conversation model.ConversationID, seq int64, emoji string, page model.ListPage) ([]model.Reaction, int64, error) {
	var where selection
	where.and("reaction.conversation_id = ? AND reaction.seq = ?", conversation, seq)
	where.and("EXISTS (SELECT 1 FROM conversations AS known WHERE known.id = ? AND known.deleted_at IS NULL)", conversation)
	if emoji != "" {
		where.and("reaction.emoji = ?", emoji)
	}
	return listPage(ctx, s, scanReaction, listing{
		columns: reactionColumns, from: reactionsOfMessages, where: where,
		time: "reaction.created_at", id: "reaction.user_id",
	}, page)
}
