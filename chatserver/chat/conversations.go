package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// CreateConversation is the input of Chat.CreateConversation. The acting user
// is always a member; naming it again changes nothing.
type CreateConversation struct {
	ExternalID string
	Type       model.ConversationType // default group
	Name       string
	Properties json.RawMessage
	Members    []NewMember
}

// NewMember names a user that becomes a member.
type NewMember struct {
	User model.UserRef
	Role model.MemberRole // default member
}

func (in CreateConversation) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.identifier("externalId", in.ExternalID)
	f.name("name", in.Name)
	f.properties(in.Properties)
	if in.Type != model.Direct && in.Type != model.Group {
		f.add(model.Invalid("type", "must be direct or group"))
	}
	if len(in.Members) > limits.MembersPerRequest {
		f.add(model.Invalid("members", "must not name more than %d members; add the others afterwards", limits.MembersPerRequest))
	}
	for i, member := range in.Members {
		f.role(fmt.Sprintf("members.%d.role", i), member.Role)
	}
	return f.err()
}

func (f *fields) role(field string, role model.MemberRole) {
	if role != "" && !role.Valid() {
		f.add(model.Invalid(field, "must be owner, admin, moderator, member or guest"))
	}
}

// CreateConversation stores a conversation; for a direct one whose members have
// one already, that one is returned with created false.
func (c *Chat) CreateConversation(ctx context.Context, principal Principal, in CreateConversation) (conversation model.Conversation, members []model.Member, created bool, err error) {
	if principal.User == 0 {
		return conversation, nil, false, needsUser(principal)
	}
	if in.Type == "" {
		in.Type = model.Group
	}
	if err := in.check(c.Limits); err != nil {
		return conversation, nil, false, err
	}
	first, err := c.firstMembers(ctx, principal.User, in)
	if err != nil {
		return conversation, nil, false, err
	}
	made, err := c.Store.CreateConversation(ctx, store.NewConversation{
		ExternalID: in.ExternalID, Type: in.Type, Name: in.Name,
		Properties: propertiesOrEmpty(in.Properties), CreatedBy: principal.User, Members: first,
	})
	if err != nil {
		return conversation, nil, false, translate(err)
	}
	if made.Created {
		c.announceCreated(made)
	}
	return made.Conversation, made.Members, made.Created, nil
}

// firstMembers resolves the named users, the creator first.
func (c *Chat) firstMembers(ctx context.Context, creator model.UserID, in CreateConversation) ([]store.NewMember, error) {
	refs := make([]model.UserRef, len(in.Members))
	for i, member := range in.Members {
		refs[i] = member.User
	}
	ids, err := c.Store.UserIDs(ctx, refs)
	if unknown := (*store.UnknownReferenceError)(nil); errors.As(err, &unknown) {
		return nil, model.Invalid(fmt.Sprintf("members.%d.user", unknown.Index), "no such user")
	}
	if err != nil {
		return nil, translate(err)
	}
	members := []store.NewMember{{User: creator, Role: model.RoleOwner}}
	for i, id := range ids {
		role := in.Members[i].Role
		if role == "" {
			role = model.RoleMember
		}
		if !slices.ContainsFunc(members, func(m store.NewMember) bool { return m.User == id }) {
			members = append(members, store.NewMember{User: id, Role: role})
		}
	}
	if in.Type == model.Direct {
		// All members of a direct conversation stand on one level.
		for i := range members {
			members[i].Role = model.RoleMember
		}
		if len(members) < model.MinDirectMembers || len(members) > c.Limits.DirectMembers {
			return nil, model.Invalid("members", "a direct conversation has %d to %d members, the creator included",
				model.MinDirectMembers, c.Limits.DirectMembers)
		}
	}
	return members, nil
}

func (c *Chat) announceCreated(made store.Creation) {
	conversation := made.Conversation
	announced := announcement{events: []model.Event{{
		Kind: model.ConversationCreated, ConversationID: conversation.ID, Rev: 1, Conversation: &conversation,
	}}}
	for i := range made.Messages {
		message := &made.Messages[i]
		announced.events = append(announced.events, model.Event{
			Kind: model.MessageCreated, ConversationID: conversation.ID, Rev: message.CreatedRev, Message: message,
		})
	}
	for _, member := range made.Members {
		announced.notices = append(announced.notices, envelope.Notice{
			Kind: envelope.Joined, User: member.User, Conversation: conversation.ID, Rev: member.Rev,
		})
	}
	c.publisher.publish(announced)
}

// Conversation finds a conversation that the principal may see.
func (c *Chat) Conversation(ctx context.Context, principal Principal, ref model.ConversationRef) (model.Conversation, error) {
	found, err := c.standing(ctx, principal, ref)
	return found.conversation, err
}

// needsUser tells a caller without a user how to name one.
func needsUser(principal Principal) error {
	if principal.Admin() {
		return model.Invalid("X-Parley-User", "is missing: name the user on whose behalf the secret key acts")
	}
	return model.Forbidden("this needs a user token; a public key alone may not do it")
}
