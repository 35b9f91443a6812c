package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// The kinds of move, as they are stored.
const (
	readMove      = "r"
	deliveredMove = "d"
)

// MarkRead moves the read mark forward, and the delivered mark with it.
func (s *Store) MarkRead(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (member model.Member, moved bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		last, before, err := selectMark(ctx, tx, conversation, user)
		if err != nil {
			return err
		}
		member = before
		seq = min(seq, last)
		if moved = seq > before.ReadSeq; !moved {
			return nil
		}
		at := s.instant()
		delivered := max(seq, before.DeliveredSeq)
		if _, err := tx.ExecContext(ctx, `
			UPDATE members SET read_seq = ?, delivered_seq = ?, read_at = ?, own_rev = own_rev + 1, changed_at = ?
			WHERE conversation_id = ? AND user_id = ?`, seq, delivered, at, at, conversation, user); err != nil {
			return err
		}
		if err := saveMove(ctx, tx, move{conversation, user, readMove, before.ReadSeq, seq, at}); err != nil {
			return err
		}
		if delivered > before.DeliveredSeq {
			if err := saveMove(ctx, tx, move{conversation, user, deliveredMove, before.DeliveredSeq, delivered, at}); err != nil {
				return err
			}
		}
		member, err = selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		return err
	})
	return member, moved, err
}

// selectMark reads a membership with the conversation's last seq.
func selectMark(ctx context.Context, tx *sql.Tx, conversation model.ConversationID, user model.UserID) (last int64, member model.Member, err error) {
	if member, err = selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound); err != nil {
		return 0, member, err
	}
	err = tx.QueryRowContext(ctx, "SELECT last_seq FROM conversations WHERE id = ?", conversation).Scan(&last)
	return last, member, err
}

// move takes a mark from one seq to another.
type move struct {
	conversation model.ConversationID
	user         model.UserID
	kind         string
	from, to     int64
	at           instant
}

// saveMove keeps the last moves of a mark.
func saveMove(ctx context.Context, tx *sql.Tx, m move) error {
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO receipt_moves (conversation_id, user_id, kind, seq, from_seq, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (conversation_id, user_id, kind, seq) DO UPDATE SET from_seq = excluded.from_seq, at = excluded.at`,
		m.conversation, m.user, m.kind, m.to, m.from, m.at); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		DELETE FROM receipt_moves
		WHERE conversation_id = ?1 AND user_id = ?2 AND kind = ?3 AND seq <= (
			SELECT kept.seq FROM receipt_moves AS kept
			WHERE kept.conversation_id = ?1 AND kept.user_id = ?2 AND kept.kind = ?3
			ORDER BY kept.seq DESC LIMIT 1 OFFSET ?4)`, m.conversation, m.user, m.kind, model.MaxReceiptMoves)
	return err
}

// MarkUnread moves the read mark back. Its moves beyond are undone.
func (s *Store) MarkUnread(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (member model.Member, moved bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		before, err := selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		if err != nil {
			return err
		}
		member = before
		mark := max(seq-1, 0)
		if moved = mark < before.ReadSeq; !moved {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `
			UPDATE members SET read_seq = ?, own_rev = own_rev + 1, changed_at = ?
			WHERE conversation_id = ? AND user_id = ?`, mark, s.instant(), conversation, user); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			"DELETE FROM receipt_moves WHERE conversation_id = ? AND user_id = ? AND kind = ? AND seq > ?",
			conversation, user, readMove, mark); err != nil {
			return err
		}
		member, err = selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		return err
	})
	return member, moved, err
}

// MarkDelivered moves delivered marks forward.
func (s *Store) MarkDelivered(ctx context.Context, marks []store.DeliveredMark, maxMembers int) (moved []store.DeliveredMark, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		moved = nil
		at := s.instant()
		for _, mark := range marks {
			before, err := optional(selectMember(ctx, tx, mark.Conversation, mark.User, model.ErrMemberNotFound))
			if err != nil {
				return err
			}
			if before == nil {
				continue
			}
			var last, members int64
			if err := tx.QueryRowContext(ctx, "SELECT last_seq, member_count FROM conversations WHERE id = ?", mark.Conversation).
				Scan(&last, &members); err != nil {
				return err
			}
			mark.Seq, mark.ReadSeq, mark.At = min(mark.Seq, last), before.ReadSeq, at.time()
			if members > int64(maxMembers) || mark.Seq <= before.DeliveredSeq {
				continue
			}
			if _, err := tx.ExecContext(ctx, "UPDATE members SET delivered_seq = ? WHERE conversation_id = ? AND user_id = ?",
				mark.Seq, mark.Conversation, mark.User); err != nil {
				return err
			}
			if err := saveMove(ctx, tx, move{mark.Conversation, mark.User, deliveredMove, before.DeliveredSeq, mark.Seq, at}); err != nil {
				return err
			}
			moved = append(moved, mark)
		}
		return nil
	})
	return moved, err
}

// ListReceipts lists the members whose mark is at or above a seq.
func (s *Store) ListReceipts(ctx context.Context, conversation model.ConversationID, seq int64, kind store.ReceiptKind, page model.ListPage) ([]model.Receipt, int64, error) {
	mark, stored := "member.read_seq", readMove
	if kind == store.DeliveredReceipt {
		mark, stored = "member.delivered_seq", deliveredMove
	}
	var where selection
	where.and("member.conversation_id = ? AND member.left_rev = 0", conversation)
	where.and(mark+" >= ?", seq)
	where.and(`NOT EXISTS (
		SELECT 1 FROM messages AS own
		WHERE own.conversation_id = member.conversation_id AND own.seq = ? AND own.sender_id = member.user_id)`, seq)
	columns := " member.user_id, " + mark + `, (
		SELECT moved.at FROM receipt_moves AS moved
		WHERE moved.conversation_id = member.conversation_id AND moved.user_id = member.user_id AND moved.kind = ?
			AND moved.seq >= ? AND moved.from_seq < ?
		ORDER BY moved.seq LIMIT 1)`
	return listPage(ctx, s, scanReceipt, listing{
		columns: columns, from: presentMembers, where: where, id: "member.user_id", leading: []any{stored, seq, seq},
	}, page)
}

func scanReceipt(from row) (model.Receipt, error) {
	var receipt model.Receipt
	var at sql.Null[instant]
	err := from.Scan(&receipt.User, &receipt.Seq, &at)
	receipt.At = optionalTime(at)
	return receipt, err
}
