package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// memberColumns ask for the conversation's last seq only where the member has
// hidden it.
const memberColumns = `
	member.conversation_id, member.user_id, member.role, member.joined_seq, member.created_rev, member.rev,
	member.left_rev, member.created_at, member.invited_by, member.permissions, member.read_seq, member.read_at,
	member.delivered_seq, member.own_rev, member.muted,
	member.hidden_seq IS NOT NULL AND member.hidden_seq >= (
		SELECT hidden.last_seq FROM conversations AS hidden WHERE hidden.id = member.conversation_id
	), member.cleared_seq`

func scanMember(from row) (model.Member, error) {
	var member model.Member
	var createdAt instant
	var readAt sql.Null[instant]
	err := from.Scan(
		&member.Conversation, &member.User, &member.Role, &member.JoinedSeq, &member.CreatedRev, &member.Rev,
		&member.LeftRev, &createdAt, &member.InvitedBy, column[model.Permissions]{&member.Permissions}, &member.ReadSeq, &readAt,
		&member.DeliveredSeq, &member.OwnRev, &member.Muted, &member.Hidden, &member.ClearedSeq)
	member.CreatedAt, member.ReadAt = createdAt.time(), optionalTime(readAt)
	return member, err
}

// presentMembers are the memberships that are known: of conversations that are
// not deleted and users who are not erased.
const presentMembers = `
	FROM members AS member
	JOIN conversations AS conversation ON conversation.id = member.conversation_id AND conversation.deleted_at IS NULL
	JOIN users AS person ON person.id = member.user_id AND person.erased_at IS NULL`

func selectMember(ctx context.Context, tx *sql.Tx, conversation model.ConversationID, user model.UserID, missing error) (model.Member, error) {
	return selectOne(ctx, tx, scanMember, missing, "SELECT"+memberColumns+presentMembers+`
		WHERE member.conversation_id = ? AND member.user_id = ? AND member.left_rev = 0`, conversation, user)
}

// Member finds one present membership.
func (s *Store) Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (member model.Member, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		member, err = selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		return err
	})
	return member, err
}

// ListMembers reads a part of a conversation's members.
func (s *Store) ListMembers(ctx context.Context, conversation model.ConversationID, filter store.MemberFilter, page model.ListPage) ([]model.Member, int64, error) {
	var where selection
	where.and("member.conversation_id = ? AND member.left_rev = 0", conversation)
	if len(filter.Roles) > 0 {
		if err := where.andAmong("member.role", filter.Roles); err != nil {
			return nil, 0, err
		}
	}
	if filter.Users != nil {
		if err := where.andAmong("member.user_id", plain(filter.Users)); err != nil {
			return nil, 0, err
		}
	}
	if filter.Search != "" {
		where.andPrefix([]string{"person.name_key", "person.username_key"}, identity.NameKey(filter.Search))
	}
	return listPage(ctx, s, scanMember, listing{
		columns: memberColumns, from: presentMembers, where: where, id: "member.user_id",
	}, page)
}

// SaveOwn changes what only the member itself sees.
func (s *Store) SaveOwn(ctx context.Context, conversation model.ConversationID, user model.UserID, change func(*model.Member) error) (member model.Member, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		before, err := selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		if err != nil {
			return err
		}
		member = before
		if err := change(&member); err != nil {
			return err
		}
		if member.Muted == before.Muted && member.Hidden == before.Hidden && member.ClearedSeq == before.ClearedSeq {
			member = before
			return nil
		}
		if _, err := tx.ExecContext(ctx, `
			UPDATE members
			SET muted = ?3, cleared_seq = ?4, own_rev = own_rev + 1, changed_at = ?5,
				hidden_seq = CASE WHEN ?6 THEN (SELECT last_seq FROM conversations WHERE id = ?1) END
			WHERE conversation_id = ?1 AND user_id = ?2`,
			conversation, user, member.Muted, member.ClearedSeq, s.instant(), member.Hidden); err != nil {
			return err
		}
		member, err = selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		return err
	})
	if err != nil {
		return model.Member{}, err
	}
	return member, nil
}
