package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// change is one transaction on one conversation: who asks, decided under the
// lock, and what is to be announced once it is committed.
type change struct {
	store.Change
	standing
	limits    config.Limits
	announced announcement
	startsJob bool
}

// event announces the conversation's present rev.
func (c *change) event(event model.Event) {
	event.ConversationID = c.Conversation().ID
	event.Rev = c.Conversation().Rev
	c.announced.events = append(c.announced.events, event)
}

// notice tells the sessions of a user something that concerns the hub.
func (c *change) notice(notice envelope.Notice) {
	c.announced.notices = append(c.announced.notices, notice)
}

// signal announces something that is not stored.
func (c *change) signal(signal model.Signal) {
	c.announced.signals = append(c.announced.signals, signal)
}

// change runs a transaction on a conversation that is visible to the principal,
// and announces what it did. The function decides by the change's standing,
// which was read under the lock.
func (c *Chat) change(ctx context.Context, principal Principal, ref model.ConversationRef, run func(*change) error) error {
	if principal.PublicKeyOnly() {
		return needsUser(principal)
	}
	id, err := c.conversationID(ctx, ref)
	if err != nil {
		return err
	}
	return c.lock(ctx, principal, id, func(change *change) error {
		if !change.visible() {
			return model.ErrConversationNotFound
		}
		return run(change)
	})
}

// lock is change without the question whether the principal may see the
// conversation: the function has to ask what else gives the right.
func (c *Chat) lock(ctx context.Context, principal Principal, id model.ConversationID, run func(*change) error) error {
	var done *change
	err := c.Store.ChangeConversation(ctx, id, func(locked store.Change) error {
		found := store.Standing{Conversation: *locked.Conversation()}
		if err := readStanding(ctx, locked, principal.User, &found); err != nil {
			return err
		}
		done = &change{Change: locked, standing: newStanding(principal, found), limits: c.Limits}
		return run(done)
	})
	if err != nil {
		return translate(err)
	}
	c.publisher.publish(done.announced)
	if done.startsJob {
		c.worker.wake()
	}
	return nil
}

// conversationID resolves a reference. No reference gives 0, which no
// conversation has: the first message of a conversation comes before there is
// one to name.
func (c *Chat) conversationID(ctx context.Context, ref model.ConversationRef) (model.ConversationID, error) {
	if ref.ID != 0 || ref == (model.ConversationRef{}) {
		return ref.ID, nil
	}
	conversation, err := c.Store.Conversation(ctx, ref)
	return conversation.ID, translate(err)
}

// readStanding reads a user's place in a locked conversation.
func readStanding(ctx context.Context, locked store.Change, id model.UserID, found *store.Standing) error {
	if id == 0 {
		return nil
	}
	user, err := locked.User(ctx, model.UserRef{ID: id})
	if err != nil {
		return err
	}
	found.User = &user
	member, err := locked.Member(ctx, id)
	if err == nil {
		found.Member = &member
	} else if !errors.Is(err, model.ErrMemberNotFound) {
		return err
	}
	ban, err := locked.Ban(ctx, id)
	if err == nil && !ban.Expired(locked.Now()) {
		found.Ban = &ban
	} else if err != nil && !errors.Is(err, model.ErrBanNotFound) {
		return err
	}
	return nil
}
