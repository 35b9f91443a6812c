package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// Append stores a group in one transaction. A message that is refused leaves no
// trace in it, and the others are stored.
func (s *Store) Append(ctx context.Context, group []store.NewMessage) ([]store.AppendOutcome, error) {
	firsts, places := identity.FirstSends(group)
	if len(firsts) == 0 {
		return nil, nil
	}
	results := make([]identity.Result, len(firsts))
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		appending := s.newAppending(tx)
		for i, message := range firsts {
			var err error
			if results[i], err = appending.add(ctx, message); err != nil {
				return err
			}
		}
		return appending.advance(ctx)
	})
	if err != nil {
		return nil, err
	}
	return identity.Outcomes(group, places, results), nil
}

// appending is one group on its way into the file.
type appending struct {
	tx    *sql.Tx
	at    instant
	bases map[model.ConversationID]*base
	// statements are prepared once for the group; the transaction closes them.
	statements map[string]*sql.Stmt
}

func (s *Store) newAppending(tx *sql.Tx) *appending {
	return &appending{
		tx: tx, at: s.instant(),
		bases: make(map[model.ConversationID]*base), statements: make(map[string]*sql.Stmt),
	}
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
	conversation model.Conversation
	added        int64
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
	parent, err := a.findParent(ctx, message)
	if err != nil {
		return identity.Result{}, err
	}
	if refused.Err, err = a.refusal(ctx, message, at, parent); err != nil || refused.Err != nil {
		return refused, err
	}
	stored, err := a.insert(ctx, message, at.conversation, parent)
	if isTaken(err, "messages.external_id") {
		refused.Err = model.ErrMessageExists.Because(err)
		return refused, nil
	}
	if err != nil {
		return identity.Result{}, fmt.Errorf("store a message: %w", err)
	}
	at.conversation.LastSeq, at.conversation.Rev = stored.Seq, stored.Rev
	at.added++
	return identity.Result{Message: stored, Hash: message.Hash, Created: true}, a.countReply(ctx, stored)
}

func (a *appending) findOld(ctx context.Context, message store.NewMessage) (storedMessage, error) {
	if fault(faultSkipDuplicateCheck) {
		return storedMessage{}, nil
	}
	return appendOne(ctx, a, scanStored, "SELECT"+messageColumns+messagesWithAuthors+`
		WHERE message.conversation_id = ? AND message.sender_id = ? AND message.client_id = ?`,
		message.Conversation, message.Sender, message.ClientID)
}

// findParent gives a zero message where there is none.
func (a *appending) findParent(ctx context.Context, message store.NewMessage) (model.Message, error) {
	if message.Parent == 0 {
		return model.Message{}, nil
	}
	return appendOne(ctx, a, scanMessage, "SELECT"+messageColumns+messagesWithAuthors+`
		WHERE message.id = ? AND message.conversation_id = ? AND message.deleted_at IS NULL`, message.Parent, message.Conversation)
}

// baseOf gives nil for an unknown conversation.
func (a *appending) baseOf(ctx context.Context, id model.ConversationID) (*base, error) {
	if known, ok := a.bases[id]; ok {
		return known, nil
	}
	conversation, err := appendOne(ctx, a, scanConversation,
		conversationQuery+"conversation.id = ? AND conversation.deleted_at IS NULL", id)
	if err != nil || conversation.ID == 0 {
		return nil, err
	}
	a.bases[id] = &base{conversation: conversation}
	return a.bases[id], nil
}

func (a *appending) insert(ctx context.Context, message store.NewMessage, after model.Conversation, parent model.Message) (model.Message, error) {
	more, err := detailsOf(message).column()
	if err != nil {
		return model.Message{}, err
	}
	thread := parent.Thread
	if thread == 0 {
		thread = parent.ID
	}
	id, err := appendOne(ctx, a, scanNumber[model.MessageID], `
		INSERT INTO messages (
			conversation_id, seq, external_id, created_rev, rev, client_id, sender_id, hash,
			type, content, properties, details, group_tag, parent_id, thread_id, created_at
		)
		VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
		RETURNING id`,
		message.Conversation, after.LastSeq+1, orNull(message.ExternalID), after.Rev+1, message.ClientID, message.Sender,
		message.Hash[:], message.Type, string(message.Content), orEmptyObject(message.Properties),
		more, message.GroupTag, orNullID(parent.ID), orNullID(thread), a.at)
	return model.Message{
		ID: id, ExternalID: message.ExternalID, Conversation: message.Conversation, Seq: after.LastSeq + 1,
		CreatedRev: after.Rev + 1, Rev: after.Rev + 1, ClientID: message.ClientID, Sender: message.Sender, Type: message.Type,
		Content: message.Content, Properties: json.RawMessage(orEmptyObject(message.Properties)),
		Attachments: message.Attachments, Mentions: message.Mentions, Links: message.Links,
		GroupTag: message.GroupTag, Parent: parent.ID, Thread: thread, CreatedAt: a.at.time(),
	}, err
}

// countReply counts a reply at its parent and its thread.
func (a *appending) countReply(ctx context.Context, reply model.Message) error {
	if reply.Parent == 0 {
		return nil
	}
	_, err := a.tx.ExecContext(ctx, "UPDATE messages SET reply_count = reply_count + 1, rev = ? WHERE id IN (?, ?)",
		reply.Rev, reply.Parent, reply.Thread)
	return err
}

// advance moves the conversations to where their messages have brought them.
func (a *appending) advance(ctx context.Context) error {
	for id, reached := range a.bases {
		if reached.added == 0 {
			continue
		}
		if _, err := a.tx.ExecContext(ctx, `
			UPDATE conversations
			SET last_seq = ?1, rev = ?2, message_count = message_count + ?3, changed_at = ?4, activity_at = ?4
			WHERE id = ?5`,
			reached.conversation.LastSeq, reached.conversation.Rev, reached.added, a.at, id); err != nil {
			return fmt.Errorf("advance conversation %d: %w", id, err)
		}
	}
	return nil
}
