package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const membershipColumns = `
	member.user_id, conversation.id, conversation.type, conversation.rev, conversation.last_seq, member.own_rev,
	member.read_seq, member.muted, member.hidden_seq IS NOT NULL AND member.hidden_seq >= conversation.last_seq,
	member.cleared_seq, member.created_rev, CASE WHEN conversation.since_join THEN member.joined_seq ELSE 0 END,
	conversation.member_count`

func scanMembership(from row) (store.UserMembership, error) {
	var membership store.UserMembership
	err := from.Scan(
		&membership.User, &membership.Conversation, &membership.Type, &membership.Rev, &membership.LastSeq, &membership.OwnRev,
		&membership.ReadSeq, &membership.Muted, &membership.Hidden, &membership.ClearedSeq, &membership.JoinedRev,
		&membership.JoinFloor, &membership.MemberCount)
	return membership, err
}

// Memberships lists the conversations of a user.
func (s *Store) Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error) {
	var found []store.UserMembership
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		found, err = selectAll(ctx, tx, scanMembership, "SELECT"+membershipColumns+presentMembers+`
			WHERE member.user_id = ? AND member.left_rev = 0 AND member.may_receive AND person.may_receive
			ORDER BY conversation.changed_at DESC, conversation.id DESC
			LIMIT ?`, user, limit)
		return err
	})
	memberships := make([]model.Membership, len(found))
	for i := range found {
		memberships[i] = found[i].Membership
	}
	return memberships, err
}

// MembershipsChanged lists memberships whose row changed lately.
func (s *Store) MembershipsChanged(ctx context.Context, users []model.UserID, since time.Time) (found []store.UserMembership, err error) {
	ids, err := list(plain(users))
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		found, err = selectAll(ctx, tx, scanMembership, "SELECT"+membershipColumns+presentMembers+`
			WHERE member.user_id IN (SELECT value FROM json_each(?)) AND member.changed_at >= ? AND member.left_rev = 0
				AND member.may_receive AND person.may_receive
			ORDER BY member.user_id, conversation.id`, ids, since.UnixMicro())
		return err
	})
	return found, err
}
