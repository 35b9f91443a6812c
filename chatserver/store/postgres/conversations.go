package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const conversationColumns = `
	id, COALESCE(external_id, ''), type, name, properties, created_by, first_seq, last_seq, rev, object_rev,
	created_at, updated_at`

func scanConversation(row pgx.CollectableRow) (model.Conversation, error) {
	var conversation model.Conversation
	err := row.Scan(
		&conversation.ID, &conversation.ExternalID, &conversation.Type, &conversation.Name,
		(*[]byte)(&conversation.Properties), &conversation.CreatedBy, &conversation.FirstSeq, &conversation.LastSeq,
		&conversation.Rev, &conversation.ObjectRev, &conversation.CreatedAt, &conversation.UpdatedAt)
	return conversation, err
}

// creation is what CreateConversation answers.
type creation struct {
	conversation model.Conversation
	members      []model.Member
	created      bool
}

// CreateConversation stores a conversation with its members.
func (s *Store) CreateConversation(ctx context.Context, conversation store.NewConversation) (model.Conversation, []model.Member, bool, error) {
	directKey := identity.DirectKey(conversation)
	result, err := s.createConversation(ctx, conversation, directKey)
	if violates(err, uniqueViolation, "conversations_external_id_unique") {
		// A racing creator of the same direct conversation has taken the
		// externalId together with the set of members.
		result, err = s.existingDirect(ctx, directKey, model.ErrConversationExists.Because(err))
	}
	return result.conversation, result.members, result.created, err
}

func (s *Store) createConversation(ctx context.Context, conversation store.NewConversation, directKey []byte) (creation, error) {
	var result creation
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		stored, err := insertConversation(ctx, tx, conversation, directKey)
		if errors.Is(err, pgx.ErrNoRows) {
			result, err = selectDirect(ctx, tx, directKey, err)
			return err
		}
		if err != nil {
			return err
		}
		members, err := insertMembers(ctx, tx, stored, conversation.Members)
		result = creation{conversation: stored, members: members, created: true}
		return err
	})
	if violates(err, foreignKeyViolation, "") {
		return creation{}, model.ErrUserNotFound.Because(err)
	}
	return result, err
}

// insertConversation gives pgx.ErrNoRows when the direct conversation exists. It
// waits for a racing creator to commit or fail.
func insertConversation(ctx context.Context, tx pgx.Tx, conversation store.NewConversation, directKey []byte) (model.Conversation, error) {
	if directKey != nil {
		// Before anything is inserted, so that a taken externalId does not matter.
		existing, err := selectOne(ctx, tx, scanConversation, nil,
			"SELECT"+conversationColumns+" FROM conversations WHERE direct_key = $1", directKey)
		if err != nil {
			return model.Conversation{}, err
		}
		if existing.ID != 0 {
			return model.Conversation{}, pgx.ErrNoRows
		}
	}
	return selectOne(ctx, tx, scanConversation, pgx.ErrNoRows, `
		INSERT INTO conversations (
			external_id, direct_key, type, name, properties, created_by, created_at, updated_at, changed_at
		)
		SELECT NULLIF($1, ''), $2, $3, $4, $5::json, $6, now.at, now.at, now.at
		FROM (SELECT clock_timestamp() AS at) AS now
		ON CONFLICT (direct_key) DO NOTHING
		RETURNING`+conversationColumns,
		conversation.ExternalID, directKey, conversation.Type, conversation.Name,
		orEmptyObject(conversation.Properties), conversation.CreatedBy)
}

func insertMembers(ctx context.Context, tx pgx.Tx, conversation model.Conversation, members []store.NewMember) ([]model.Member, error) {
	users, roles := make([]int64, len(members)), make([]string, len(members))
	for i, member := range members {
		users[i], roles[i] = int64(member.User), string(member.Role)
	}
	rows, _ := tx.Query(ctx, `
		INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, created_at, changed_at)
		SELECT $1, member.user_id, member.role, 0, 1, 1, $4, $4
		FROM unnest($2::bigint[], $3::text[]) AS member (user_id, role)
		ORDER BY member.user_id
		RETURNING`+memberColumns, conversation.ID, users, roles, conversation.CreatedAt)
	stored, err := pgx.CollectRows(rows, scanMember)
	if err != nil {
		return nil, fmt.Errorf("store the first members: %w", err)
	}
	return stored, nil
}

// existingDirect reads the direct conversation of a set of members. The missing
// error says what is wrong when there is none.
func (s *Store) existingDirect(ctx context.Context, directKey []byte, missing error) (creation, error) {
	var result creation
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		result, err = selectDirect(ctx, tx, directKey, missing)
		return err
	})
	return result, err
}

func selectDirect(ctx context.Context, tx pgx.Tx, directKey []byte, missing error) (creation, error) {
	existing, err := selectOne(ctx, tx, scanConversation, missing,
		"SELECT"+conversationColumns+" FROM conversations WHERE direct_key = $1", directKey)
	if err != nil {
		return creation{}, err
	}
	rows, _ := tx.Query(ctx, "SELECT"+memberColumns+`
		FROM members
		WHERE conversation_id = $1 AND left_rev = 0
		ORDER BY user_id`, existing.ID)
	members, err := pgx.CollectRows(rows, scanMember)
	if err != nil {
		return creation{}, fmt.Errorf("read the members of a direct conversation: %w", err)
	}
	return creation{conversation: existing, members: members}, nil
}

// Conversation finds one conversation.
func (s *Store) Conversation(ctx context.Context, ref model.ConversationRef) (model.Conversation, error) {
	const query = "SELECT" + conversationColumns + " FROM conversations WHERE "
	if ref.ID != 0 {
		return queryOne(ctx, s, scanConversation, model.ErrConversationNotFound, query+"id = $1", ref.ID)
	}
	return queryOne(ctx, s, scanConversation, model.ErrConversationNotFound, query+"external_id = $1", ref.ExternalID)
}
