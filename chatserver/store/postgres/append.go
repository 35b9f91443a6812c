package postgres

import (
	"context"
	_ "embed" // for the statements
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

var (
	//go:embed lock.sql
	lockSQL string
	//go:embed append.sql
	appendSQL string
	//go:embed replies.sql
	repliesSQL string
)

// appendFor leaves out what a group without replies does not need: to prepare an
// update of messages costs a sixth of a group of one.
func appendFor(group []store.NewMessage) string {
	if !slices.ContainsFunc(group, func(message store.NewMessage) bool { return message.Parent != 0 }) {
		return appendSQL
	}
	return strings.Replace(appendSQL, "-- Here replies.sql goes, for a group that has some.\n", repliesSQL, 1)
}

// Append stores a group in one transaction and one round trip. A group that
// PostgreSQL refuses because of one message's data, a taken externalId say, is
// split in halves until that message is alone, each half its own transaction;
// the others are stored as if it had not been there.
func (s *Store) Append(ctx context.Context, group []store.NewMessage) ([]store.AppendOutcome, error) {
	firsts := identity.FirstSends(group)
	results := make(map[identity.Send]identity.Result, len(firsts))
	if err := s.appendFirsts(ctx, firsts, results); err != nil {
		return nil, failure(ctx, err)
	}
	if err := s.explainRefusals(ctx, firsts, results); err != nil {
		return nil, err
	}
	return identity.Outcomes(group, results), nil
}

// appendFirsts stores messages that are each the first of their send.
func (s *Store) appendFirsts(ctx context.Context, group []store.NewMessage, results map[identity.Send]identity.Result) error {
	switch {
	case len(group) == 0:
		return nil
	case fault(faultHalfGroups) && len(group) > 1:
		return s.appendHalves(ctx, group, results)
	}
	err := s.appendOnce(ctx, group, results)
	switch {
	case err == nil || !isDataError(err):
		return err
	case len(group) > 1:
		return s.appendHalves(ctx, group, results)
	}
	refusal := fmt.Errorf("store the message: %w", err)
	if isTaken(err, "messages_external_id_unique") {
		refusal = model.ErrMessageExists.Because(err)
	}
	results[identity.SendOf(group[0])] = identity.Result{Hash: group[0].Hash, Err: refusal}
	return nil
}

func (s *Store) appendHalves(ctx context.Context, group []store.NewMessage, results map[identity.Send]identity.Result) error {
	half := len(group) / 2
	if err := s.appendFirsts(ctx, group[:half], results); err != nil {
		return err
	}
	return s.appendFirsts(ctx, group[half:], results)
}

// appendOnce runs the two statements and adds to the results only once they are
// committed.
func (s *Store) appendOnce(ctx context.Context, group []store.NewMessage, results map[identity.Send]identity.Result) error {
	arguments, err := appendArguments(group)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	connection, err := s.appender.Acquire(bounded)
	if err != nil {
		return failure(ctx, err)
	}
	defer connection.Release()

	var rows []identity.Result
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	batch.Queue(lockStatement(), conversationIDs(group))
	batch.Queue(appendStatement(group), arguments...).Query(collect(&rows, scanResult))
	queueCommit(batch)
	if err := connection.SendBatch(bounded, batch).Close(); err != nil {
		rollBack(bounded, connection)
		return failure(ctx, err)
	}
	addResults(group, rows, results)
	return nil
}

// addResults adds what the append statement gave for the messages of a group.
func addResults(group []store.NewMessage, rows []identity.Result, results map[identity.Send]identity.Result) {
	stored := make(map[identity.Send]identity.Result, len(rows))
	for _, row := range rows {
		stored[sendOf(row.Message)] = row
	}
	for _, message := range group {
		send := identity.SendOf(message)
		if result, ok := stored[send]; ok {
			results[send] = complete(result, message)
		}
	}
}

func sendOf(message model.Message) identity.Send {
	return identity.Send{Conversation: message.Conversation, Sender: message.Sender, ClientID: message.ClientID}
}

func scanResult(row pgx.CollectableRow) (identity.Result, error) {
	var result identity.Result
	var hash []byte
	var more *details
	err := row.Scan(append([]any{&result.Created, &hash}, messageFields(&result.Message, &more)...)...)
	more.adopt(&result.Message)
	copy(result.Hash[:], hash)
	return result, err
}

// complete adds what the statement does not send back.
func complete(result identity.Result, message store.NewMessage) identity.Result {
	if result.Created {
		result.Hash = message.Hash
		result.Message.Content = message.Content
		result.Message.Properties = json.RawMessage(orEmptyObject(message.Properties))
		result.Message.GroupTag = message.GroupTag
		given := details{Attachments: message.Attachments, Mentions: message.Mentions, Links: message.Links}
		given.adopt(&result.Message)
	}
	return result
}

func conversationIDs(group []store.NewMessage) []int64 {
	ids := make([]int64, 0, len(group))
	for _, message := range group {
		if id := int64(message.Conversation); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// appendArguments turns the group into one array for each column.
func appendArguments(group []store.NewMessage) ([]any, error) {
	n := len(group)
	conversations, senders, parents := make([]int64, n), make([]int64, n), make([]int64, n)
	clientIDs, externalIDs, types, tags := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	contents, properties, hashes := make([]string, n), make([]string, n), make([][]byte, n)
	more := make([]*string, n)
	for i := range group {
		message := &group[i]
		conversations[i], senders[i], parents[i] = int64(message.Conversation), int64(message.Sender), int64(message.Parent)
		clientIDs[i], externalIDs[i], types[i], tags[i] = message.ClientID, message.ExternalID, string(message.Type), message.GroupTag
		contents[i], properties[i], hashes[i] = string(message.Content), orEmptyObject(message.Properties), message.Hash[:]
		var err error
		more[i], err = details{Attachments: message.Attachments, Mentions: message.Mentions, Links: message.Links}.encoded()
		if err != nil {
			return nil, fmt.Errorf("encode the details of a message: %w", err)
		}
	}
	return []any{
		conversations, senders, clientIDs, externalIDs, types, contents, properties, hashes, more, tags, parents,
	}, nil
}
