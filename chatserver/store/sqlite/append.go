package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// Append stores a group in one transaction. A message that is refused leaves no
// trace in it, and the others are stored.
func (s *Store) Append(ctx context.Context, group []store.NewMessage) ([]store.AppendOutcome, error) {
	firsts := identity.FirstSends(group)
	if len(firsts) == 0 {
		return nil, nil
	}
	results := make(map[identity.Send]identity.Result, len(firsts))
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		appending := appending{
			tx: tx, at: s.instant(),
			bases: make(map[model.ConversationID]*base), statements: make(map[string]*sql.Stmt),
		}
		for _, message := range firsts {
			result, err := appending.add(ctx, message)
			if err != nil {
				return err
			}
			results[identity.SendOf(message)] = result
		}
		return appending.advance(ctx)
	})
	if err != nil {
		return nil, err
	}
	return identity.Outcomes(group, results), nil
}

// appending is one group on its way into the file.
type appending struct {
	tx    *sql.Tx
	at    instant
	bases map[model.ConversationID]*base
	// statements are prepared once for the group; the transaction closes them.
	statements map[string]*sql.Stmt
}

// appendOne reads at most one row; none gives a zero value.
func appendOne[T any](ctx context.Context, a *appending, scan func(row) (T, error), query string, arguments ...any) (T, error) {
	statement, ok := a.statements[query]
	if !ok {
		var err error
		if statement, err = a.tx.PrepareContext(ctx, query); err != nil {
			return *new(T), fmt.Errorf("prepare a statement: %w", err)
		}
		a.statements[query] = statement
	}
	found, err := scan(statement.QueryRowContext(ctx, arguments...))
	if errors.Is(err, sql.ErrNoRows) {
		return *new(T), nil
	}
	return found, err
}

// base is where a conversation stands after the messages that were added.
type base struct {
	seq, rev int64
	added    bool
}

func (a *appending) add(ctx context.Context, message store.NewMessage) (identity.Result, error) {
	old, err := a.findOld(ctx, message)
	if err != nil {
		return identity.Result{}, err
	}
	if old.message.ID != 0 {
		return identity.Result{Message: old.message, Hash: old.hash}, nil
	}
	refused := identity.Result{Hash: message.Hash}
	at, err := a.baseOf(ctx, message.Conversation)
	if err != nil {
		return identity.Result{}, err
	}
	if at == nil {
		refused.Err = model.ErrConversationNotFound
		return refused, nil
	}
	if present, err := a.isMember(ctx, message); err != nil {
		return identity.Result{}, err
	} else if !present {
		refused.Err = model.ErrMemberNotFound
		return refused, nil
	}
	stored, err := a.insert(ctx, message, *at)
	if isTaken(err, "messages.external_id") {
		refused.Err = model.ErrMessageExists.Because(err)
		return refused, nil
	}
	if err != nil {
		return identity.Result{}, fmt.Errorf("store a message: %w", err)
	}
	at.seq, at.rev, at.added = stored.Seq, stored.Rev, true
	return identity.Result{Message: stored, Hash: message.Hash, Created: true}, nil
}

func (a *appending) findOld(ctx context.Context, message store.NewMessage) (storedMessage, error) {
	if fault(faultSkipDuplicateCheck) {
		return storedMessage{}, nil
	}
	return appendOne(ctx, a, scanStored, "SELECT"+messageColumns+`
		FROM messages
		WHERE conversation_id = ? AND sender_id = ? AND client_id = ?`,
		message.Conversation, message.Sender, message.ClientID)
}

// baseOf gives nil for an unknown conversation.
func (a *appending) baseOf(ctx context.Context, id model.ConversationID) (*base, error) {
	if known, ok := a.bases[id]; ok {
		return known, nil
	}
	conversation, err := appendOne(ctx, a, scanConversation,
		"SELECT"+conversationColumns+" FROM conversations WHERE id = ?", id)
	if err != nil || conversation.ID == 0 {
		return nil, err
	}
	a.bases[id] = &base{seq: conversation.LastSeq, rev: conversation.Rev}
	return a.bases[id], nil
}

func (a *appending) isMember(ctx context.Context, message store.NewMessage) (bool, error) {
	if fault(faultSkipMemberCheck) {
		return true, nil
	}
	member, err := appendOne(ctx, a, scanMember, memberQuery, message.Conversation, message.Sender)
	return member.User != 0, err
}

func (a *appending) insert(ctx context.Context, message store.NewMessage, after base) (model.Message, error) {
	return appendOne(ctx, a, scanMessage, `
		INSERT INTO messages (
			conversation_id, seq, external_id, created_rev, rev, client_id, sender_id, hash,
			type, content, properties, created_at
		)
		VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
		RETURNING`+messageColumns,
		message.Conversation, after.seq+1, orNull(message.ExternalID), after.rev+1, message.ClientID, message.Sender,
		message.Hash[:], message.Type, string(message.Content), orEmptyObject(message.Properties), a.at)
}

// advance moves the conversations to where their messages have brought them.
func (a *appending) advance(ctx context.Context) error {
	for id, reached := range a.bases {
		if !reached.added {
			continue
		}
		if _, err := a.tx.ExecContext(ctx,
			"UPDATE conversations SET last_seq = ?, rev = ?, changed_at = ? WHERE id = ?",
			reached.seq, reached.rev, a.at, id); err != nil {
			return fmt.Errorf("advance conversation %d: %w", id, err)
		}
	}
	return nil
}
