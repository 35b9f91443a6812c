package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const conversationColumns = `
	conversation.id, COALESCE(conversation.external_id, ''), conversation.type, conversation.name, conversation.avatar,
	conversation.properties, conversation.status, conversation.ephemeral, conversation.since_join,
	conversation.created_by, conversation.first_seq, conversation.last_seq, conversation.message_count,
	conversation.member_count, conversation.rev, conversation.object_rev, conversation.version,
	conversation.created_at, conversation.updated_at, conversation.activity_at, conversation.deleted_at`

func scanConversation(row pgx.CollectableRow) (model.Conversation, error) {
	var conversation model.Conversation
	err := row.Scan(
		&conversation.ID, &conversation.ExternalID, &conversation.Type, &conversation.Name, &conversation.Avatar,
		(*[]byte)(&conversation.Properties), &conversation.Status, &conversation.Ephemeral, &conversation.SinceJoin,
		&conversation.CreatedBy, &conversation.FirstSeq, &conversation.LastSeq, &conversation.MessageCount,
		&conversation.MemberCount, &conversation.Rev, &conversation.ObjectRev, &conversation.Version,
		&conversation.CreatedAt, &conversation.UpdatedAt, &conversation.ActivityAt, &conversation.DeletedAt)
	return conversation, err
}

// conversationWhere finds a conversation by its reference, which is the first
// argument.
func conversationWhere(ref model.ConversationRef) (where string, argument any) {
	const all = " FROM conversations AS conversation WHERE conversation.deleted_at IS NULL AND "
	if ref.ID != 0 {
		return all + "conversation.id = $1", ref.ID
	}
	return all + "conversation.external_id = $1", ref.ExternalID
}

// Conversation finds one conversation.
func (s *Store) Conversation(ctx context.Context, ref model.ConversationRef) (model.Conversation, error) {
	where, argument := conversationWhere(ref)
	return queryOne(ctx, s, scanConversation, model.ErrConversationNotFound, "SELECT"+conversationColumns+where, argument)
}

// Standing reads a conversation together with a user's place in it.
func (s *Store) Standing(ctx context.Context, ref model.ConversationRef, user model.UserID) (store.Standing, error) {
	where, argument := conversationWhere(ref)
	var conversations []model.Conversation
	var users []model.User
	var members []model.Member
	var bans []model.Ban
	err := s.snapshot(ctx, func(batch *pgx.Batch) {
		batch.Queue("SELECT"+conversationColumns+where, argument).Query(collect(&conversations, scanConversation))
		if user == 0 {
			return
		}
		byID, id := userQuery(model.UserRef{ID: user})
		batch.Queue(byID, id).Query(collect(&users, scanUser))
		batch.Queue("SELECT"+memberColumns+` FROM members AS member
			WHERE member.conversation_id = (SELECT conversation.id`+where+`) AND member.user_id = $2 AND member.left_rev = 0`,
			argument, user).Query(collect(&members, scanMember))
		batch.Queue("SELECT"+banColumns+` FROM bans AS ban
			WHERE ban.conversation_id = (SELECT conversation.id`+where+`) AND ban.user_id = $2
				AND (ban.expires_at IS NULL OR ban.expires_at > clock_timestamp())`,
			argument, user).Query(collect(&bans, pgx.RowToStructByPos[model.Ban]))
	})
	switch {
	case err != nil:
		return store.Standing{}, err
	case len(conversations) == 0:
		return store.Standing{}, model.ErrConversationNotFound
	case user != 0 && len(users) == 0:
		return store.Standing{}, model.ErrUserNotFound
	}
	return store.Standing{
		Conversation: conversations[0], Member: firstOf(members), User: firstOf(users), Ban: firstOf(bans),
	}, nil
}

// firstOf is nil when there is none.
func firstOf[T any](found []T) *T {
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}
