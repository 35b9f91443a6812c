package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

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

// memberFields are the places of memberColumns in a member.
func memberFields(member *model.Member) []any {
	return []any{
		&member.Conversation, &member.User, &member.Role, &member.JoinedSeq, &member.CreatedRev, &member.Rev,
		&member.LeftRev, &member.CreatedAt, &member.InvitedBy, &member.Permissions, &member.ReadSeq, &member.ReadAt,
		&member.DeliveredSeq, &member.OwnRev, &member.Muted, &member.Hidden, &member.ClearedSeq,
	}
}

func scanMember(row pgx.CollectableRow) (model.Member, error) {
	var member model.Member
	err := row.Scan(memberFields(&member)...)
	return member, err
}

// presentMembers are the memberships that are known: of conversations that are
// not deleted and users who are not erased.
const presentMembers = `
	FROM members AS member
	JOIN conversations AS conversation ON conversation.id = member.conversation_id AND conversation.deleted_at IS NULL
	JOIN users AS person ON person.id = member.user_id AND person.erased_at IS NULL`

// Member finds one present membership.
func (s *Store) Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error) {
	return queryOne(ctx, s, scanMember, model.ErrMemberNotFound, "SELECT"+memberColumns+presentMembers+`
		WHERE member.conversation_id = $1 AND member.user_id = $2 AND member.left_rev = 0`, conversation, user)
}

// ListMembers reads a part of a conversation's members.
func (s *Store) ListMembers(
	ctx context.Context, conversation model.ConversationID, filter store.MemberFilter, page model.ListPage,
) ([]model.Member, int64, error) {
	var where selection
	where.and("member.conversation_id = ? AND member.left_rev = 0", conversation)
	if len(filter.Roles) > 0 {
		where.and("member.role = ANY (?)", texts(filter.Roles))
	}
	if filter.Users != nil {
		where.and("member.user_id = ANY (?)", int64s(filter.Users))
	}
	if filter.Search != "" {
		where.andPrefix([]string{"person.name_key", "person.username_key"}, identity.NameKey(filter.Search))
	}
	return list(ctx, s, scanMember, listing{
		columns: memberColumns, from: presentMembers, where: where, id: "member.user_id",
	}, page)
}
