package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const membershipColumns = `
	member.user_id, conversation.id, conversation.type, conversation.rev, conversation.last_seq, member.own_rev, member.read_seq,
	member.muted, COALESCE(member.hidden_seq >= conversation.last_seq, false), member.cleared_seq, member.created_rev,
	CASE WHEN conversation.since_join THEN member.joined_seq ELSE 0 END, conversation.member_count`

func scanMembership(row pgx.CollectableRow) (store.UserMembership, error) {
	var membership store.UserMembership
	err := row.Scan(
		&membership.User, &membership.Conversation, &membership.Type, &membership.Rev, &membership.LastSeq, &membership.OwnRev,
		&membership.ReadSeq, &membership.Muted, &membership.Hidden, &membership.ClearedSeq, &membership.JoinedRev,
		&membership.JoinFloor, &membership.MemberCount)
	return membership, err
}

// Memberships lists the conversations that a user may receive.
func (s *Store) Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error) {
	found, err := queryAll(ctx, s, scanMembership, "SELECT"+membershipColumns+presentMembers+`
		WHERE member.user_id = $1 AND member.left_rev = 0 AND member.may_receive AND person.may_receive
		ORDER BY conversation.changed_at DESC, conversation.id DESC
		LIMIT $2`, user, limit)
	memberships := make([]model.Membership, len(found))
	for i := range found {
		memberships[i] = found[i].Membership
	}
	return memberships, err
}

// MembershipsChanged lists memberships whose row changed lately.
func (s *Store) MembershipsChanged(ctx context.Context, users []model.UserID, since time.Time) ([]store.UserMembership, error) {
	return queryAll(ctx, s, scanMembership, "SELECT"+membershipColumns+presentMembers+`
		WHERE member.user_id = ANY ($1) AND member.changed_at >= $2 AND member.left_rev = 0
			AND member.may_receive AND person.may_receive
		ORDER BY member.user_id, conversation.id`, int64s(users), since)
}

// int64s gives ids the type that pgx knows how to send.
func int64s[T ~int64](ids []T) []int64 {
	plain := make([]int64, len(ids))
	for i, id := range ids {
		plain[i] = int64(id)
	}
	return plain
}
