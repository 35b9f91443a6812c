package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// SendMessage is the input of Chat.Send.
type SendMessage struct {
	Conversation model.ConversationRef
	// Sender is on whose behalf a secret key sends that acts for itself. The
	// zero value stands for the principal's user; without one the project
	// itself sends, which only system messages allow.
	Sender      model.UserRef
	ClientID    string // makes a repeated send harmless; made up by the server when empty
	ExternalID  string
	Type        model.MessageType  // default text
	Content     json.RawMessage    // a JSON string or object; optional in file messages
	Properties  json.RawMessage    // a JSON object
	Attachments []model.Attachment // of file messages, at least one
	Mentions    []NewMention       // beside those that the text shows as @username
	GroupTag    string
	Parent      model.MessageRef // the message that this one replies to
}

func (in SendMessage) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.text("clientId", in.ClientID, MaxIdentifierLength)
	if strings.HasPrefix(in.ClientID, serverClientIDPrefix) {
		f.add(model.Invalid("clientId", "must not begin with %s: the server makes up such ids", serverClientIDPrefix))
	}
	f.identifier("externalId", in.ExternalID)
	if !in.Type.Valid() {
		f.add(model.Invalid("type", "must be text, file, thread, system_text or system_file"))
	}
	if len(in.Content) > 0 || !in.Type.HasFiles() {
		f.content("content", in.Content)
	}
	f.attachments(in.Type, in.Attachments)
	f.properties(in.Properties)
	f.mentions(in.Mentions)
	f.text("groupTag", in.GroupTag, MaxIdentifierLength)
	if in.Type == model.ThreadMessage && in.Parent != (model.MessageRef{}) {
		f.add(model.Invalid("parent", "does not go with the type thread: such a message begins a thread of its own"))
	}
	return f.err()
}

// Sent is the outcome of a send.
type Sent struct {
	Message   model.Message
	Duplicate bool // the clientId was used before with the same content: the first message is returned
	Durable   bool // the message is kept; else it was delivered, at most once, and has no id
}

// Send stores a message and returns once it is committed. An error of kind
// unavailable leaves its fate open: sending again with the same ClientID is safe,
// but in a conversation that keeps no messages, which remembers no ClientID.
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
	started := c.Now()
	c.Metrics.taken()
	traced, span := c.Tracer.Start(ctx, "send")
	answer := func(sent Sent, err error) {
		endSend(span, sent, err)
		c.Metrics.answered(c.Now().Sub(started), err)
		done(sent, err)
	}
	sender, err := c.senderOf(traced, principal, in.Sender)
	if err != nil {
		answer(Sent{}, err)
		return
	}
	principal.User = sender
	if err := c.allowSend(principal); err != nil {
		answer(Sent{}, err)
		return
	}
	message, err := c.newMessage(traced, principal, in)
	if err != nil {
		answer(Sent{}, err)
		return
	}
	author := c.authors.of(traced, sender)
	c.appender.submit(traced, message, author, func(outcome store.AppendOutcome, err error) {
		if err == nil {
			err = outcome.Err
		}
		switch {
		case mayBeEphemeral(err):
			c.ephemeral.submit(ephemeralSend{ctx: traced, principal: principal, message: message, author: author, done: answer})
		case err != nil:
			answer(Sent{}, translate(err))
		default:
			answer(Sent{Message: outcome.Message, Duplicate: outcome.Duplicate, Durable: true}, nil)
		}
	})
}

// senderOf resolves who sends. It is 0 for the project itself.
func (c *Chat) senderOf(ctx context.Context, principal Principal, named model.UserRef) (model.UserID, error) {
	switch {
	case named == model.UserRef{}:
		return principal.User, nil
	case !principal.Admin():
		return 0, model.Forbidden("naming the sender of a message needs a secret key")
	case principal.User != 0:
		return 0, model.Invalid("sender", "does not go with X-Parley-User; give one of the two")
	}
	return c.userID(ctx, named)
}

// userID resolves a reference; an id is taken as it is.
func (c *Chat) userID(ctx context.Context, ref model.UserRef) (model.UserID, error) {
	if ref.ID != 0 || ref == (model.UserRef{}) {
		return ref.ID, nil
	}
	ids, err := c.Store.UserIDs(ctx, []model.UserRef{ref})
	if err != nil {
		return 0, translate(err)
	}
	return ids[0], nil
}

// newMessage makes what is to be stored. The principal's user is the sender.
func (c *Chat) newMessage(ctx context.Context, principal Principal, in SendMessage) (store.NewMessage, error) {
	if in.Type == "" {
		in.Type = model.TextMessage
	}
	if principal.User == 0 && (!principal.Admin() || !in.Type.System()) {
		return store.NewMessage{}, needsUser(principal)
	}
	if err := in.check(c.Limits); err != nil {
		return store.NewMessage{}, err
	}
	if in.Type.System() && !principal.Admin() {
		return store.NewMessage{}, model.Forbidden("system messages need a secret key")
	}
	message := store.NewMessage{
		Sender: principal.User, ClientID: in.ClientID, ExternalID: in.ExternalID, Type: in.Type,
		Content: compact(contentOrEmpty(in.Content)), Properties: compact(propertiesOrEmpty(in.Properties)),
		Attachments: compactAttachments(in.Attachments), GroupTag: in.GroupTag,
	}
	message.Hash = requestHash(message, in)
	var err error
	if message.Conversation, err = c.conversationID(ctx, in.Conversation); err != nil {
		return store.NewMessage{}, err
	}
	if message.Parent, err = c.parent(ctx, principal, message.Conversation, in.Parent); err != nil {
		return store.NewMessage{}, err
	}
	if message.Mentions, message.Links, err = c.references(ctx, principal, message.Content, in.Mentions); err != nil {
		return store.NewMessage{}, err
	}
	if message.ClientID == "" {
		if message.ClientID, err = newClientID(c.Random); err != nil {
			return store.NewMessage{}, model.ErrInternal.Because(fmt.Errorf("make up a client id: %w", err))
		}
	}
	return message, nil
}

// parent resolves the message that is replied to. An id is left to the append,
// which decides under the lock.
func (c *Chat) parent(ctx context.Context, principal Principal, conversation model.ConversationID, ref model.MessageRef) (model.MessageID, error) {
	if ref.ID != 0 || ref == (model.MessageRef{}) {
		return ref.ID, nil
	}
	found, err := c.standing(ctx, principal, model.ConversationRef{ID: conversation})
	if err != nil {
		return 0, err
	}
	if err := found.readable(); err != nil {
		return 0, err
	}
	message, err := c.Store.Message(ctx, conversation, ref)
	if isMissing(err) {
		return 0, model.ErrParentNotFound
	}
	return message.ID, translate(err)
}

// contentOrEmpty gives a file message without a text the empty one.
func contentOrEmpty(content json.RawMessage) json.RawMessage {
	if len(content) == 0 {
		return json.RawMessage(`""`)
	}
	return content
}
