package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const (
	// TypingRenewal is how soon typing again says nothing new. It is shorter than
	// the time after which others see the typing end.
	TypingRenewal = 3 * time.Second
	// MaxKeystrokes bounds what one signal of keystrokes carries, in characters.
	MaxKeystrokes = 1000
)

// Typing is the input of Chat.Typing.
type Typing struct {
	Conversation model.ConversationRef
	Thread       model.MessageID // the message that is replied to, or 0
	Active       bool            // false: the user stopped
}

// typingSignal is the body of both signals of typing. It is the same in both.
type typingSignal struct {
	User   model.UserID    `json:"user"`
	Thread model.MessageID `json:"thread,omitempty"`
}

// Typing tells those who follow the conversation that the user types, or has
// stopped. Nothing is stored.
func (c *Chat) Typing(ctx context.Context, principal Principal, in Typing) error {
	id, err := c.mayType(ctx, principal, in.Conversation)
	if err != nil {
		return err
	}
	c.announceTyping(principal.User, id, in.Thread, in.Active)
	return nil
}

// Keystrokes is the input of Chat.Keystrokes.
type Keystrokes struct {
	Conversation model.ConversationRef
	Thread       model.MessageID
	Keys         string // what the client wants shown of the text so far
}

func (in Keystrokes) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.text("keys", in.Keys, MaxKeystrokes)
	return f.err()
}

// keystrokesSignal is the body of a model.KeystrokesTyped.
type keystrokesSignal struct {
	typingSignal
	Keys string `json:"keys"`
}

// Keystrokes shows those who follow the conversation what the user types before
// it is sent, where the project allows that. It counts as typing.
func (c *Chat) Keystrokes(ctx context.Context, principal Principal, in Keystrokes) error {
	if !c.Features.Keystrokes {
		return model.Forbidden("keystrokes are off in this project")
	}
	if err := in.check(c.Limits); err != nil {
		return err
	}
	id, err := c.mayType(ctx, principal, in.Conversation)
	if err != nil {
		return err
	}
	c.announceTyping(principal.User, id, in.Thread, true)
	c.publisher.publish(announcement{signals: []model.Signal{{
		Kind: model.KeystrokesTyped, Conversation: id, From: principal.User,
		Body: encodeSignal(keystrokesSignal{typingSignal{principal.User, in.Thread}, in.Keys}),
	}}})
	return nil
}

// mayType resolves the conversation if the principal may type there. A yes holds
// for admissionLifetime, unless this pod hears that it may have changed.
func (c *Chat) mayType(ctx context.Context, principal Principal, ref model.ConversationRef) (model.ConversationID, error) {
	if principal.User == 0 {
		return 0, needsUser(principal)
	}
	asked := admissionKey{user: principal.User, admin: principal.Admin(), conversation: ref}
	id, generation, ok := c.live.admissions.find(asked, c.Now())
	if ok {
		return id, nil
	}
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return 0, err
	}
	if err := found.writable(); err != nil {
		return 0, err
	}
	if err := c.unblocked(ctx, found); err != nil {
		return 0, err
	}
	c.live.admissions.add(asked, found.conversation.ID, generation, c.Now())
	return found.conversation.ID, nil
}

// writable gives the error for one whose message would be refused.
func (s standing) writable() error {
	switch {
	case s.user != nil && s.user.AccountStatus == model.AccountSuspended:
		return model.ErrUserSuspended
	case s.ban != nil:
		return model.ErrBanned
	case s.conversation.Status == model.ConversationArchived:
		return model.ErrArchived
	case s.member == nil && s.conversation.Type == model.Open:
		if s.user.Permissions.Denies(model.MessageSend) {
			return s.require(model.MessageSend)
		}
		return nil
	case s.member == nil:
		return model.Forbidden("only members write to this conversation; join it first")
	}
	return s.require(model.MessageSend)
}

// unblocked refuses one who may not write to a direct conversation for a block.
func (c *Chat) unblocked(ctx context.Context, found standing) error {
	if found.conversation.Type != model.Direct {
		return nil
	}
	members, _, err := c.Store.ListMembers(ctx, found.conversation.ID, store.MemberFilter{}, model.ListPage{Limit: c.Limits.MaxPageSize})
	if err != nil {
		return translate(err)
	}
	others := make([]model.UserID, 0, len(members))
	for _, member := range members {
		if member.User != found.principal.User {
			others = append(others, member.User)
		}
	}
	blocked, err := c.Store.AnyBlock(ctx, found.principal.User, others)
	if err == nil && blocked {
		return model.ErrBlocked
	}
	return translate(err)
}

// announceTyping announces what is news.
func (c *Chat) announceTyping(user model.UserID, id model.ConversationID, thread model.MessageID, active bool) {
	kind := model.TypingStarted
	if !active {
		kind = model.TypingStopped
	}
	if !c.live.typed.isNews(typedKey{id, user}, thread, active, c.Now()) {
		return
	}
	c.publisher.publish(announcement{signals: []model.Signal{{
		Kind: kind, Conversation: id, From: user, Body: encodeSignal(typingSignal{user, thread}),
	}}})
}
