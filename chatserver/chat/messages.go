package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// SendMessage is the input of Chat.Send.
type SendMessage struct {
	Conversation model.ConversationRef
	ClientID     string // makes a repeated send harmless; made up by the server when empty
	ExternalID   string
	Content      json.RawMessage // a JSON string or object
	Properties   json.RawMessage // a JSON object
}

func (in SendMessage) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.text("clientId", in.ClientID, MaxIdentifierLength)
	if strings.HasPrefix(in.ClientID, serverClientIDPrefix) {
		f.add(model.Invalid("clientId", "must not begin with %s: the server makes up such ids", serverClientIDPrefix))
	}
	f.identifier("externalId", in.ExternalID)
	f.content("content", in.Content)
	f.properties(in.Properties)
	return f.err()
}

// Sent is the outcome of a send.
type Sent struct {
	Message   model.Message
	Duplicate bool // the clientId was used before with the same content: the first message is returned
}

// Send stores a message and returns once it is committed. An error of kind
// unavailable leaves its fate open: sending again with the same ClientID is safe.
func (c *Chat) Send(ctx context.Context, principal Principal, in SendMessage) (Sent, error) {
	type outcome struct {
		sent Sent
		err  error
	}
	done := make(chan outcome, 1)
	c.Submit(ctx, principal, in, func(sent Sent, err error) { done <- outcome{sent, err} })
	select {
	case result := <-done:
		return result.sent, result.err
	case <-ctx.Done():
		return Sent{}, model.ErrUnavailable.Because(ctx.Err())
	}
}

// Submit is Send without waiting: done is called exactly once, from another
// goroutine or before Submit returns, and must not block. Messages that one
// goroutine submits to one conversation are stored in that order.
func (c *Chat) Submit(ctx context.Context, principal Principal, in SendMessage, done func(Sent, error)) {
	if err := c.allowSend(principal); err != nil {
		c.Metrics.sent(err)
		done(Sent{}, err)
		return
	}
	message, err := c.newMessage(ctx, principal, in)
	if err != nil {
		c.Metrics.sent(err)
		done(Sent{}, err)
		return
	}
	c.appender.submit(ctx, message, func(outcome store.AppendOutcome, err error) {
		if err == nil {
			err = c.refusal(principal, outcome.Err)
		}
		c.Metrics.sent(err)
		if err != nil {
			done(Sent{}, err)
			return
		}
		done(Sent{Message: outcome.Message, Duplicate: outcome.Duplicate}, nil)
	})
}

func (c *Chat) newMessage(ctx context.Context, principal Principal, in SendMessage) (store.NewMessage, error) {
	if principal.User == 0 {
		return store.NewMessage{}, needsUser(principal)
	}
	if err := in.check(c.Limits); err != nil {
		return store.NewMessage{}, err
	}
	id, err := c.conversationID(ctx, in.Conversation)
	if err != nil {
		return store.NewMessage{}, err
	}
	clientID := in.ClientID
	if clientID == "" {
		if clientID, err = newClientID(c.Random); err != nil {
			return store.NewMessage{}, model.ErrInternal.Because(err)
		}
	}
	message := store.NewMessage{
		Conversation: id, Sender: principal.User, ClientID: clientID, ExternalID: in.ExternalID,
		Type: model.TextMessage, Content: compact(in.Content), Properties: compact(propertiesOrEmpty(in.Properties)),
	}
	message.Hash = requestHash(message)
	return message, nil
}

// refusal hides from all but admins whether a conversation exists.
func (c *Chat) refusal(principal Principal, err error) error {
	if errors.Is(err, model.ErrMemberNotFound) && !principal.Admin() {
		return model.ErrConversationNotFound
	}
	return translate(err)
}

// serverClientIDPrefix keeps the ids that the server makes up apart from those
// of clients.
const serverClientIDPrefix = "parley-"

func newClientID(random io.Reader) (string, error) {
	var bytes [16]byte
	if _, err := io.ReadFull(random, bytes[:]); err != nil {
		return "", fmt.Errorf("make up a client id: %w", err)
	}
	return fmt.Sprintf("%s%x", serverClientIDPrefix, bytes), nil
}

// requestHash tells a repeated request from another one under the same client
// id. Each part is preceded by its length, so that no two requests run together.
func requestHash(message store.NewMessage) [32]byte {
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(message.Type), []byte(message.ExternalID), message.Content, message.Properties} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write(part)
	}
	return [32]byte(hash.Sum(nil))
}

func compact(value json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	if err := json.Compact(&out, value); err != nil {
		// The decoder of every wire has seen to it that this is JSON.
		return value
	}
	return out.Bytes()
}

// EditMessage is the input of Chat.EditMessage.
type EditMessage struct {
	Conversation model.ConversationRef
	Message      model.MessageRef
	Content      json.RawMessage
	Properties   json.RawMessage // nil keeps the present ones
}

// EditMessage replaces the content of a message; only its sender and admins may.
func (c *Chat) EditMessage(ctx context.Context, principal Principal, in EditMessage) (model.Message, error) {
	f := fields{limits: c.Limits}
	f.content("content", in.Content)
	f.properties(in.Properties)
	if err := f.err(); err != nil {
		return model.Message{}, err
	}
	var edited model.Message
	err := c.change(ctx, principal, in.Conversation, func(change *change) error {
		message, err := change.Message(ctx, in.Message)
		if err != nil {
			return err
		}
		if err := change.mayEdit(message); err != nil {
			return err
		}
		if message.Deleted() {
			return model.ErrMessageDeleted
		}
		now := change.Now()
		message.Content, message.EditedAt, message.EditedBy = compact(in.Content), &now, principal.User
		if len(in.Properties) > 0 {
			message.Properties = compact(in.Properties)
		}
		message.Rev = change.Next()
		edited = message
		change.event(model.Event{Kind: model.MessageEdited, Message: &message})
		return change.SaveMessage(ctx, message)
	})
	return edited, err
}

func (c *change) mayEdit(message model.Message) error {
	switch {
	case c.administers():
		return nil
	case message.Sender != c.principal.User:
		return model.Forbidden("only its sender may edit a message")
	}
	return c.require(model.MessageEdit)
}

// DeleteMessage makes a message a tombstone; its sender, moderators of the
// conversation and admins may.
func (c *Chat) DeleteMessage(ctx context.Context, principal Principal, conversationRef model.ConversationRef, messageRef model.MessageRef) error {
	return c.change(ctx, principal, conversationRef, func(change *change) error {
		message, err := change.Message(ctx, messageRef)
		if err != nil {
			return err
		}
		if err := change.mayDelete(message); err != nil {
			return err
		}
		if message.Deleted() {
			return model.ErrMessageDeleted
		}
		return change.bury(ctx, message, principal.User)
	})
}

func (c *change) mayDelete(message model.Message) error {
	switch {
	case c.moderates():
		return nil
	case message.Sender != c.principal.User:
		return model.Forbidden("only its sender or a moderator may delete a message")
	}
	return c.require(model.MessageDelete)
}

// bury makes a message a tombstone.
func (c *change) bury(ctx context.Context, message model.Message, by model.UserID) error {
	now := c.Now()
	message.Rev = c.Next()
	message = message.Tombstone(now, by)
	c.event(model.Event{Kind: model.MessageDeleted, Message: &message})
	return c.SaveMessage(ctx, message)
}

// History reads a part of a conversation's messages by ascending seq.
func (c *Chat) History(ctx context.Context, principal Principal, ref model.ConversationRef, page model.MessagePage) ([]model.Message, error) {
	if page.Limit < 1 || page.Limit > c.Limits.MaxPageSize {
		return nil, model.Invalid("limit", "must be 1 to %d", c.Limits.MaxPageSize)
	}
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return nil, err
	}
	if err := found.readable(); err != nil {
		return nil, err
	}
	filter := store.MessageFilter{Viewer: principal.User, Floor: found.floor()}
	messages, err := c.Store.Messages(ctx, found.conversation.ID, filter, page)
	return messages, translate(err)
}
