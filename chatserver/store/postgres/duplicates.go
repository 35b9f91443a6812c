package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// duplicatesSQL reads the messages that sends have stored before.
const duplicatesSQL = `
	SELECT item.position, message.hash,` + messageColumns + `
	FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH ORDINALITY AS item (conversation_id, sender_id, client_id, position)
	JOIN messages AS message
		ON message.conversation_id = item.conversation_id
		AND message.sender_id = item.sender_id
		AND message.client_id = item.client_id`

// findDuplicates gives the messages without a result those that were stored
// before. Few groups have any, and the append statement costs less without.
func (s *Store) findDuplicates(ctx context.Context, firsts []store.NewMessage, results []identity.Result) error {
	missing := unknown(results)
	n := len(missing)
	if n == 0 {
		return nil
	}
	conversations, senders, clientIDs := make([]int64, n), make([]int64, n), make([]string, n)
	for i, place := range missing {
		message := &firsts[place]
		conversations[i], senders[i], clientIDs[i] = int64(message.Conversation), int64(message.Sender), message.ClientID
	}
	found, err := queryAll(ctx, s, scanDuplicate, duplicatesSQL, conversations, senders, clientIDs)
	if err != nil {
		return err
	}
	for _, duplicate := range found {
		results[missing[duplicate.position-1]] = duplicate.result
	}
	return nil
}

// duplicate is the result of the message at a position, which begins at 1.
type duplicate struct {
	position int64
	result   identity.Result
}

func scanDuplicate(row pgx.CollectableRow) (duplicate, error) {
	var found duplicate
	var hash []byte
	var more *details
	message := &found.result.Message
	err := row.Scan(append([]any{&found.position, &hash}, messageFields(message, &more)...)...)
	more.adopt(message)
	copy(found.result.Hash[:], hash)
	return found, err
}
