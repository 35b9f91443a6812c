package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// Message finds one message with its author.
func (c *change) Message(ctx context.Context, ref model.MessageRef) (model.Message, error) {
	query, argument := messageQuery(ref)
	return changeOne(ctx, c, scanAuthored, model.ErrMessageNotFound, query+" AND message.conversation_id = $2", argument, c.before.ID)
}

// SaveMessage stores what changed of a message. A tombstone keeps neither
// content nor what others made of it.
func (c *change) SaveMessage(ctx context.Context, message model.Message) error {
	if message.Deleted() {
		message.Content, message.Properties, message.GroupTag, message.Reactions = nil, nil, "", nil
		message.Attachments, message.Mentions, message.Links = nil, nil, nil
	}
	more, err := details{Attachments: message.Attachments, Mentions: message.Mentions, Links: message.Links}.encoded()
	if err != nil {
		return fmt.Errorf("encode the details of a message: %w", err)
	}
	was, err := changeOne(ctx, c, pgx.RowTo[bool], model.ErrMessageNotFound, `
		UPDATE messages AS message
		SET external_id = NULLIF($3, ''), rev = $4, content = $5::json, properties = $6::json, details = $7::json,
			group_tag = $8, reply_count = $9, reactions = $10::json, edited_at = $11, edited_by = $12, deleted_at = $13,
			deleted_by = $14
		WHERE message.conversation_id = $1 AND message.seq = $2
		RETURNING EXISTS (
			SELECT FROM messages AS was WHERE was.conversation_id = $1 AND was.seq = $2 AND was.deleted_at IS NOT NULL)`,
		c.before.ID, message.Seq, message.ExternalID, message.Rev, []byte(message.Content), []byte(message.Properties), more,
		message.GroupTag, message.ReplyCount, counted(message.Reactions), message.EditedAt, message.EditedBy,
		message.DeletedAt, message.DeletedBy)
	switch {
	case isTaken(err, "messages_external_id_unique"):
		return model.ErrMessageExists.Because(err)
	case err != nil || was || !message.Deleted():
		return err
	}
	c.present.MessageCount--
	batch := &pgx.Batch{}
	batch.Queue("DELETE FROM reactions WHERE conversation_id = $1 AND seq = $2", c.before.ID, message.Seq)
	batch.Queue("DELETE FROM reports WHERE conversation_id = $1 AND message_id = $2", c.before.ID, message.ID)
	return c.send(ctx, batch)
}

// counted stores no reactions as NULL.
func counted(reactions map[string]int64) any {
	if len(reactions) == 0 {
		return nil
	}
	return reactions
}

// MessagesFrom lists messages of a sender.
func (c *change) MessagesFrom(ctx context.Context, sender model.UserID, afterSeq int64, limit int) ([]model.Message, error) {
	return changeAll(ctx, c, scanMessage, "SELECT"+messageColumns+`
		FROM messages AS message
		WHERE message.conversation_id = $1 AND message.sender_id = $2 AND message.seq > $3 AND message.deleted_at IS NULL
		ORDER BY message.seq
		LIMIT $4`, c.before.ID, sender, afterSeq, limit)
}

// AddReaction stores a reaction. It is later than all others of its message,
// whatever the clock says, so that no two have the same place in a list.
func (c *change) AddReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error) {
	return c.react(ctx, `
		INSERT INTO reactions (conversation_id, seq, user_id, emoji, created_at)
		SELECT $1, $2, $3, $4, GREATEST(clock_timestamp(), max(latest.created_at) + interval '1 microsecond')
		FROM reactions AS latest
		WHERE latest.conversation_id = $1 AND latest.seq = $2
		ON CONFLICT (conversation_id, seq, user_id, emoji) DO NOTHING`, 1, seq, user, emoji)
}

// RemoveReaction deletes a reaction.
func (c *change) RemoveReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error) {
	return c.react(ctx, `
		DELETE FROM reactions
		WHERE conversation_id = $1 AND seq = $2 AND user_id = $3 AND emoji = $4`, -1, seq, user, emoji)
}

func (c *change) react(ctx context.Context, statement string, by int, seq int64, user model.UserID, emoji string) (bool, error) {
	changed, err := c.execute(ctx, statement, c.before.ID, seq, user, emoji)
	if err != nil || changed == 0 {
		return false, err
	}
	_, err = c.execute(ctx, `
		UPDATE messages
		SET reactions = NULLIF(jsonb_strip_nulls(COALESCE(reactions::jsonb, '{}') || jsonb_build_object(
			$3::text, NULLIF(COALESCE((reactions ->> $3)::bigint, 0) + $4, 0))), '{}')::json
		WHERE conversation_id = $1 AND seq = $2`, c.before.ID, seq, emoji, by)
	return true, err
}

// ReactionsFrom lists the reactions of a user.
func (c *change) ReactionsFrom(ctx context.Context, user model.UserID, limit int) ([]model.Reaction, error) {
	return changeAll(ctx, c, pgx.RowToStructByPos[model.Reaction], "SELECT"+reactionColumns+reactionsOfMessages+`
		WHERE reaction.conversation_id = $1 AND reaction.user_id = $2
		ORDER BY reaction.seq, reaction.emoji
		LIMIT $3`, c.before.ID, user, limit)
}
