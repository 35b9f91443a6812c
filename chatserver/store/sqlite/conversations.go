package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const conversationColumns = `
	conversation.id, COALESCE(conversation.external_id, ''), conversation.type, conversation.name, conversation.avatar,
	conversation.properties, conversation.status, conversation.ephemeral, conversation.since_join,
	conversation.created_by, conversation.first_seq, conversation.last_seq, conversation.message_count,
	conversation.member_count, conversation.rev, conversation.object_rev, conversation.version,
	conversation.created_at, conversation.updated_at, conversation.activity_at, conversation.deleted_at`

const conversationQuery = "SELECT" + conversationColumns + " FROM conversations AS conversation WHERE "

// conversationFields are the places of conversationColumns in a conversation,
// and what is to be done once they were scanned.
func conversationFields(conversation *model.Conversation) (fields []any, finish func()) {
	var createdAt, updatedAt, activityAt instant
	var deletedAt sql.Null[instant]
	return []any{
			&conversation.ID, &conversation.ExternalID, &conversation.Type, &conversation.Name, &conversation.Avatar,
			(*[]byte)(&conversation.Properties), &conversation.Status, &conversation.Ephemeral, &conversation.SinceJoin,
			&conversation.CreatedBy, &conversation.FirstSeq, &conversation.LastSeq, &conversation.MessageCount,
			&conversation.MemberCount, &conversation.Rev, &conversation.ObjectRev, &conversation.Version,
			&createdAt, &updatedAt, &activityAt, &deletedAt,
		}, func() {
			conversation.CreatedAt, conversation.UpdatedAt = createdAt.time(), updatedAt.time()
			conversation.ActivityAt, conversation.DeletedAt = activityAt.time(), optionalTime(deletedAt)
		}
}

func scanConversation(from row) (model.Conversation, error) {
	var conversation model.Conversation
	fields, finish := conversationFields(&conversation)
	err := from.Scan(fields...)
	finish()
	return conversation, err
}

// CreateConversation stores a conversation with its members and first messages.
func (s *Store) CreateConversation(ctx context.Context, conversation store.NewConversation) (made store.Creation, err error) {
	directKey := identity.DirectKey(conversation)
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		made = store.Creation{}
		if directKey != nil {
			made.Conversation, err = selectOne(ctx, tx, scanConversation, nil, conversationQuery+"conversation.direct_key = ?", directKey)
			if err != nil {
				return err
			}
		}
		if made.Created = made.Conversation.ID == 0; made.Created {
			if made.Conversation, err = s.insertConversation(ctx, tx, conversation, directKey); err != nil {
				return err
			}
			if err := s.appendFirst(ctx, tx, conversation.FirstMessages, &made); err != nil {
				return err
			}
		}
		made.Members, err = selectAll(ctx, tx, scanMember, "SELECT"+memberColumns+presentMembers+`
			WHERE member.conversation_id = ? AND member.left_rev = 0
			ORDER BY member.user_id`, made.Conversation.ID)
		return err
	})
	switch {
	case isTaken(err, "conversations.external_id"):
		err = model.ErrConversationExists.Because(err)
	case refersToNothing(err):
		err = model.ErrUserNotFound.Because(err)
	}
	if err != nil {
		return store.Creation{}, err
	}
	return made, nil
}

func (s *Store) insertConversation(ctx context.Context, tx *sql.Tx, conversation store.NewConversation, directKey []byte) (model.Conversation, error) {
	now := s.instant()
	var id model.ConversationID
	err := tx.QueryRowContext(ctx, `
		INSERT INTO conversations (
			external_id, direct_key, type, name, name_key, avatar, properties, ephemeral, since_join, created_by,
			member_count, created_at, updated_at, changed_at, activity_at
		)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?12, ?12)
		RETURNING id`,
		orNull(conversation.ExternalID), directKey, conversation.Type, conversation.Name,
		identity.NameKey(conversation.Name), conversation.Avatar, orEmptyObject(conversation.Properties),
		conversation.Ephemeral, conversation.SinceJoin, conversation.CreatedBy, len(conversation.Members), now).Scan(&id)
	if err != nil {
		return model.Conversation{}, err
	}
	for _, member := range conversation.Members {
		if _, err := selectUser(ctx, tx, model.UserRef{ID: member.User}); err != nil {
			return model.Conversation{}, err
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, invited_by, created_at, changed_at)
			VALUES (?1, ?2, ?3, 0, 1, 1, CASE WHEN ?2 = ?4 THEN 0 ELSE ?4 END, ?5, ?5)`,
			id, member.User, member.Role, conversation.CreatedBy, now); err != nil {
			return model.Conversation{}, fmt.Errorf("store a first member: %w", err)
		}
	}
	return selectOne(ctx, tx, scanConversation, model.ErrConversationNotFound, conversationQuery+"conversation.id = ?", id)
}

// appendFirst stores the messages that a conversation begins with.
func (s *Store) appendFirst(ctx context.Context, tx *sql.Tx, messages []store.NewMessage, made *store.Creation) error {
	if len(messages) == 0 {
		return nil
	}
	appending := s.newAppending(tx)
	for _, message := range messages {
		message.Conversation = made.Conversation.ID
		result, err := appending.add(ctx, message)
		if err == nil {
			err = result.Err
		}
		if err != nil {
			return err
		}
		made.Messages = append(made.Messages, result.Message)
	}
	if err := appending.advance(ctx); err != nil {
		return err
	}
	var err error
	made.Conversation, err = selectOne(ctx, tx, scanConversation, model.ErrConversationNotFound,
		conversationQuery+"conversation.id = ?", made.Conversation.ID)
	return err
}

// Conversation finds one conversation.
func (s *Store) Conversation(ctx context.Context, ref model.ConversationRef) (conversation model.Conversation, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		conversation, err = selectConversation(ctx, tx, ref)
		return err
	})
	return conversation, err
}

func selectConversation(ctx context.Context, tx *sql.Tx, ref model.ConversationRef) (model.Conversation, error) {
	const query = conversationQuery + "conversation.deleted_at IS NULL AND "
	if ref.ID != 0 {
		return selectOne(ctx, tx, scanConversation, model.ErrConversationNotFound, query+"conversation.id = ?", ref.ID)
	}
	return selectOne(ctx, tx, scanConversation, model.ErrConversationNotFound, query+"conversation.external_id = ?", ref.ExternalID)
}

// Standing reads a conversation together with a user's place in it.
func (s *Store) Standing(ctx context.Context, ref model.ConversationRef, user model.UserID) (found store.Standing, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		if found.Conversation, err = selectConversation(ctx, tx, ref); err != nil || user == 0 {
			return err
		}
		person, err := selectUser(ctx, tx, model.UserRef{ID: user})
		if err != nil {
			return err
		}
		found.User = &person
		if found.Member, err = optional(selectMember(ctx, tx, found.Conversation.ID, user, model.ErrMemberNotFound)); err != nil {
			return err
		}
		ban, err := optional(selectBan(ctx, tx, found.Conversation.ID, user))
		if err == nil && ban != nil && !ban.Expired(s.now()) {
			found.Ban = ban
		}
		return err
	})
	if err != nil {
		return store.Standing{}, err
	}
	return found, nil
}

// optional turns what is not there into nil.
func optional[T any](value T, err error) (*T, error) {
	var known *model.Error
	switch {
	case err == nil:
		return &value, nil
	case errors.As(err, &known) && known.Kind == model.KindNotFound:
		return nil, nil //nolint:nilnil // it is optional
	}
	return nil, err
}
