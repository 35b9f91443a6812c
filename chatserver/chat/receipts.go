package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// Mark names a place in a conversation: by a message or by its seq. A reply in a
// thread stands for its seq, because threads share the conversation's numbers.
type Mark struct {
	Message *model.MessageRef
	Seq     *int64
}

func (m Mark) check(least int64) error {
	var f fields
	if m.Message != nil && m.Seq != nil {
		f.add(model.Invalid("seq", "give a message or a seq, not both"))
	}
	if m.Seq != nil && *m.Seq < least {
		f.add(model.Invalid("seq", "must not be below %d", least))
	}
	return f.err()
}

// seqOf resolves a mark; the last message is meant when it names nothing.
func (c *Chat) seqOf(ctx context.Context, found standing, mark Mark) (int64, error) {
	switch {
	case mark.Message != nil:
		message, err := c.visibleMessage(ctx, found, *mark.Message)
		return message.Seq, err
	case mark.Seq != nil:
		return *mark.Seq, nil
	}
	return found.conversation.LastSeq, nil
}

// MarkRead moves the member's read mark forward to the mark, at most to the last
// message; a mark beyond is left. It is durable when it returns.
func (c *Chat) MarkRead(ctx context.Context, principal Principal, ref model.ConversationRef, mark Mark) (model.OwnState, error) {
	found, seq, err := c.markable(ctx, principal, ref, mark, 0)
	if err != nil {
		return model.OwnState{}, err
	}
	member, moved, err := c.Store.MarkRead(ctx, found.conversation.ID, principal.User, seq)
	if err != nil {
		return model.OwnState{}, translate(err)
	}
	if moved {
		c.announceMark(found, member, *member.ReadAt)
	}
	return member.Own(), nil
}

// MarkUnread moves the member's read mark back, so that the marked message and
// the later ones are unread.
func (c *Chat) MarkUnread(ctx context.Context, principal Principal, ref model.ConversationRef, mark Mark) (model.OwnState, error) {
	if mark.Message == nil && mark.Seq == nil {
		return model.OwnState{}, model.Invalid("seq", "is missing: name the first unread message by seq or message")
	}
	found, seq, err := c.markable(ctx, principal, ref, mark, 1)
	if err != nil {
		return model.OwnState{}, err
	}
	member, moved, err := c.Store.MarkUnread(ctx, found.conversation.ID, principal.User, seq)
	if err != nil {
		return model.OwnState{}, translate(err)
	}
	if moved {
		c.announceMark(found, member, c.Now().UTC())
	}
	return member.Own(), nil
}

// MarkDelivered says that messages up to the mark reached a device of the
// member. Marks of conversations of more than ReceiptMembers members are not
// kept.
func (c *Chat) MarkDelivered(ctx context.Context, principal Principal, ref model.ConversationRef, mark Mark) (model.OwnState, error) {
	found, seq, err := c.markable(ctx, principal, ref, mark, 0)
	if err != nil {
		return model.OwnState{}, err
	}
	moved, err := c.Store.MarkDelivered(ctx, []store.DeliveredMark{
		{Conversation: found.conversation.ID, User: principal.User, Seq: seq},
	}, c.Limits.ReceiptMembers)
	if err != nil {
		return model.OwnState{}, translate(err)
	}
	c.announceDelivered(moved)
	member, err := c.Store.Member(ctx, found.conversation.ID, principal.User)
	return member.Own(), translate(err)
}

// markable finds what a member who reads the conversation wants to mark.
func (c *Chat) markable(ctx context.Context, principal Principal, ref model.ConversationRef, mark Mark, least int64) (standing, int64, error) {
	if err := mark.check(least); err != nil {
		return standing{}, 0, err
	}
	found, err := c.keptStanding(ctx, principal, ref)
	if err != nil {
		return standing{}, 0, err
	}
	if err := found.readable(); err != nil {
		return standing{}, 0, err
	}
	seq, err := c.seqOf(ctx, found, mark)
	return found, seq, err
}

// announceMark tells the member's sessions, and all who follow the conversation
// unless it is too large to tell everybody of everybody.
func (c *Chat) announceMark(found standing, member model.Member, at time.Time) {
	signals := []model.Signal{c.ownSignal(member)}
	if found.conversation.MemberCount <= int64(c.Limits.ReceiptMembers) {
		signals = append(signals, receiptSignal(member.Conversation, model.ReceiptMark{
			User: member.User, ReadSeq: member.ReadSeq, DeliveredSeq: member.DeliveredSeq, At: at,
		}))
	}
	c.publisher.publish(announcement{signals: signals})
}

// announceDelivered tells all who follow the conversations.
func (c *Chat) announceDelivered(moved []store.DeliveredMark) {
	if len(moved) == 0 {
		return
	}
	signals := make([]model.Signal, len(moved))
	for i, mark := range moved {
		signals[i] = receiptSignal(mark.Conversation, model.ReceiptMark{
			User: mark.User, ReadSeq: mark.ReadSeq, DeliveredSeq: mark.Seq, At: mark.At,
		})
	}
	c.publisher.publish(announcement{signals: signals})
}

func receiptSignal(conversation model.ConversationID, mark model.ReceiptMark) model.Signal {
	return model.Signal{Kind: model.ReceiptMoved, Conversation: conversation, From: mark.User, Body: signalBody(mark)}
}
