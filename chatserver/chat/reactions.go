package chat

import (
	"context"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/chatserver/model"
)

// MaxEmojiBytes bounds the emoji of a reaction: room for the longest sequences
// of Unicode, and for names such as :thumbs-up:.
const MaxEmojiBytes = 64

// React is the input of Chat.React.
type React struct {
	Conversation model.ConversationRef
	Message      model.MessageRef
	Emoji        string
	Remove       bool
}

func (f *fields) emoji(field, value string) {
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	if value == "" || len(value) > MaxEmojiBytes || !utf8.ValidString(value) || strings.ContainsFunc(value, bad) {
		f.add(model.Invalid(field, "must be 1 to %d bytes of UTF-8 without spaces and control characters", MaxEmojiBytes))
	}
}

// React adds a reaction of the principal's user to a message, or removes it, and
// returns the message with its counts. Changed is false when the reaction to be
// added was there. Removing one that is not there gives model.ErrReactionNotFound.
func (c *Chat) React(ctx context.Context, principal Principal, in React) (message model.Message, changed bool, err error) {
	if principal.User == 0 {
		return message, false, needsUser(principal)
	}
	var f fields
	f.emoji("emoji", in.Emoji)
	if err := f.err(); err != nil {
		return message, false, err
	}
	// Reads outside of the transaction, which must not wait for another one.
	seen, err := c.mayReact(ctx, principal, in)
	if err != nil {
		return message, false, err
	}
	err = c.change(ctx, principal, in.Conversation, func(change *change) error {
		var err error
		if message, err = change.reactable(ctx, model.MessageRef{ID: seen}); err != nil {
			return err
		}
		if in.Remove {
			changed = true
			return change.removeReaction(ctx, &message, in.Emoji)
		}
		changed, err = change.addReaction(ctx, &message, in.Emoji, c.Limits.ReactionsPerMessage)
		return err
	})
	return message, changed, err
}

// mayReact finds the message that the principal's user sees and reacts to.
func (c *Chat) mayReact(ctx context.Context, principal Principal, in React) (model.MessageID, error) {
	found, err := c.standing(ctx, principal, in.Conversation)
	if err != nil {
		return 0, err
	}
	if !in.Remove {
		if err := c.maySpeak(ctx, found); err != nil {
			return 0, err
		}
	}
	if found.member == nil {
		return 0, model.ErrMemberNotFound
	}
	if err := found.readable(); err != nil {
		return 0, err
	}
	message, err := c.visibleMessage(ctx, found, in.Message)
	return message.ID, err
}

// reactable decides under the lock what may have changed since mayReact: the
// answer is the message, so the principal has to be a member who may read it.
func (c *change) reactable(ctx context.Context, ref model.MessageRef) (model.Message, error) {
	if c.member == nil {
		return model.Message{}, model.ErrMemberNotFound
	}
	if err := c.readable(); err != nil {
		return model.Message{}, err
	}
	message, err := c.Message(ctx, ref)
	switch {
	case err != nil:
		return model.Message{}, err
	case message.Seq <= c.floor():
		return model.Message{}, model.ErrMessageNotFound
	case message.Deleted():
		return model.Message{}, model.ErrMessageDeleted
	}
	return message, nil
}

func (c *change) addReaction(ctx context.Context, message *model.Message, emoji string, limit int) (bool, error) {
	if err := c.maySend(); err != nil {
		return false, err
	}
	if message.Reactions[emoji] == 0 && len(message.Reactions) >= limit {
		return false, model.ErrTooManyReactions
	}
	added, err := c.AddReaction(ctx, message.Seq, c.principal.User, emoji)
	if err != nil || !added {
		return false, err
	}
	return true, c.countReaction(ctx, model.ReactionAdded, message, emoji, 1)
}

func (c *change) removeReaction(ctx context.Context, message *model.Message, emoji string) error {
	removed, err := c.RemoveReaction(ctx, message.Seq, c.principal.User, emoji)
	if err != nil {
		return err
	}
	if !removed {
		return model.ErrReactionNotFound
	}
	return c.countReaction(ctx, model.ReactionRemoved, message, emoji, -1)
}

// countReaction gives the message its new summary and rev, and announces both.
func (c *change) countReaction(ctx context.Context, kind model.EventKind, message *model.Message, emoji string, by int64) error {
	counts := maps.Clone(message.Reactions)
	if counts == nil {
		counts = make(map[string]int64, 1)
	}
	if counts[emoji] += by; counts[emoji] <= 0 {
		delete(counts, emoji)
	}
	message.Reactions, message.Rev = counts, c.Next()
	announced := *message
	c.event(model.Event{Kind: kind, Message: &announced, Reaction: &model.Reaction{
		Conversation: message.Conversation, Message: message.ID, User: c.principal.User, Emoji: emoji, CreatedAt: c.Now(),
	}})
	return c.SaveMessage(ctx, *message)
}

// Reactions reads a part of a message's reactions, the oldest first, and how many
// there are in all. An empty emoji stands for all.
func (c *Chat) Reactions(
	ctx context.Context, principal Principal, conversationRef model.ConversationRef, messageRef model.MessageRef, emoji string, page model.ListPage,
) (reactions []model.Reaction, total int64, err error) {
	message, err := c.Message(ctx, principal, conversationRef, messageRef)
	if err != nil {
		return nil, 0, err
	}
	reactions, total, err = c.Store.ListReactions(ctx, message.Conversation, message.Seq, emoji, page)
	return reactions, total, translate(err)
}
