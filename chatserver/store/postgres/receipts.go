package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// MarkRead moves a read mark forward, and the delivered mark with it.
func (s *Store) MarkRead(
	ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64,
) (member model.Member, moved bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		own, err := lockMember(ctx, tx, conversation, user)
		if err != nil {
			return err
		}
		member = own.Member
		to := min(seq, own.lastSeq)
		if moved = to > member.ReadSeq; !moved {
			return nil
		}
		batch := &pgx.Batch{}
		queueMoves(batch, store.ReadReceipt, []move{{conversation, user, member.ReadSeq, to}}, own.now)
		if to > member.DeliveredSeq {
			queueMoves(batch, store.DeliveredReceipt, []move{{conversation, user, member.DeliveredSeq, to}}, own.now)
			member.DeliveredSeq = to
		}
		member.ReadSeq, member.ReadAt = to, &own.now
		member.OwnRev++
		queueReadMark(batch, member, own)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return model.Member{}, false, err
	}
	return member, moved, nil
}

// MarkUnread moves a read mark back: what it takes back was never read.
func (s *Store) MarkUnread(
	ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64,
) (member model.Member, moved bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		own, err := lockMember(ctx, tx, conversation, user)
		if err != nil {
			return err
		}
		member = own.Member
		to := max(seq-1, 0)
		if moved = to < member.ReadSeq; !moved {
			return nil
		}
		member.ReadSeq = to
		member.OwnRev++
		batch := &pgx.Batch{}
		batch.Queue(`
			DELETE FROM receipt_moves
			WHERE conversation_id = $1 AND user_id = $2 AND kind = $3 AND from_seq >= $4`, conversation, user, store.ReadReceipt, to)
		batch.Queue(`
			UPDATE receipt_moves
			SET seq = $4
			WHERE conversation_id = $1 AND user_id = $2 AND kind = $3 AND seq > $4`, conversation, user, store.ReadReceipt, to)
		queueReadMark(batch, member, own)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return model.Member{}, false, err
	}
	return member, moved, nil
}

func queueReadMark(batch *pgx.Batch, member model.Member, own ownMember) {
	batch.Queue(`
		UPDATE members
		SET read_seq = $3, read_at = $4, delivered_seq = $5, own_rev = $6, changed_at = $7
		WHERE conversation_id = $1 AND user_id = $2`,
		member.Conversation, member.User, member.ReadSeq, member.ReadAt, member.DeliveredSeq, member.OwnRev, own.now)
}

// MarkDelivered moves delivered marks forward. The rows are locked in their
// order.
func (s *Store) MarkDelivered(ctx context.Context, marks []store.DeliveredMark, maxMembers int) ([]store.DeliveredMark, error) {
	if len(marks) == 0 {
		return nil, nil
	}
	n := len(marks)
	conversations, users, seqs := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, mark := range marks {
		conversations[i], users[i], seqs[i] = int64(mark.Conversation), int64(mark.User), mark.Seq
	}
	var moved []store.DeliveredMark
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := lockDelivered(ctx, tx, maxMembers, conversations, users, seqs)
		if err != nil || len(found) == 0 {
			moved = nil
			return err
		}
		own := ownMember{}
		if err := tx.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&own.now); err != nil {
			return err
		}
		moved = make([]store.DeliveredMark, len(found))
		moves := make([]move, len(found))
		for i, move := range found {
			moves[i] = move.move
			moved[i] = store.DeliveredMark{Conversation: move.conversation, User: move.user, Seq: move.to, ReadSeq: move.read, At: own.now}
		}
		batch := &pgx.Batch{}
		queueMoves(batch, store.DeliveredReceipt, moves, own.now)
		movedConversations, movedUsers, _, to := columnsOf(moves)
		batch.Queue(`
			UPDATE members AS member
			SET delivered_seq = item.seq
			FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS item (conversation_id, user_id, seq)
			WHERE member.conversation_id = item.conversation_id AND member.user_id = item.user_id`,
			movedConversations, movedUsers, to)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return nil, err
	}
	return moved, nil
}

// deliveredMove knows the read mark too.
type deliveredMove struct {
	move
	read int64
}

// lockDelivered locks the members whose delivered mark moves.
func lockDelivered(ctx context.Context, tx pgx.Tx, maxMembers int, conversations, users, seqs []int64) ([]deliveredMove, error) {
	rows, _ := tx.Query(ctx, `
		SELECT member.conversation_id, member.user_id, member.delivered_seq, LEAST(item.seq, conversation.last_seq), member.read_seq
		FROM (
			SELECT given.conversation_id, given.user_id, max(given.seq) AS seq
			FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS given (conversation_id, user_id, seq)
			GROUP BY given.conversation_id, given.user_id
		) AS item
		JOIN members AS member ON member.conversation_id = item.conversation_id AND member.user_id = item.user_id
		JOIN conversations AS conversation ON conversation.id = member.conversation_id AND conversation.deleted_at IS NULL
		JOIN users AS person ON person.id = member.user_id AND person.erased_at IS NULL
		WHERE member.left_rev = 0 AND member.delivered_seq < LEAST(item.seq, conversation.last_seq)
			AND conversation.member_count <= $4
		ORDER BY member.conversation_id, member.user_id
		FOR NO KEY UPDATE OF member`, conversations, users, seqs, maxMembers)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (deliveredMove, error) {
		var found deliveredMove
		return found, row.Scan(&found.conversation, &found.user, &found.from, &found.to, &found.read)
	})
}

// ListReceipts lists the members whose mark is at or above seq. The move that
// took the mark over seq says when.
func (s *Store) ListReceipts(
	ctx context.Context, conversation model.ConversationID, seq int64, kind store.ReceiptKind, page model.ListPage,
) ([]model.Receipt, int64, error) {
	mark := "member.read_seq"
	if kind == store.DeliveredReceipt {
		mark = "member.delivered_seq"
	}
	var where selection
	where.and("member.conversation_id = ? AND member.left_rev = 0 AND "+mark+" >= ?", conversation, seq)
	where.and(`member.user_id <> COALESCE((
		SELECT message.sender_id FROM messages AS message WHERE message.conversation_id = $1 AND message.seq = $2), 0)`)
	receipts, total, err := list(ctx, s, pgx.RowToStructByPos[model.Receipt], listing{
		columns: " member.user_id, " + mark + ", moved.at",
		from: presentMembers + `
			LEFT JOIN LATERAL (
				SELECT CASE WHEN move.from_seq < $2 THEN move.at END AS at
				FROM receipt_moves AS move
				WHERE move.conversation_id = $1 AND move.user_id = member.user_id AND move.kind = '` + string(receiptName(kind)) + `'
					AND move.seq >= $2
				ORDER BY move.seq
				LIMIT 1
			) AS moved ON true`,
		where: where, id: "member.user_id",
	}, page)
	return receipts, total, err
}

// receiptName keeps what a caller gave out of the statement.
func receiptName(kind store.ReceiptKind) store.ReceiptKind {
	if kind == store.DeliveredReceipt {
		return store.DeliveredReceipt
	}
	return store.ReadReceipt
}
