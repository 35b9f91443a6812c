package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// ownMember is a member's row under its lock.
type ownMember struct {
	model.Member
	lastSeq int64
	now     time.Time // the database's clock after the lock was taken
}

// lockMember locks the row of a present member. Its conversation is not locked:
// what changes here only the member sees.
func lockMember(ctx context.Context, tx pgx.Tx, conversation model.ConversationID, user model.UserID) (ownMember, error) {
	var found []ownMember
	var clock []time.Time
	batch := &pgx.Batch{}
	batch.Queue("SELECT"+memberColumns+", conversation.last_seq"+presentMembers+`
		WHERE member.conversation_id = $1 AND member.user_id = $2 AND member.left_rev = 0
		FOR NO KEY UPDATE OF member`, conversation, user).
		Query(collect(&found, func(row pgx.CollectableRow) (ownMember, error) {
			var own ownMember
			return own, row.Scan(append(memberFields(&own.Member), &own.lastSeq)...)
		}))
	batch.Queue("SELECT clock_timestamp()").Query(collect(&clock, pgx.RowTo[time.Time]))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return ownMember{}, err
	}
	if len(found) == 0 {
		return ownMember{}, model.ErrMemberNotFound
	}
	found[0].now = clock[0]
	return found[0], nil
}

// SaveOwn changes what only the member itself sees.
func (s *Store) SaveOwn(
	ctx context.Context, conversation model.ConversationID, user model.UserID, change func(*model.Member) error,
) (model.Member, error) {
	var saved model.Member
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		own, err := lockMember(ctx, tx, conversation, user)
		if err != nil {
			return err
		}
		wanted := own.Member
		if err := change(&wanted); err != nil {
			return err
		}
		saved = own.Member
		if wanted.Muted == saved.Muted && wanted.Hidden == saved.Hidden && wanted.ClearedSeq == saved.ClearedSeq {
			return nil
		}
		saved.Muted, saved.Hidden, saved.ClearedSeq = wanted.Muted, wanted.Hidden, wanted.ClearedSeq
		saved.OwnRev++
		// One who hid it before the latest message hides it anew only by asking.
		_, err = tx.Exec(ctx, `
			UPDATE members
			SET muted = $3, cleared_seq = $4, own_rev = $5, changed_at = $6,
				hidden_seq = CASE WHEN NOT $7 THEN NULL WHEN $8 THEN hidden_seq ELSE $9 END
			WHERE conversation_id = $1 AND user_id = $2`,
			conversation, user, saved.Muted, saved.ClearedSeq, saved.OwnRev, own.now,
			saved.Hidden, own.Hidden, own.lastSeq)
		return err
	})
	if err != nil {
		return model.Member{}, err
	}
	return saved, nil
}

// HideMessage hides a message from one member.
func (s *Store) HideMessage(
	ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64,
) (member model.Member, hidden bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		own, err := lockMember(ctx, tx, conversation, user)
		if err != nil {
			return err
		}
		if seq < 1 || seq > own.lastSeq {
			return model.ErrMessageNotFound
		}
		member = own.Member
		tag, err := tx.Exec(ctx, `
			INSERT INTO hidden_messages (conversation_id, user_id, seq)
			VALUES ($1, $2, $3)
			ON CONFLICT (conversation_id, user_id, seq) DO NOTHING`, conversation, user, seq)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		hidden = true
		member.OwnRev++
		_, err = tx.Exec(ctx, `
			UPDATE members
			SET own_rev = $3, changed_at = $4
			WHERE conversation_id = $1 AND user_id = $2`, conversation, user, member.OwnRev, own.now)
		return err
	})
	if err != nil {
		return model.Member{}, false, err
	}
	return member, hidden, nil
}
