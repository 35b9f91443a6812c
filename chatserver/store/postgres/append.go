package postgres

import (
	"context"
	_ "embed" // for the statements
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

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
	//go:embed parents.sql
	parentsSQL string
	//go:embed replies.sql
	repliesSQL string
)

// appendFor leaves out what a group without replies does not need: to prepare an
// update of messages costs a sixth of a group of one.
func appendFor(group []store.NewMessage) string {
	if !slices.ContainsFunc(group, func(message store.NewMessage) bool { return message.Parent != 0 }) {
		return appendSQL
	}
	return strings.NewReplacer(
		"        CROSS JOIN (VALUES (NULL::bigint, NULL::bigint)) AS parent (id, thread_id)\n", parentsSQL,
		"-- Here replies.sql goes, for a group that has some.\n", repliesSQL,
	).Replace(appendSQL)
}

// Append stores a group in one transaction and one round trip. A group that
// PostgreSQL refuses because of one message's data, a taken externalId say, is
// split in halves until that message is alone, each half its own transaction;
// the others are stored as if it had not been there.
func (s *Store) Append(ctx context.Context, group []store.NewMessage) ([]store.AppendOutcome, error) {
	firsts, places := identity.FirstSends(group)
	results := make([]identity.Result, len(firsts))
	if err := s.appendFirsts(ctx, firsts, results); err != nil {
		return nil, failure(ctx, err)
	}
	if err := s.findDuplicates(ctx, firsts, results); err != nil {
		return nil, err
	}
	if err := s.explainRefusals(ctx, firsts, results); err != nil {
		return nil, err
	}
	return identity.Outcomes(group, places, results), nil
}

// appendFirsts stores messages that are each the first of their send.
func (s *Store) appendFirsts(ctx context.Context, group []store.NewMessage, results []identity.Result) error {
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
	results[0] = identity.Result{Hash: group[0].Hash, Err: refusal}
	return nil
}

func (s *Store) appendHalves(ctx context.Context, group []store.NewMessage, results []identity.Result) error {
	half := len(group) / 2
	if err := s.appendFirsts(ctx, group[:half], results[:half]); err != nil {
		return err
	}
	return s.appendFirsts(ctx, group[half:], results[half:])
}

// appendOnce runs the two statements and adds to the results only once they are
// committed.
func (s *Store) appendOnce(ctx context.Context, group []store.NewMessage, results []identity.Result) error {
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

	appended := make([]identity.Result, len(group))
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	s.plans.renew(connection.Conn(), batch)
	batch.Queue(lockStatement(), conversationIDs(group))
	batch.Queue(appendStatement(group), arguments...).Query(func(rows pgx.Rows) error {
		return readAppended(rows, group, appended)
	})
	queueCommit(batch)
	if err := connection.SendBatch(bounded, batch).Close(); err != nil {
		rollBack(bounded, connection)
		return failure(ctx, err)
	}
	copy(results, appended)
	s.plans.appended.Add(int64(len(group)))
	return nil
}

// readAppended reads what the append statement gave for the messages of a group,
// and adds to it what the statement does not send back.
func readAppended(rows pgx.Rows, group []store.NewMessage, results []identity.Result) error {
	var position, seq, rev int64
	var id, thread model.MessageID
	var at time.Time
	_, err := pgx.ForEachRow(rows, []any{&position, &id, &seq, &rev, &thread, &at}, func() error {
		given, result := &group[position-1], &results[position-1]
		result.Created, result.Hash = true, given.Hash
		result.Message = model.Message{
			ID: id, ExternalID: given.ExternalID, Conversation: given.Conversation, Seq: seq, CreatedRev: rev, Rev: rev,
			ClientID: given.ClientID, Sender: given.Sender, Type: given.Type, Content: given.Content,
			Properties: json.RawMessage(orEmptyObject(given.Properties)), GroupTag: given.GroupTag,
			Attachments: given.Attachments, Mentions: given.Mentions, Links: given.Links,
			Parent: given.Parent, Thread: thread, CreatedAt: at,
		}
		return nil
	})
	return err
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
	contents, properties, more, hashes := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	for i := range group {
		message := &group[i]
		conversations[i], senders[i], parents[i] = int64(message.Conversation), int64(message.Sender), int64(message.Parent)
		clientIDs[i], externalIDs[i], types[i], tags[i] = message.ClientID, message.ExternalID, string(message.Type), message.GroupTag
		contents[i], hashes[i] = message.Content, message.Hash[:]
		if len(message.Properties) > 0 {
			properties[i] = message.Properties
		}
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
