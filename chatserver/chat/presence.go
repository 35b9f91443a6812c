package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
	"github.com/parley-chat/parley/chatserver/store"
)

// MaxPresences is how many users one may ask about at once.
const MaxPresences = 100

// UserPresence is what somebody sees of a user's presence.
type UserPresence struct {
	User   model.UserID    `json:"user"`
	Status presence.Status `json:"status"`
	Chosen presence.Status `json:"chosen,omitempty"` // what the user chose: shown to nobody else
}

// ConversationPresence is who is in a conversation now.
type ConversationPresence struct {
	Count int            // users who have it open
	Users []UserPresence // some of them
	// Online are the members with a live session, whether they have the
	// conversation open or not; nil where there are more members than
	// presence.MaxAnnounced.
	Online []UserPresence
}

// SetPresence chooses the status of a user: one's own, or with a secret key
// anybody's.
func (c *Chat) SetPresence(ctx context.Context, principal Principal, ref model.UserRef, status presence.Status) (UserPresence, error) {
	if principal.PublicKeyOnly() {
		return UserPresence{}, needsUser(principal)
	}
	if err := status.Check("status"); err != nil {
		return UserPresence{}, err
	}
	user, err := c.Store.User(ctx, ref)
	if err != nil {
		return UserPresence{}, translate(err)
	}
	if user.ID != principal.User && !principal.Admin() {
		return UserPresence{}, model.Forbidden("only the user and a secret key may choose a user's status")
	}
	change, err := c.live.registry.SetStatus(ctx, user.ID, status)
	if err != nil {
		return UserPresence{}, translate(err)
	}
	chosen := UserPresence{User: user.ID, Status: change.After.Own(), Chosen: change.After.Chosen}
	if change.Before != change.After {
		c.publisher.publish(announcement{signals: []model.Signal{{
			Kind: model.PresenceOwn, User: user.ID, Body: encodeSignal(chosen),
		}}})
	}
	c.live.PresenceChanged(user.ID, change)
	return chosen, nil
}

// Presences tells the status of users, in their order. Who blocks the asking
// user, or is blocked, looks offline, and so does who is invisible.
func (c *Chat) Presences(ctx context.Context, principal Principal, refs []model.UserRef) ([]UserPresence, error) {
	if principal.PublicKeyOnly() {
		return nil, needsUser(principal)
	}
	if len(refs) == 0 || len(refs) > MaxPresences {
		return nil, model.Invalid("user", "name 1 to %d users", MaxPresences)
	}
	users, err := c.Store.UserIDs(ctx, refs)
	if unknown := (*store.UnknownReferenceError)(nil); errors.As(err, &unknown) {
		return nil, model.ErrUserNotFound
	}
	if err != nil {
		return nil, translate(err)
	}
	return c.presencesOf(ctx, principal, users)
}

func (c *Chat) presencesOf(ctx context.Context, principal Principal, users []model.UserID) ([]UserPresence, error) {
	hidden, err := c.apart(ctx, principal.User, users)
	if err != nil {
		return nil, err
	}
	statuses := c.live.registry.Statuses(ctx, users)
	answers := make([]UserPresence, len(users))
	for i, user := range users {
		known := statuses[user]
		switch {
		case user == principal.User:
			answers[i] = UserPresence{User: user, Status: known.Own(), Chosen: known.Chosen}
		case hidden[user]:
			answers[i] = UserPresence{User: user, Status: presence.Offline}
		default:
			answers[i] = UserPresence{User: user, Status: known.Visible()}
		}
	}
	return answers, nil
}

// apart finds those of the users between whom and the viewer there is a block,
// either way.
func (c *Chat) apart(ctx context.Context, viewer model.UserID, users []model.UserID) (map[model.UserID]bool, error) {
	if viewer == 0 || len(users) == 0 {
		return nil, nil
	}
	blocked, err := c.Store.BlockedBy(ctx, append([]model.UserID{viewer}, users...))
	if err != nil {
		return nil, translate(err)
	}
	found := make(map[model.UserID]bool)
	for _, other := range blocked[viewer] {
		found[other] = true
	}
	for blocker, others := range blocked {
		for _, other := range others {
			found[blocker] = found[blocker] || other == viewer
		}
	}
	return found, nil
}

// ConversationPresence tells who is in a conversation that the principal may
// read.
func (c *Chat) ConversationPresence(ctx context.Context, principal Principal, ref model.ConversationRef) (ConversationPresence, error) {
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return ConversationPresence{}, err
	}
	if err := found.followable(); err != nil {
		return ConversationPresence{}, err
	}
	id := found.conversation.ID
	present := c.live.registry.Present(ctx, id, presence.MaxSample)
	answer := ConversationPresence{Count: present.Count}
	if answer.Users, err = c.online(ctx, principal, present.Users); err != nil {
		return ConversationPresence{}, err
	}
	if found.conversation.MemberCount > presence.MaxAnnounced || found.conversation.Type == model.Open {
		return answer, nil
	}
	members, _, err := c.Store.ListMembers(ctx, id, store.MemberFilter{}, model.ListPage{Limit: presence.MaxAnnounced})
	if err != nil {
		return ConversationPresence{}, translate(err)
	}
	users := make([]model.UserID, len(members))
	for i, member := range members {
		users[i] = member.User
	}
	answer.Online, err = c.online(ctx, principal, users)
	return answer, err
}

// online keeps those who look online to the principal.
func (c *Chat) online(ctx context.Context, principal Principal, users []model.UserID) ([]UserPresence, error) {
	hidden, err := c.apart(ctx, principal.User, users)
	if err != nil {
		return nil, err
	}
	found := []UserPresence{}
	for _, one := range visible(users, c.live.registry.Statuses(ctx, users)) {
		if !hidden[one.User] {
			found = append(found, one)
		}
	}
	return found, nil
}

// visible keeps those of the users who look online to everybody.
func visible(users []model.UserID, statuses map[model.UserID]presence.Presence) []UserPresence {
	found := []UserPresence{}
	for _, user := range users {
		if status := statuses[user].Visible(); status != presence.Offline {
			found = append(found, UserPresence{User: user, Status: status})
		}
	}
	return found
}
