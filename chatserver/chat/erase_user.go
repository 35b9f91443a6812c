package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// erasureBatch bounds the rows that one transaction of an erasure changes, so
	// that nobody waits long for the conversation's lock.
	erasureBatch = 100
	// erasurePage bounds the conversations that are listed at once.
	erasurePage = 100
)

// userErasure takes an erased user out of all conversations.
type userErasure struct {
	chat  *Chat
	after model.ConversationID   // the last one that was done
	left  []model.ConversationID // the next ones
}

func (c *Chat) userErasureSteps() jobStep { return (&userErasure{chat: c}).step }

// step works on one conversation, at most erasureBatch rows of it.
func (e *userErasure) step(ctx context.Context, job *model.Job) error {
	if len(e.left) == 0 {
		var err error
		if e.left, err = e.chat.Store.ConversationsOf(ctx, job.User, e.after, erasurePage); err != nil {
			return err
		}
		if len(e.left) == 0 {
			job.State = model.JobDone
			return nil
		}
	}
	id := e.left[0]
	erased, err := e.chat.eraseFrom(ctx, id, job.User)
	// Of a deleted conversation nothing but the rows is left.
	if err != nil && !errors.Is(err, model.ErrConversationNotFound) {
		return err
	}
	if erased > 0 {
		job.Done += erased
		job.Total = max(job.Total, job.Done)
		return nil
	}
	if err := e.chat.Store.EraseUserRows(ctx, id, job.User); err != nil {
		return err
	}
	e.after, e.left = id, e.left[1:]
	return nil
}

// eraseFrom ends the user's membership and takes away messages and reactions of
// the user, and says how many rows it changed: none when there is nothing left.
func (c *Chat) eraseFrom(ctx context.Context, id model.ConversationID, user model.UserID) (erased int64, err error) {
	err = c.change(ctx, project, model.ConversationRef{ID: id}, func(change *change) error {
		erased = 0
		member, err := change.Member(ctx, user)
		if err == nil {
			erased++
			err = change.leave(ctx, member)
		}
		if err != nil && !errors.Is(err, model.ErrMemberNotFound) {
			return err
		}
		messages, err := change.MessagesFrom(ctx, user, 0, erasureBatch)
		if err != nil {
			return err
		}
		for _, message := range messages {
			if err := change.bury(ctx, message, 0); err != nil {
				return err
			}
		}
		erased += int64(len(messages))
		reactions, err := change.ReactionsFrom(ctx, user, erasureBatch-len(messages))
		if err != nil {
			return err
		}
		for _, reaction := range reactions {
			if err := change.withdraw(ctx, reaction); err != nil {
				return err
			}
		}
		erased += int64(len(reactions))
		return nil
	})
	return erased, err
}

// withdraw takes a reaction back.
func (c *change) withdraw(ctx context.Context, reaction model.Reaction) error {
	ref := model.MessageRef{ID: reaction.Message}
	message, err := c.Message(ctx, ref)
	if err != nil {
		return err
	}
	if removed, err := c.RemoveReaction(ctx, message.Seq, reaction.User, reaction.Emoji); err != nil || !removed {
		return err
	}
	// The counts are those that the store made.
	if message, err = c.Message(ctx, ref); err != nil {
		return err
	}
	message.Rev = c.Next()
	c.event(model.Event{Kind: model.ReactionRemoved, Message: &message, Reaction: &reaction})
	return c.SaveMessage(ctx, message)
}
