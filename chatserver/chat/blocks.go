package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// Block makes the blocker want nothing of the other user: no direct
// conversation, either way, and none of the other's messages in groups. Created
// is false when it was so already.
func (c *Chat) Block(ctx context.Context, principal Principal, blocker, other model.UserRef) (block model.Block, created bool, err error) {
	from, to, err := c.blockPair(ctx, principal, blocker, other)
	if err != nil {
		return model.Block{}, false, err
	}
	block, created, err = c.Store.SaveBlock(ctx, from, to)
	if err != nil {
		return model.Block{}, false, translate(err)
	}
	if created {
		c.announceBlock(model.BlockCreated, envelope.Blocked, block)
	}
	return block, created, nil
}

// Unblock ends a block. Where there is none it changes nothing.
func (c *Chat) Unblock(ctx context.Context, principal Principal, blocker, other model.UserRef) error {
	from, to, err := c.blockPair(ctx, principal, blocker, other)
	if err != nil {
		return err
	}
	block, err := c.Store.DeleteBlock(ctx, from, to)
	if errors.Is(err, model.ErrBlockNotFound) {
		return nil
	}
	if err != nil {
		return translate(err)
	}
	c.announceBlock(model.BlockDeleted, envelope.Unblocked, block)
	return nil
}

// Blocks reads a part of whom a user blocks, the latest block first, and how
// many there are.
func (c *Chat) Blocks(ctx context.Context, principal Principal, blocker model.UserRef, page model.ListPage) ([]model.Block, int64, error) {
	user, err := c.blocker(ctx, principal, blocker)
	if err != nil {
		return nil, 0, err
	}
	blocks, total, err := c.Store.ListBlocks(ctx, user, page)
	return blocks, total, translate(err)
}

func (c *Chat) blockPair(ctx context.Context, principal Principal, blocker, other model.UserRef) (from, to model.UserID, err error) {
	if from, err = c.blocker(ctx, principal, blocker); err != nil {
		return 0, 0, err
	}
	blocked, err := c.Store.User(ctx, other)
	if err != nil {
		return 0, 0, translate(err)
	}
	if blocked.ID == from {
		return 0, 0, model.Invalid("blocked", "must be another user: nobody blocks oneself")
	}
	return from, blocked.ID, nil
}

// blocker finds the user whose blocks the principal may see and change: itself,
// or anybody for one who administers the project.
func (c *Chat) blocker(ctx context.Context, principal Principal, ref model.UserRef) (model.UserID, error) {
	actor, err := c.actor(ctx, principal)
	if err != nil {
		return 0, err
	}
	user, err := c.Store.User(ctx, ref)
	if err != nil {
		return 0, translate(err)
	}
	return user.ID, actor.mayActOn(user)
}

// announceBlock tells the blocker's clients, and the hubs that hide live messages
// of the blocked user from them.
func (c *Chat) announceBlock(kind model.SignalKind, notice envelope.NoticeKind, block model.Block) {
	c.publisher.publish(announcement{
		notices: []envelope.Notice{{Kind: notice, User: block.Blocker, Other: block.Blocked}},
		signals: []model.Signal{{Kind: kind, User: block.Blocker, Body: signalBody(block)}},
	})
}
