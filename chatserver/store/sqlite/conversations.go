package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const conversationColumns = `
	id, COALESCE(external_id, ''), type, name, properties, created_by, first_seq, last_seq, rev, object_rev,
	created_at, updated_at`

func scanConversation(from row) (model.Conversation, error) {
	var conversation model.Conversation
	var createdAt, updatedAt instant
	err := from.Scan(
		&conversation.ID, &conversation.ExternalID, &conversation.Type, &conversation.Name,
		(*[]byte)(&conversation.Properties), &conversation.CreatedBy, &conversation.FirstSeq, &conversation.LastSeq,
		&conversation.Rev, &conversation.ObjectRev, &createdAt, &updatedAt)
	conversation.CreatedAt, conversation.UpdatedAt = createdAt.time(), updatedAt.time()
	return conversation, err
}

// CreateConversation stores a conversation with its members.
func (s *Store) CreateConversation(ctx context.Context, conversation store.NewConversation) (stored model.Conversation, members []model.Member, created bool, err error) {
	directKey := identity.DirectKey(conversation)
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if directKey != nil {
			stored, err = selectOne(ctx, tx, scanConversation, nil,
				"SELECT"+conversationColumns+" FROM conversations WHERE direct_key = ?", directKey)
			if err != nil {
				return err
			}
		}
		if created = stored.ID == 0; created {
			if stored, err = s.insertConversation(ctx, tx, conversation, directKey); err != nil {
				return err
			}
		}
		members, err = selectAll(ctx, tx, scanMember, "SELECT"+memberColumns+`
			FROM members
			WHERE conversation_id = ? AND left_rev = 0
			ORDER BY user_id`, stored.ID)
		return err
	})
	switch {
	case isTaken(err, "conversations.external_id"):
		err = model.ErrConversationExists.Because(err)
	case refersToNothing(err):
		err = model.ErrUserNotFound.Because(err)
	}
	if err != nil {
		return model.Conversation{}, nil, false, err
	}
	return stored, members, created, nil
}

func (s *Store) insertConversation(ctx context.Context, tx *sql.Tx, conversation store.NewConversation, directKey []byte) (model.Conversation, error) {
	now := s.instant()
	stored, err := selectOne(ctx, tx, scanConversation, nil, `
		INSERT INTO conversations (
			external_id, direct_key, type, name, properties, created_by, created_at, updated_at, changed_at
		)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		RETURNING`+conversationColumns,
		orNull(conversation.ExternalID), directKey, conversation.Type, conversation.Name,
		orEmptyObject(conversation.Properties), conversation.CreatedBy, now, now, now)
	if err != nil {
		return model.Conversation{}, err
	}
	for _, member := range conversation.Members {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, created_at, changed_at)
			VALUES (?, ?, ?, 0, 1, 1, ?, ?)`, stored.ID, member.User, member.Role, now, now); err != nil {
			return model.Conversation{}, fmt.Errorf("store a first member: %w", err)
		}
	}
	return stored, nil
}

// Conversation finds one conversation.
func (s *Store) Conversation(ctx context.Context, ref model.ConversationRef) (conversation model.Conversation, err error) {
	query, argument := "SELECT"+conversationColumns+" FROM conversations WHERE external_id = ?", any(ref.ExternalID)
	if ref.ID != 0 {
		query, argument = "SELECT"+conversationColumns+" FROM conversations WHERE id = ?", any(ref.ID)
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		conversation, err = selectOne(ctx, tx, scanConversation, model.ErrConversationNotFound, query, argument)
		return err
	})
	return conversation, err
}
