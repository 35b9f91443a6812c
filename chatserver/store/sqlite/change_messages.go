package sqlite

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
)

func (c *change) Message(ctx context.Context, ref model.MessageRef) (model.Message, error) {
	return selectMessage(ctx, c.tx, c.before.ID, ref)
}

// SaveMessage stores what changed of a message.
func (c *change) SaveMessage(ctx context.Context, message model.Message) error {
	before, err := selectMessage(ctx, c.tx, c.before.ID, model.MessageRef{ID: message.ID})
	if err != nil {
		return err
	}
	more, err := details{message.Attachments, message.Mentions, message.Links}.column()
	if err != nil {
		return err
	}
	buried := message.Deleted() && !before.Deleted()
	if buried {
		message.Reactions = nil
		c.row.MessageCount--
		if err := c.forgetMessage(ctx, message); err != nil {
			return err
		}
	}
	reactions, err := asColumn(message.Reactions, len(message.Reactions) == 0)
	if err != nil {
		return err
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE messages
		SET external_id = ?2, rev = ?3, type = ?4, content = ?5, properties = ?6, details = ?7, group_tag = ?8,
			reply_count = ?9, reactions = ?10, edited_at = ?11, edited_by = ?12, deleted_at = ?13, deleted_by = ?14
		WHERE id = ?1`,
		message.ID, orNull(message.ExternalID), message.Rev, message.Type, orNull(string(message.Content)),
		orNull(string(message.Properties)), more, message.GroupTag, message.ReplyCount, reactions,
		orNullTime(message.EditedAt), message.EditedBy, orNullTime(message.DeletedAt), message.DeletedBy)
	if isTaken(err, "messages.external_id") {
		return model.ErrMessageExists.Because(err)
	}
	return err
}

// forgetMessage deletes what a tombstone has no more.
func (c *change) forgetMessage(ctx context.Context, message model.Message) error {
	if _, err := c.tx.ExecContext(ctx, "DELETE FROM reactions WHERE conversation_id = ? AND seq = ?", c.before.ID, message.Seq); err != nil {
		return err
	}
	_, err := c.tx.ExecContext(ctx, "DELETE FROM reports WHERE message_id = ?", message.ID)
	return err
}

func (c *change) MessagesFrom(ctx context.Context, sender model.UserID, afterSeq int64, limit int) ([]model.Message, error) {
	return selectAll(ctx, c.tx, scanMessage, "SELECT"+messageColumns+messagesWithAuthors+`
		WHERE message.conversation_id = ? AND message.sender_id = ? AND message.seq > ? AND message.deleted_at IS NULL
		ORDER BY message.seq LIMIT ?`, c.before.ID, sender, afterSeq, limit)
}

// AddReaction stores a reaction. It is later than all others of its message,
// whatever the clock says, so that no two have the same place in a list.
func (c *change) AddReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error) {
	added, err := execute(ctx, c.tx, `
		INSERT INTO reactions (conversation_id, seq, user_id, emoji, created_at)
		SELECT ?1, ?2, ?3, ?4, max(?5, COALESCE(max(latest.created_at) + 1, 0))
		FROM reactions AS latest
		WHERE latest.conversation_id = ?1 AND latest.seq = ?2
		ON CONFLICT (conversation_id, seq, user_id, emoji) DO NOTHING`, c.before.ID, seq, user, emoji, c.at)
	if err != nil || added == 0 {
		return false, err
	}
	return true, c.countReaction(ctx, seq, emoji, 1)
}

func (c *change) RemoveReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error) {
	removed, err := execute(ctx, c.tx,
		"DELETE FROM reactions WHERE conversation_id = ? AND seq = ? AND user_id = ? AND emoji = ?", c.before.ID, seq, user, emoji)
	if err != nil || removed == 0 {
		return false, err
	}
	return true, c.countReaction(ctx, seq, emoji, -1)
}

// countReaction keeps the summary of a message's reactions right.
func (c *change) countReaction(ctx context.Context, seq int64, emoji string, by int64) error {
	counts, err := selectOne(ctx, c.tx, func(from row) (counts map[string]int64, err error) {
		return counts, from.Scan(column[map[string]int64]{&counts})
	}, model.ErrMessageNotFound, "SELECT reactions FROM messages WHERE conversation_id = ? AND seq = ?", c.before.ID, seq)
	if err != nil {
		return err
	}
	if counts == nil {
		counts = make(map[string]int64, 1)
	}
	if counts[emoji] += by; counts[emoji] <= 0 {
		delete(counts, emoji)
	}
	summary, err := asColumn(counts, len(counts) == 0)
	if err != nil {
		return err
	}
	_, err = c.tx.ExecContext(ctx, "UPDATE messages SET reactions = ? WHERE conversation_id = ? AND seq = ?", summary, c.before.ID, seq)
	return err
}

func (c *change) ReactionsFrom(ctx context.Context, user model.UserID, limit int) ([]model.Reaction, error) {
	return selectAll(ctx, c.tx, scanReaction, "SELECT"+reactionColumns+reactionsOfMessages+`
		WHERE reaction.conversation_id = ? AND reaction.user_id = ?
		ORDER BY reaction.seq, reaction.emoji LIMIT ?`, c.before.ID, user, limit)
}

func (c *change) Ban(ctx context.Context, user model.UserID) (model.Ban, error) {
	return selectBan(ctx, c.tx, c.before.ID, user)
}

// SaveBan stores a ban.
func (c *change) SaveBan(ctx context.Context, ban model.Ban) error {
	if _, err := c.User(ctx, model.UserRef{ID: ban.User}); err != nil {
		return err
	}
	_, err := c.tx.ExecContext(ctx, `
		INSERT INTO bans (conversation_id, user_id, banned_by, reason, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (conversation_id, user_id) DO UPDATE
		SET banned_by = excluded.banned_by, reason = excluded.reason, expires_at = excluded.expires_at,
			created_at = excluded.created_at`,
		c.before.ID, ban.User, ban.BannedBy, ban.Reason, orNullTime(ban.ExpiresAt), ban.CreatedAt.UnixMicro())
	return err
}

func (c *change) DeleteBan(ctx context.Context, user model.UserID) error {
	deleted, err := execute(ctx, c.tx, "DELETE FROM bans WHERE conversation_id = ? AND user_id = ?", c.before.ID, user)
	if err == nil && deleted == 0 {
		return model.ErrBanNotFound
	}
	return err
}

func (c *change) Invite(ctx context.Context, id model.InviteID) (model.Invite, error) {
	return selectOne(ctx, c.tx, scanInvite, model.ErrInviteNotFound,
		inviteQuery+"WHERE id = ? AND conversation_id = ?", id, c.before.ID)
}

func (c *change) PendingInvite(ctx context.Context, user model.UserID) (model.Invite, error) {
	return selectOne(ctx, c.tx, scanInvite, model.ErrInviteNotFound,
		inviteQuery+"WHERE conversation_id = ? AND user_id = ? AND status = 'pending'", c.before.ID, user)
}

// SaveInvite stores an invite.
func (c *change) SaveInvite(ctx context.Context, invite model.Invite) (model.Invite, error) {
	if invite.ID != 0 {
		return selectOne(ctx, c.tx, scanInvite, model.ErrInviteNotFound, `
			UPDATE invites SET role = ?, status = ?, updated_at = ? WHERE id = ? AND conversation_id = ?
			RETURNING`+inviteColumns, invite.Role, invite.Status, c.at, invite.ID, c.before.ID)
	}
	if _, err := c.User(ctx, model.UserRef{ID: invite.User}); err != nil {
		return model.Invite{}, err
	}
	stored, err := selectOne(ctx, c.tx, scanInvite, errNoInvite, `
		INSERT INTO invites (conversation_id, user_id, invited_by, role, status, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
		RETURNING`+inviteColumns, c.before.ID, invite.User, invite.InvitedBy, invite.Role, invite.Status, c.at)
	return stored, err
}

var errNoInvite = errors.New("an invite was not stored")
