package chat

import (
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/model"
)

// SetMuted says whether the member wants to be notified of the conversation.
func (c *Chat) SetMuted(ctx context.Context, principal Principal, ref model.ConversationRef, muted bool) (model.OwnState, error) {
	found, err := c.ownStanding(ctx, principal, ref)
	if err != nil {
		return model.OwnState{}, err
	}
	return c.saveOwn(ctx, found, func(member *model.Member) { member.Muted = muted })
}

// SetHidden leaves the conversation out of the member's list until its next
// message, or takes it back in.
func (c *Chat) SetHidden(ctx context.Context, principal Principal, ref model.ConversationRef, hidden bool) (model.OwnState, error) {
	found, err := c.ownStanding(ctx, principal, ref)
	if err != nil {
		return model.OwnState{}, err
	}
	return c.saveOwn(ctx, found, func(member *model.Member) { member.Hidden = hidden })
}

// ClearHistory hides the messages up to a seq from the member, for good: up to
// the last one when upTo is nil or above it.
func (c *Chat) ClearHistory(ctx context.Context, principal Principal, ref model.ConversationRef, upTo *int64) (model.OwnState, error) {
	if upTo != nil && *upTo < 0 {
		return model.OwnState{}, model.Invalid("upTo", "must be a seq, not below 0")
	}
	found, err := c.keptStanding(ctx, principal, ref)
	if err != nil {
		return model.OwnState{}, err
	}
	last := found.conversation.LastSeq
	if upTo != nil {
		last = min(last, *upTo)
	}
	return c.saveOwn(ctx, found, func(member *model.Member) { member.ClearedSeq = max(member.ClearedSeq, last) })
}

// ownStanding finds the membership that the principal has, or a secret key's
// user.
func (c *Chat) ownStanding(ctx context.Context, principal Principal, ref model.ConversationRef) (standing, error) {
	if principal.User == 0 {
		return standing{}, needsUser(principal)
	}
	found, err := c.standing(ctx, principal, ref)
	if err == nil && found.member == nil {
		err = model.ErrMemberNotFound
	}
	return found, err
}

// keptStanding is ownStanding where there are messages to have marks on.
func (c *Chat) keptStanding(ctx context.Context, principal Principal, ref model.ConversationRef) (standing, error) {
	if principal.User == 0 {
		return standing{}, needsUser(principal)
	}
	found, err := c.standing(ctx, principal, ref)
	switch {
	case err != nil:
		return found, err
	case found.conversation.Ephemeral, found.conversation.Type == model.Open:
		return found, model.ErrEphemeral
	case found.member == nil:
		return found, model.ErrMemberNotFound
	}
	return found, nil
}

// saveOwn stores the change and tells the user's other sessions.
func (c *Chat) saveOwn(ctx context.Context, found standing, change func(*model.Member)) (model.OwnState, error) {
	var before int64
	member, err := c.Store.SaveOwn(ctx, found.conversation.ID, found.member.User, func(member *model.Member) error {
		before = member.OwnRev
		change(member)
		return nil
	})
	if err != nil {
		return model.OwnState{}, translate(err)
	}
	if member.OwnRev != before {
		c.announceOwn(member)
	}
	return member.Own(), nil
}

// announceOwn tells the sessions of a member what only it sees.
func (c *Chat) announceOwn(member model.Member) {
	c.publisher.publish(announcement{signals: []model.Signal{c.ownSignal(member)}})
}

func (c *Chat) ownSignal(member model.Member) model.Signal {
	return model.Signal{Kind: model.MembershipUpdated, User: member.User, Body: signalBody(member.Own())}
}

// signalBody encodes what a signal says.
func signalBody(object any) json.RawMessage {
	body, err := json.Marshal(object)
	if err != nil {
		// Signals are made of numbers, names, times and JSON that was read before.
		panic(err)
	}
	return body
}
