package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
)

const memberColumns = `
	conversation_id, user_id, role, joined_seq, created_rev, rev, left_rev, own_rev, read_seq, created_at`

func scanMember(from row) (model.Member, error) {
	var member model.Member
	var createdAt instant
	err := from.Scan(
		&member.Conversation, &member.User, &member.Role, &member.JoinedSeq, &member.CreatedRev, &member.Rev,
		&member.LeftRev, &member.OwnRev, &member.ReadSeq, &createdAt)
	member.CreatedAt = createdAt.time()
	return member, err
}

const memberQuery = "SELECT" + memberColumns + " FROM members WHERE conversation_id = ? AND user_id = ? AND left_rev = 0"

func selectMember(ctx context.Context, tx *sql.Tx, conversation model.ConversationID, user model.UserID, missing error) (model.Member, error) {
	return selectOne(ctx, tx, scanMember, missing, memberQuery, conversation, user)
}

// Member finds one present membership.
func (s *Store) Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (member model.Member, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		member, err = selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		return err
	})
	return member, err
}

// AddMember makes the user a member. The row of one who had left is used again.
func (s *Store) AddMember(ctx context.Context, conversation model.ConversationID, user model.UserID, role model.MemberRole) (member model.Member, added bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		member, err = selectMember(ctx, tx, conversation, user, nil)
		if err != nil || member.User != 0 {
			return err
		}
		next, err := s.advance(ctx, tx, conversation)
		if err != nil {
			return err
		}
		added = true
		member, err = selectOne(ctx, tx, scanMember, nil, `
			INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, created_at, changed_at)
			VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?6)
			ON CONFLICT (conversation_id, user_id) DO UPDATE
			SET role = excluded.role, joined_seq = excluded.joined_seq, created_rev = excluded.created_rev,
				rev = excluded.rev, left_rev = 0, created_at = excluded.created_at, changed_at = excluded.changed_at
			RETURNING`+memberColumns,
			conversation, user, role, next.lastSeq, next.rev, next.at)
		return err
	})
	if refersToNothing(err) {
		err = model.ErrUserNotFound.Because(err)
	}
	if err != nil {
		return model.Member{}, false, err
	}
	return member, added, nil
}

// RemoveMember makes the membership a tombstone.
func (s *Store) RemoveMember(ctx context.Context, conversation model.ConversationID, user model.UserID) (member model.Member, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		next, err := s.advance(ctx, tx, conversation)
		if err != nil {
			return err
		}
		member, err = selectOne(ctx, tx, scanMember, model.ErrMemberNotFound, `
			UPDATE members
			SET left_rev = ?3, rev = ?3, changed_at = ?4
			WHERE conversation_id = ?1 AND user_id = ?2 AND left_rev = 0
			RETURNING`+memberColumns, conversation, user, next.rev, next.at)
		return err
	})
	if err != nil {
		return model.Member{}, err
	}
	return member, nil
}
