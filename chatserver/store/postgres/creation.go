package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// CreateConversation stores a conversation with its members and first messages.
func (s *Store) CreateConversation(ctx context.Context, conversation store.NewConversation) (store.Creation, error) {
	directKey := identity.DirectKey(conversation)
	result, err := s.createConversation(ctx, conversation, directKey)
	if isTaken(err, "conversations_external_id_unique") {
		// A racing creator of the same direct conversation has taken the
		// externalId together with the set of members.
		result, err = s.existingDirect(ctx, directKey, model.ErrConversationExists.Because(err))
	}
	if isTaken(err, "messages_external_id_unique") {
		err = model.ErrMessageExists.Because(err)
	}
	if err != nil {
		return store.Creation{}, err
	}
	return result, nil
}

func (s *Store) createConversation(ctx context.Context, conversation store.NewConversation, directKey []byte) (store.Creation, error) {
	var result store.Creation
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockUsers(ctx, tx, peopleOf(conversation)); err != nil {
			return err
		}
		stored, err := insertConversation(ctx, tx, conversation, directKey)
		if errors.Is(err, pgx.ErrNoRows) {
			result, err = selectDirect(ctx, tx, directKey, err)
			return err
		}
		if err != nil {
			return err
		}
		result = store.Creation{Conversation: stored, Created: true}
		if result.Members, err = insertMembers(ctx, tx, stored, conversation.Members); err != nil {
			return err
		}
		return insertFirstMessages(ctx, tx, &result, conversation.FirstMessages)
	})
	return result, err
}

// peopleOf are the users who must be there.
func peopleOf(conversation store.NewConversation) []model.UserID {
	var people []model.UserID
	if conversation.CreatedBy != 0 {
		people = append(people, conversation.CreatedBy)
	}
	for _, member := range conversation.Members {
		people = append(people, member.User)
	}
	return people
}

// insertConversation gives pgx.ErrNoRows when the direct conversation exists. It
// waits for a racing creator to commit or fail.
func insertConversation(ctx context.Context, tx pgx.Tx, conversation store.NewConversation, directKey []byte) (model.Conversation, error) {
	if directKey != nil {
		// Before anything is inserted, so that a taken externalId does not matter.
		existing, err := selectOne(ctx, tx, scanConversation, nil, directQuery, directKey)
		if err != nil {
			return model.Conversation{}, err
		}
		if existing.ID != 0 {
			return model.Conversation{}, pgx.ErrNoRows
		}
	}
	return selectOne(ctx, tx, scanConversation, pgx.ErrNoRows, `
		INSERT INTO conversations AS conversation (
			external_id, direct_key, type, name, name_key, avatar, properties, ephemeral, since_join, created_by,
			member_count, created_at, updated_at, activity_at, changed_at
		)
		SELECT NULLIF($1, ''), $2, $3, $4, $5, $6, $7::json, $8, $9, $10, $11, now.at, now.at, now.at, now.at
		FROM (SELECT clock_timestamp() AS at) AS now
		ON CONFLICT (direct_key) DO NOTHING
		RETURNING`+conversationColumns,
		conversation.ExternalID, directKey, conversation.Type, conversation.Name, identity.NameKey(conversation.Name),
		conversation.Avatar, orEmptyObject(conversation.Properties), conversation.Ephemeral, conversation.SinceJoin,
		conversation.CreatedBy, len(conversation.Members))
}

func insertMembers(ctx context.Context, tx pgx.Tx, conversation model.Conversation, members []store.NewMember) ([]model.Member, error) {
	users, roles := make([]int64, len(members)), make([]string, len(members))
	for i, member := range members {
		users[i], roles[i] = int64(member.User), string(member.Role)
	}
	rows, _ := tx.Query(ctx, `
		INSERT INTO members AS member (
			conversation_id, user_id, role, joined_seq, created_rev, rev, invited_by, created_at, changed_at
		)
		SELECT $1, item.user_id, item.role, 0, 1, 1, CASE WHEN item.user_id = $5 THEN 0 ELSE $5 END, $4, $4
		FROM unnest($2::bigint[], $3::text[]) AS item (user_id, role)
		ORDER BY item.user_id
		RETURNING`+memberColumns, conversation.ID, users, roles, conversation.CreatedAt, conversation.CreatedBy)
	stored, err := pgx.CollectRows(rows, scanMember)
	if err != nil {
		return nil, fmt.Errorf("store the first members: %w", err)
	}
	return stored, nil
}

// insertFirstMessages runs the append statement, so that first messages follow
// the same rules as others. One that is refused undoes the creation.
func insertFirstMessages(ctx context.Context, tx pgx.Tx, creation *store.Creation, messages []store.NewMessage) error {
	if len(messages) == 0 {
		return nil
	}
	id := creation.Conversation.ID
	group := slices.Clone(messages)
	for i := range group {
		group[i].Conversation = id
	}
	firsts, places := identity.FirstSends(group)
	results := make([]identity.Result, len(firsts))
	arguments, err := appendArguments(firsts)
	if err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, appendStatement(firsts), arguments...)
	if err := readAppended(rows, firsts, results); err != nil {
		return fmt.Errorf("store the first messages: %w", err)
	}
	if refused := unknown(results); len(refused) > 0 {
		why, err := selectOne(ctx, tx, pgx.RowToStructByPos[refusal], nil, refusalSQL, refusalArguments(firsts, refused[:1])...)
		if err != nil {
			return fmt.Errorf("explain why a first message is refused: %w", err)
		}
		return why.reason()
	}
	for _, outcome := range identity.Outcomes(group, places, results) {
		if outcome.Err != nil {
			return outcome.Err
		}
		creation.Messages = append(creation.Messages, outcome.Message)
	}
	where, argument := conversationWhere(model.ConversationRef{ID: id})
	creation.Conversation, err = selectOne(ctx, tx, scanConversation, model.ErrConversationNotFound,
		"SELECT"+conversationColumns+where, argument)
	return err
}

// existingDirect reads the direct conversation of a set of members. The missing
// error says what is wrong when there is none.
func (s *Store) existingDirect(ctx context.Context, directKey []byte, missing error) (store.Creation, error) {
	var result store.Creation
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		result, err = selectDirect(ctx, tx, directKey, missing)
		return err
	})
	return result, err
}

// A deleted conversation has lost its key.
const directQuery = "SELECT" + conversationColumns + " FROM conversations AS conversation WHERE conversation.direct_key = $1"

func selectDirect(ctx context.Context, tx pgx.Tx, directKey []byte, missing error) (store.Creation, error) {
	existing, err := selectOne(ctx, tx, scanConversation, missing, directQuery, directKey)
	if err != nil {
		return store.Creation{}, err
	}
	rows, _ := tx.Query(ctx, "SELECT"+memberColumns+`
		FROM members AS member
		WHERE member.conversation_id = $1 AND member.left_rev = 0
		ORDER BY member.user_id`, existing.ID)
	members, err := pgx.CollectRows(rows, scanMember)
	if err != nil {
		return store.Creation{}, fmt.Errorf("read the members of a direct conversation: %w", err)
	}
	return store.Creation{Conversation: existing, Members: members}, nil
}
