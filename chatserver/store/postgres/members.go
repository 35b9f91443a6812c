package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

const memberColumns = `
	conversation_id, user_id, role, joined_seq, created_rev, rev, left_rev, own_rev, read_seq, created_at`

func scanMember(row pgx.CollectableRow) (model.Member, error) {
	var member model.Member
	err := row.Scan(
		&member.Conversation, &member.User, &member.Role, &member.JoinedSeq, &member.CreatedRev, &member.Rev,
		&member.LeftRev, &member.OwnRev, &member.ReadSeq, &member.CreatedAt)
	return member, err
}

const memberQuery = "SELECT" + memberColumns + " FROM members WHERE conversation_id = $1 AND user_id = $2 AND left_rev = 0"

// Member finds one present membership.
func (s *Store) Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error) {
	return queryOne(ctx, s, scanMember, model.ErrMemberNotFound, memberQuery, conversation, user)
}

// AddMember makes the user a member. The row of one who had left is used again.
func (s *Store) AddMember(ctx context.Context, conversation model.ConversationID, user model.UserID, role model.MemberRole) (member model.Member, added bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockConversation(ctx, tx, conversation); err != nil {
			return err
		}
		member, err = selectOne(ctx, tx, scanMember, nil, memberQuery, conversation, user)
		if err != nil || member.User != 0 {
			return err
		}
		next, err := advance(ctx, tx, conversation)
		if err != nil {
			return err
		}
		added = true
		member, err = selectOne(ctx, tx, scanMember, nil, `
			INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, created_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $5, $6, $6)
			ON CONFLICT (conversation_id, user_id) DO UPDATE
			SET role = excluded.role, joined_seq = excluded.joined_seq, created_rev = excluded.created_rev,
				rev = excluded.rev, left_rev = 0, created_at = excluded.created_at, changed_at = excluded.changed_at
			RETURNING`+memberColumns,
			conversation, user, role, next.lastSeq, next.rev, next.at)
		return err
	})
	if violates(err, foreignKeyViolation, "") {
		err = model.ErrUserNotFound.Because(err)
	}
	if err != nil {
		return model.Member{}, false, err
	}
	return member, added, nil
}

// RemoveMember makes the membership a tombstone.
func (s *Store) RemoveMember(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error) {
	var member model.Member
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockConversation(ctx, tx, conversation); err != nil {
			return err
		}
		if _, err := selectOne(ctx, tx, scanMember, model.ErrMemberNotFound, memberQuery, conversation, user); err != nil {
			return err
		}
		next, err := advance(ctx, tx, conversation)
		if err != nil {
			return err
		}
		member, err = selectOne(ctx, tx, scanMember, model.ErrMemberNotFound, `
			UPDATE members
			SET left_rev = $3, rev = $3, changed_at = $4
			WHERE conversation_id = $1 AND user_id = $2
			RETURNING`+memberColumns, conversation, user, next.rev, next.at)
		return err
	})
	if err != nil {
		return model.Member{}, err
	}
	return member, nil
}
