package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// move takes a member's mark from one seq to another.
type move struct {
	conversation model.ConversationID
	user         model.UserID
	from, to     int64
}

func columnsOf(moves []move) (conversations, users, from, to []int64) {
	n := len(moves)
	conversations, users, from, to = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, move := range moves {
		conversations[i], users[i], from[i], to[i] = int64(move.conversation), int64(move.user), move.from, move.to
	}
	return conversations, users, from, to
}

// queueMoves stores moves and forgets what each member has beyond
// model.MaxReceiptMoves.
func queueMoves(batch *pgx.Batch, kind store.ReceiptKind, moves []move, at time.Time) {
	conversations, users, from, to := columnsOf(moves)
	batch.Queue(`
		INSERT INTO receipt_moves (conversation_id, user_id, kind, seq, from_seq, at)
		SELECT item.conversation_id, item.user_id, $3, item.seq, item.from_seq, $6
		FROM unnest($1::bigint[], $2::bigint[], $4::bigint[], $5::bigint[]) AS item (conversation_id, user_id, from_seq, seq)
		ON CONFLICT (conversation_id, user_id, kind, seq) DO NOTHING`, conversations, users, kind, from, to, at)
	batch.Queue(`
		DELETE FROM receipt_moves AS move
		USING unnest($1::bigint[], $2::bigint[]) AS item (conversation_id, user_id), LATERAL (
			SELECT kept.seq
			FROM receipt_moves AS kept
			WHERE kept.conversation_id = item.conversation_id AND kept.user_id = item.user_id AND kept.kind = $3
			ORDER BY kept.seq DESC
			OFFSET $4
			LIMIT 1
		) AS last
		WHERE move.conversation_id = item.conversation_id AND move.user_id = item.user_id AND move.kind = $3
			AND move.seq <= last.seq`, conversations, users, kind, model.MaxReceiptMoves)
}
