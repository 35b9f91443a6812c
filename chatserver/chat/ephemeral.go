package chat

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// lanes is how many messages are looked at at a time.
const lanes = 4

// maxEphemeralQueue bounds the messages of one lane that wait to be looked at.
// What is not kept is shed first.
const maxEphemeralQueue = 256

// mayBeEphemeral reports whether the append refused a message that can be
// delivered without being kept: an open conversation has no members. Asking the
// append first costs messages that are kept nothing.
func mayBeEphemeral(refusal error) bool {
	return errors.Is(refusal, model.ErrEphemeral) || errors.Is(refusal, model.ErrMemberNotFound)
}

// ephemeral delivers messages of conversations that keep none. Each lane has one
// goroutine, so that messages of one conversation keep their order.
type ephemeral struct {
	chat    *Chat
	lanes   [lanes]chan ephemeralSend
	running sync.WaitGroup
}

type ephemeralSend struct {
	ctx       context.Context
	principal Principal // whose user is the sender
	message   store.NewMessage
	author    *model.Author
	done      func(Sent, error)
}

func newEphemeral(chat *Chat) *ephemeral {
	e := &ephemeral{chat: chat}
	for i := range e.lanes {
		lane := make(chan ephemeralSend, maxEphemeralQueue)
		e.lanes[i] = lane
		e.running.Go(func() {
			for send := range lane {
				send.done(e.deliver(send))
			}
		})
	}
	return e
}

// submit never blocks: it is called from the appender.
func (e *ephemeral) submit(send ephemeralSend) {
	select {
	case e.lanes[bus.ConversationChannel(send.message.Conversation).Partition%lanes] <- send:
	default:
		send.done(Sent{}, model.ErrUnavailable)
	}
}

// deliver decides what the append decides for messages that are kept.
func (e *ephemeral) deliver(send ephemeralSend) (Sent, error) {
	ctx, cancel := context.WithTimeout(send.ctx, appendTimeout)
	defer cancel()
	c := e.chat
	found, err := c.standing(ctx, send.principal, model.ConversationRef{ID: send.message.Conversation})
	if err != nil {
		return Sent{}, err
	}
	if err := c.maySpeak(ctx, found); err != nil {
		return Sent{}, err
	}
	switch {
	case !found.conversation.Ephemeral:
		// It became a member, or the conversation one that keeps messages,
		// after the append had looked.
		return Sent{}, model.ErrUnavailable
	case send.message.Type == model.ThreadMessage:
		return Sent{}, model.ErrEphemeral
	case send.message.Parent != 0:
		return Sent{}, model.ErrParentNotFound
	}
	message := ephemeralMessage(send)
	message.CreatedAt = c.Now().UTC()
	body, err := json.Marshal(message)
	if err != nil {
		return Sent{}, model.ErrInternal.Because(err)
	}
	c.publisher.publish(announcement{signals: []model.Signal{{
		Kind: model.EphemeralMessage, Conversation: message.Conversation, From: message.Sender, Body: body,
	}}})
	return Sent{Message: message}, nil
}

func ephemeralMessage(send ephemeralSend) model.Message {
	in := send.message
	return model.Message{
		Conversation: in.Conversation, ExternalID: in.ExternalID, ClientID: in.ClientID, Sender: in.Sender,
		Author: send.author, Type: in.Type, Content: in.Content, Properties: in.Properties,
		Attachments: in.Attachments, Mentions: in.Mentions, Links: in.Links, GroupTag: in.GroupTag,
	}
}

// maySpeak gives the error for one who may not say anything in the conversation.
func (c *Chat) maySpeak(ctx context.Context, found standing) error {
	if err := found.maySend(); err != nil {
		return err
	}
	return c.notBlocked(ctx, found)
}

// maySend is the append's rule on who may send, blocks aside.
func (s standing) maySend() error {
	switch {
	case s.ban != nil:
		return model.ErrBanned
	case s.user == nil && !s.principal.Admin():
		return needsUser(s.principal)
	case s.user != nil && s.member == nil && s.conversation.Type != model.Open:
		return model.ErrMemberNotFound
	case s.user != nil && s.user.AccountStatus == model.AccountSuspended:
		return model.ErrUserSuspended
	case s.user != nil && s.user.Permissions.Denies(model.MessageSend),
		s.member != nil && s.member.Permissions.Denies(model.MessageSend):
		return model.Forbidden("the permission %s is denied to the sender", model.MessageSend)
	case s.conversation.Status == model.ConversationArchived:
		return model.ErrArchived
	}
	return nil
}

// notBlocked refuses one who blocks another member of a direct conversation, or
// is blocked by one.
func (c *Chat) notBlocked(ctx context.Context, found standing) error {
	if found.conversation.Type != model.Direct || found.user == nil {
		return nil
	}
	members, _, err := c.Store.ListMembers(ctx, found.conversation.ID, store.MemberFilter{}, model.ListPage{Limit: c.Limits.DirectMembers})
	if err != nil {
		return translate(err)
	}
	others := make([]model.UserID, 0, len(members))
	for _, member := range members {
		if member.User != found.user.ID {
			others = append(others, member.User)
		}
	}
	blocked, err := c.Store.AnyBlock(ctx, found.user.ID, others)
	if err == nil && blocked {
		return model.ErrBlocked
	}
	return translate(err)
}

// close waits until every message is answered. It is called when the appender
// has ended, which alone submits.
func (e *ephemeral) close() {
	for _, lane := range e.lanes {
		close(lane)
	}
	e.running.Wait()
}
