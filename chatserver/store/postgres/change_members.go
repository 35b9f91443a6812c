package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// Member finds a membership, also that of an erased user, whose membership
// somebody must end.
func (c *change) Member(ctx context.Context, user model.UserID) (model.Member, error) {
	return changeOne(ctx, c, scanMember, model.ErrMemberNotFound, "SELECT"+memberColumns+`
		FROM members AS member
		WHERE member.conversation_id = $1 AND member.user_id = $2 AND member.left_rev = 0`, c.before.ID, user)
}

// Successor finds who takes over from a member who leaves.
func (c *change) Successor(ctx context.Context, leaving model.UserID) (model.Member, error) {
	return changeOne(ctx, c, scanMember, model.ErrMemberNotFound, "SELECT"+memberColumns+presentMembers+`
		WHERE member.conversation_id = $1 AND member.user_id <> $2 AND member.left_rev = 0
		ORDER BY
			CASE member.role WHEN 'owner' THEN 1 WHEN 'admin' THEN 2 WHEN 'moderator' THEN 3 WHEN 'member' THEN 4 ELSE 5 END,
			member.created_rev, member.user_id
		LIMIT 1`, c.before.ID, leaving)
}

// SaveMember stores a membership. Only one that begins anew needs a user who is
// not erased.
func (c *change) SaveMember(ctx context.Context, member model.Member) (model.Member, error) {
	type saved struct {
		model.Member
		was bool
	}
	anew := member.CreatedRev > c.before.Rev
	stored, err := changeOne(ctx, c, func(row pgx.CollectableRow) (saved, error) {
		var found saved
		return found, row.Scan(append(memberFields(&found.Member), &found.was)...)
	}, model.ErrUserNotFound, saveMember,
		c.before.ID, member.User, member.Role, member.JoinedSeq, member.CreatedRev, member.Rev, member.LeftRev,
		member.CreatedAt, member.InvitedBy, orNull(member.Permissions), !member.Permissions.Denies(model.MessageSend),
		!member.Permissions.Denies(model.MessageReceive), c.now, anew)
	if err != nil {
		return model.Member{}, err
	}
	switch {
	case stored.was && member.Left():
		c.present.MemberCount--
	case !stored.was && !member.Left():
		c.present.MemberCount++
	}
	if anew {
		_, err = c.execute(ctx, "DELETE FROM receipt_moves WHERE conversation_id = $1 AND user_id = $2", c.before.ID, member.User)
	}
	return stored.Member, err
}

const saveMember = `
	INSERT INTO members AS member (
		conversation_id, user_id, role, joined_seq, created_rev, rev, left_rev, created_at, invited_by, permissions,
		may_send, may_receive, changed_at, read_seq, delivered_seq
	)
	SELECT $1, person.id, $3, $4, $5, $6, $7, $8, $9, $10::json, $11, $12, $13, $4, $4
	FROM users AS person
	WHERE person.id = $2 AND (person.erased_at IS NULL OR NOT $14)
	FOR KEY SHARE
	ON CONFLICT (conversation_id, user_id) DO UPDATE
	SET role = excluded.role, joined_seq = excluded.joined_seq, created_rev = excluded.created_rev, rev = excluded.rev,
		left_rev = excluded.left_rev, created_at = excluded.created_at, invited_by = excluded.invited_by,
		permissions = excluded.permissions, may_send = excluded.may_send, may_receive = excluded.may_receive,
		changed_at = excluded.changed_at,
		read_seq = CASE WHEN $14 THEN excluded.joined_seq ELSE member.read_seq END,
		delivered_seq = CASE WHEN $14 THEN excluded.joined_seq ELSE member.delivered_seq END,
		read_at = CASE WHEN NOT $14 THEN member.read_at END,
		own_rev = CASE WHEN $14 THEN 0 ELSE member.own_rev END,
		muted = member.muted AND NOT $14,
		hidden_seq = CASE WHEN NOT $14 THEN member.hidden_seq END,
		cleared_seq = CASE WHEN $14 THEN 0 ELSE member.cleared_seq END
	RETURNING` + memberColumns + `,
		EXISTS (SELECT FROM members AS was WHERE was.conversation_id = $1 AND was.user_id = $2 AND was.left_rev = 0)`

// User finds one user.
func (c *change) User(ctx context.Context, ref model.UserRef) (model.User, error) {
	query, argument := userQuery(ref)
	return changeOne(ctx, c, scanUser, model.ErrUserNotFound, query, argument)
}
