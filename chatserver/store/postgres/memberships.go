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

// expectedMemberships is what a list of memberships has room for at first.
const expectedMemberships = 32

// eachMembership reads memberships one after the other into the same place: they
// are read for every session that connects.
func (s *Store) eachMembership(ctx context.Context, take func(store.UserMembership), query string, arguments ...any) error {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	rows, _ := s.pool.Query(bounded, query, arguments...)
	var row store.UserMembership
	_, err := pgx.ForEachRow(rows, []any{
		&row.User, &row.Conversation, &row.Type, &row.Rev, &row.LastSeq, &row.OwnRev,
		&row.ReadSeq, &row.Muted, &row.Hidden, &row.ClearedSeq, &row.JoinedRev, &row.JoinFloor,
		&row.MemberCount,
	}, func() error {
		take(row)
		return nil
	})
	return failure(ctx, err)
}

// Memberships lists the conversations that a user may receive.
func (s *Store) Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error) {
	memberships := make([]model.Membership, 0, min(limit, expectedMemberships))
	err := s.eachMembership(ctx, func(found store.UserMembership) { memberships = append(memberships, found.Membership) },
		"SELECT"+membershipColumns+presentMembers+`
		WHERE member.user_id = $1 AND member.left_rev = 0 AND member.may_receive AND person.may_receive
		ORDER BY conversation.changed_at DESC, conversation.id DESC
		LIMIT $2`, user, limit)
	return memberships, err
}

// MembershipsChanged lists memberships whose row changed lately.
func (s *Store) MembershipsChanged(ctx context.Context, users []model.UserID, since time.Time) ([]store.UserMembership, error) {
	var memberships []store.UserMembership
	err := s.eachMembership(ctx, func(found store.UserMembership) { memberships = append(memberships, found) },
		"SELECT"+membershipColumns+presentMembers+`
		WHERE member.user_id = ANY ($1) AND member.changed_at >= $2 AND member.left_rev = 0
			AND member.may_receive AND person.may_receive
		ORDER BY member.user_id, conversation.id`, int64s(users), since)
	return memberships, err
}

// int64s gives ids the type that pgx knows how to send.
func int64s[T ~int64](ids []T) []int64 {
	plain := make([]int64, len(ids))
	for i, id := range ids {
		plain[i] = int64(id)
	}
	return plain
}
