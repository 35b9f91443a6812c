package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// change is one transaction on a conversation. The file's write lock is its
// conversation's lock.
type change struct {
	store   *Store
	tx      *sql.Tx
	at      instant
	before  model.Conversation
	row     model.Conversation
	changed bool // it has a new rev
}

var _ store.Change = (*change)(nil)

// ChangeConversation runs a transaction that holds the conversation's lock.
func (s *Store) ChangeConversation(ctx context.Context, conversation model.ConversationID, run func(store.Change) error) error {
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		row, err := selectConversation(ctx, tx, model.ConversationRef{ID: conversation})
		if err != nil {
			return err
		}
		locked := &change{store: s, tx: tx, at: s.instant(), before: row, row: row}
		if err := run(locked); err != nil {
			return err
		}
		return locked.save(ctx)
	})
	if isTaken(err, "conversations.external_id") {
		return model.ErrConversationExists.Because(err)
	}
	return err
}

func (c *change) Conversation() *model.Conversation { return &c.row }

func (c *change) Next() int64 {
	c.row.Rev++
	c.changed = true
	return c.row.Rev
}

func (c *change) Now() time.Time { return c.at.time() }

// save stores the row if it changed.
func (c *change) save(ctx context.Context) error {
	row := &c.row
	if !c.changed && sameConversation(c.before, *row) {
		return nil
	}
	if row.Deleted() {
		row.ExternalID, row.Name, row.Avatar, row.Properties = "", "", "", nil
		if _, err := c.tx.ExecContext(ctx, "UPDATE conversations SET direct_key = NULL WHERE id = ?", c.before.ID); err != nil {
			return err
		}
	}
	_, err := c.tx.ExecContext(ctx, `
		UPDATE conversations
		SET external_id = ?2, name = ?3, name_key = ?4, avatar = ?5, properties = ?6, status = ?7, ephemeral = ?8,
			since_join = ?9, first_seq = ?10, message_count = ?11, member_count = ?12, rev = ?13, object_rev = ?14,
			version = ?15, updated_at = ?16, activity_at = ?17, deleted_at = ?18,
			changed_at = CASE WHEN ?19 THEN ?20 ELSE changed_at END
		WHERE id = ?1`,
		c.before.ID, orNull(row.ExternalID), row.Name, identity.NameKey(row.Name), row.Avatar, orEmptyObject(row.Properties),
		row.Status, row.Ephemeral, row.SinceJoin, row.FirstSeq, row.MessageCount, row.MemberCount, row.Rev, row.ObjectRev,
		row.Version, row.UpdatedAt.UnixMicro(), row.ActivityAt.UnixMicro(), orNullTime(row.DeletedAt), c.changed, c.at)
	if err != nil {
		return fmt.Errorf("store conversation %d: %w", c.before.ID, err)
	}
	return nil
}

func sameConversation(a, b model.Conversation) bool {
	return a.ExternalID == b.ExternalID && a.Name == b.Name && a.Avatar == b.Avatar &&
		bytes.Equal(a.Properties, b.Properties) && a.Status == b.Status && a.Ephemeral == b.Ephemeral &&
		a.SinceJoin == b.SinceJoin && a.FirstSeq == b.FirstSeq && a.MessageCount == b.MessageCount &&
		a.MemberCount == b.MemberCount && a.Rev == b.Rev && a.ObjectRev == b.ObjectRev && a.Version == b.Version &&
		a.UpdatedAt.Equal(b.UpdatedAt) && a.ActivityAt.Equal(b.ActivityAt) && a.Deleted() == b.Deleted()
}

func (c *change) User(ctx context.Context, ref model.UserRef) (model.User, error) {
	return selectUser(ctx, c.tx, ref)
}

// Member finds a membership, also that of an erased user, whose membership
// somebody must end.
func (c *change) Member(ctx context.Context, user model.UserID) (model.Member, error) {
	return selectOne(ctx, c.tx, scanMember, model.ErrMemberNotFound, "SELECT"+memberColumns+`
		FROM members AS member
		WHERE member.conversation_id = ? AND member.user_id = ? AND member.left_rev = 0`, c.before.ID, user)
}

// Successor finds who takes over from a member who leaves.
func (c *change) Successor(ctx context.Context, leaving model.UserID) (model.Member, error) {
	return selectOne(ctx, c.tx, scanMember, model.ErrMemberNotFound, "SELECT"+memberColumns+presentMembers+`
		WHERE member.conversation_id = ? AND member.user_id <> ? AND member.left_rev = 0
		ORDER BY
			CASE member.role WHEN 'owner' THEN 1 WHEN 'admin' THEN 2 WHEN 'moderator' THEN 3 WHEN 'member' THEN 4 ELSE 5 END,
			member.created_rev, member.user_id
		LIMIT 1`, c.row.ID, leaving)
}

// SaveMember stores a membership.
func (c *change) SaveMember(ctx context.Context, member model.Member) (model.Member, error) {
	permissions, err := asColumn(member.Permissions, len(member.Permissions) == 0)
	if err != nil {
		return model.Member{}, err
	}
	present, err := optional(c.Member(ctx, member.User))
	if err != nil {
		return model.Member{}, err
	}
	begins := member.CreatedRev > c.before.Rev
	if begins {
		if _, err := c.User(ctx, model.UserRef{ID: member.User}); err != nil {
			return model.Member{}, err
		}
		if err := c.resetOwn(ctx, member); err != nil {
			return model.Member{}, err
		}
	}
	saved, err := execute(ctx, c.tx, `
		UPDATE members
		SET role = ?3, joined_seq = ?4, created_rev = ?5, rev = ?6, left_rev = ?7, invited_by = ?8, permissions = ?9,
			may_send = ?10, may_receive = ?11, created_at = ?12, changed_at = ?13
		WHERE conversation_id = ?1 AND user_id = ?2`,
		c.before.ID, member.User, member.Role, member.JoinedSeq, member.CreatedRev, member.Rev, member.LeftRev, member.InvitedBy,
		permissions, !member.Permissions.Denies(model.MessageSend), !member.Permissions.Denies(model.MessageReceive),
		member.CreatedAt.UnixMicro(), c.at)
	if err != nil {
		return model.Member{}, err
	}
	if saved == 0 {
		return model.Member{}, model.ErrMemberNotFound
	}
	if present == nil && !member.Left() {
		c.row.MemberCount++
	}
	if present != nil && member.Left() {
		c.row.MemberCount--
	}
	return selectOne(ctx, c.tx, scanMember, model.ErrMemberNotFound, "SELECT"+memberColumns+`
		FROM members AS member WHERE member.conversation_id = ? AND member.user_id = ?`, c.before.ID, member.User)
}

// resetOwn begins a membership anew: what only the member saw is forgotten, but
// for the messages that it has hidden.
func (c *change) resetOwn(ctx context.Context, member model.Member) error {
	_, err := c.tx.ExecContext(ctx, `
		INSERT INTO members (
			conversation_id, user_id, role, joined_seq, created_rev, rev, read_seq, delivered_seq, created_at, changed_at
		)
		VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?4, ?4, ?6, ?6)
		ON CONFLICT (conversation_id, user_id) DO UPDATE
		SET read_seq = excluded.read_seq, delivered_seq = excluded.delivered_seq, read_at = NULL, own_rev = 0, muted = 0,
			hidden_seq = NULL, cleared_seq = 0`,
		c.before.ID, member.User, member.Role, member.JoinedSeq, member.CreatedRev, c.at)
	if err != nil {
		return fmt.Errorf("begin a membership: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, "DELETE FROM receipt_moves WHERE conversation_id = ? AND user_id = ?",
		c.before.ID, member.User)
	return err
}

func (c *change) AddJob(ctx context.Context, job store.NewJob) (model.Job, error) {
	return c.store.insertJob(ctx, c.tx, job)
}

func (c *change) AddAudit(ctx context.Context, event model.AuditEvent) error {
	return c.store.insertAudit(ctx, c.tx, event)
}
