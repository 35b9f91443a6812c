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

// CreateConversation is the input of Chat.CreateConversation. Its creator is
// always a member, but of an open conversation; naming it again changes nothing.
type CreateConversation struct {
	ExternalID string
	Type       model.ConversationType // default group
	Name       string
	Avatar     string // a URL
	Properties json.RawMessage
	Ephemeral  bool // an open conversation always is
	SinceJoin  bool
	Members    []NewMember
	// Message is sent in the creator's name, in the same transaction. Its
	// Conversation is not looked at.
	Message *SendMessage
	// CreatedBy is the creator where a secret key acts for no user. Without one
	// nobody is.
	CreatedBy *model.UserRef
}

// NewMember names a user that becomes a member.
type NewMember struct {
	User model.UserRef
	Role model.MemberRole // default member
}

// CreatedConversation is what became of a creation.
type CreatedConversation struct {
	Conversation model.Conversation
	Members      []model.Member
	Message      *model.Message // the first message, if one was given
	Created      bool           // false for a direct conversation that was there
}

func (in CreateConversation) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.identifier("externalId", in.ExternalID)
	f.name("name", in.Name)
	f.text("avatar", in.Avatar, MaxAvatarLength)
	f.properties(in.Properties)
	if !in.Type.Valid() {
		f.add(model.Invalid("type", "must be direct, group, public, private, open or ticket"))
	}
	if in.Type == model.Open && len(in.Members) > 0 {
		f.add(model.Invalid("members", "an open conversation has no members: leave them out"))
	}
	if len(in.Members) > limits.MembersPerRequest {
		f.add(model.Invalid("members", "must not name more than %d members; add the others afterwards", limits.MembersPerRequest))
	}
	for i, member := range in.Members {
		f.role(fmt.Sprintf("members.%d.role", i), member.Role)
	}
	if in.Message != nil && in.Ephemeral {
		f.add(model.Invalid("message", "an ephemeral conversation keeps no messages: send it afterwards"))
	}
	return f.err()
}

func (f *fields) role(field string, role model.MemberRole) {
	if role != "" && !role.Valid() {
		f.add(model.Invalid(field, "must be owner, admin, moderator, member or guest"))
	}
}

// CreateConversation stores a conversation with its first members. A direct one
// whose members have one already is returned with Created false; a first message
// is then sent to it.
func (c *Chat) CreateConversation(ctx context.Context, principal Principal, in CreateConversation) (CreatedConversation, error) {
	if in.Type == "" {
		in.Type = model.Group
	}
	in.Ephemeral = in.Ephemeral || in.Type == model.Open
	if err := in.check(c.Limits); err != nil {
		return CreatedConversation{}, err
	}
	creator, err := c.creator(ctx, principal, in)
	if err != nil {
		return CreatedConversation{}, err
	}
	conversation, err := c.newConversation(ctx, principal, creator, in)
	if err != nil {
		return CreatedConversation{}, err
	}
	if in.Message != nil {
		message, err := c.firstMessage(ctx, principal, creator, *in.Message)
		if err != nil {
			return CreatedConversation{}, err
		}
		conversation.FirstMessages = []store.NewMessage{message}
	}
	made, err := c.createOnce(ctx, conversation)
	if err != nil {
		return CreatedConversation{}, err
	}
	return c.finishCreation(ctx, conversation, made)
}

// creator finds in whose name the conversation is made; nil stands for nobody.
func (c *Chat) creator(ctx context.Context, principal Principal, in CreateConversation) (*model.User, error) {
	ref := model.UserRef{ID: principal.User}
	switch {
	case principal.PublicKeyOnly():
		return nil, needsUser(principal)
	case in.CreatedBy == nil && principal.User == 0:
		return nil, nil
	case in.CreatedBy == nil:
	case !principal.Admin():
		return nil, model.Forbidden("only a secret key says who created a conversation; leave out createdBy")
	case principal.User != 0:
		return nil, model.Invalid("createdBy", "give either this or X-Parley-User")
	default:
		ref = *in.CreatedBy
	}
	user, err := c.Store.User(ctx, ref)
	if errors.Is(err, model.ErrUserNotFound) && in.CreatedBy != nil {
		return nil, model.Invalid("createdBy", "no such user")
	}
	return &user, translate(err)
}

// assignsTickets reports whether the user decides who takes part in tickets.
func assignsTickets(user *model.User) bool {
	return rankOf(user, nil) >= model.RoleModerator.Rank() || (user != nil && allows(model.TicketAssign, *user, nil))
}

// newConversation resolves the named users and holds the conversation to what
// its type needs and to the limits on members.
func (c *Chat) newConversation(ctx context.Context, principal Principal, creator *model.User, in CreateConversation) (store.NewConversation, error) {
	conversation := store.NewConversation{
		ExternalID: in.ExternalID, Type: in.Type, Name: in.Name, Avatar: in.Avatar,
		Properties: propertiesOrEmpty(in.Properties), Ephemeral: in.Ephemeral, SinceJoin: in.SinceJoin,
	}
	if creator != nil {
		conversation.CreatedBy = creator.ID
	}
	if in.Type == model.Open {
		if !principal.Admin() && rankOf(creator, nil) < model.RoleModerator.Rank() {
			return conversation, model.Forbidden("only moderators of the project and those above create open conversations")
		}
		return conversation, nil
	}
	var err error
	if conversation.Members, err = c.firstMembers(ctx, conversation.CreatedBy, in); err != nil {
		return conversation, err
	}
	if len(conversation.Members) > c.Limits.MembersPerConversation {
		return conversation, model.ErrConversationFull
	}
	if in.Type == model.Ticket && len(conversation.Members) > 1 && !principal.Admin() && !assignsTickets(creator) {
		return conversation, model.Forbidden("only staff adds members to a ticket")
	}
	if in.Type == model.Direct {
		err = c.checkDirect(ctx, conversation.Members)
	}
	return conversation, err
}

// firstMembers resolves the named users, the creator, if there is one, first.
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
	var members []store.NewMember
	add := func(user model.UserID, role model.MemberRole) {
		switch {
		case in.Type == model.Direct, role == "":
			// All members of a direct conversation stand on one level.
			role = model.RoleMember
		}
		if !slices.ContainsFunc(members, func(m store.NewMember) bool { return m.User == user }) {
			members = append(members, store.NewMember{User: user, Role: role})
		}
	}
	if creator != 0 {
		add(creator, model.RoleOwner)
	}
	for i, id := range ids {
		add(id, in.Members[i].Role)
	}
	return members, nil
}

// checkDirect holds a direct conversation to its size, and refuses users of whom
// one has blocked another.
func (c *Chat) checkDirect(ctx context.Context, members []store.NewMember) error {
	if len(members) < model.MinDirectMembers || len(members) > c.Limits.DirectMembers {
		return model.Invalid("members", "a direct conversation has %d to %d members, the creator included",
			model.MinDirectMembers, c.Limits.DirectMembers)
	}
	others := make([]model.UserID, 0, len(members))
	for _, member := range members[1:] {
		others = append(others, member.User)
	}
	blocked, err := c.Store.AnyBlock(ctx, members[0].User, others)
	if err == nil && blocked {
		return model.ErrBlocked
	}
	return translate(err)
}

// firstMessage makes the message that is stored with the conversation.
func (c *Chat) firstMessage(ctx context.Context, principal Principal, creator *model.User, in SendMessage) (store.NewMessage, error) {
	sender := Principal{Key: principal.Key}
	if creator != nil {
		sender.User = creator.ID
	}
	if err := c.allowSend(sender); err != nil {
		return store.NewMessage{}, err
	}
	in.Conversation = model.ConversationRef{}
	message, err := c.newMessage(ctx, sender, in)
	if err == nil {
		return message, nil
	}
	if creator == nil {
		return store.NewMessage{}, model.Invalid("message", "needs a user who sends it: give createdBy or X-Parley-User")
	}
	known := *model.AsError(err)
	if len(known.Fields) > 0 {
		known.Message = "message." + known.Message
	}
	known.Fields = slices.Clone(known.Fields)
	for i := range known.Fields {
		known.Fields[i].Field = "message." + known.Fields[i].Field
	}
	return store.NewMessage{}, &known
}

// createOnce stores the conversation, unless its creator has too many. A direct
// one that is there is found in any case.
func (c *Chat) createOnce(ctx context.Context, conversation store.NewConversation) (store.Creation, error) {
	full, err := c.hasTooMany(ctx, conversation.CreatedBy)
	if err != nil {
		return store.Creation{}, err
	}
	if full && conversation.Type != model.Open {
		return c.existingDirect(ctx, conversation)
	}
	made, err := c.Store.CreateConversation(ctx, conversation)
	return made, translate(err)
}

// existingDirect finds the direct conversation of a creator who may have no
// further one.
func (c *Chat) existingDirect(ctx context.Context, conversation store.NewConversation) (store.Creation, error) {
	if conversation.Type != model.Direct {
		return store.Creation{}, model.ErrTooManyConversations
	}
	filter := store.ConversationFilter{MemberOf: conversation.CreatedBy, Types: []model.ConversationType{model.Direct}, OnlyMembers: true}
	for _, member := range conversation.Members {
		filter.WithMembers = append(filter.WithMembers, member.User)
	}
	found, _, err := c.Store.ListConversations(ctx, filter, model.ListPage{Limit: 1})
	if err != nil {
		return store.Creation{}, translate(err)
	}
	if len(found) == 0 {
		return store.Creation{}, model.ErrTooManyConversations
	}
	members, _, err := c.Store.ListMembers(ctx, found[0].ID, store.MemberFilter{}, model.ListPage{Limit: c.Limits.DirectMembers})
	return store.Creation{Conversation: found[0].Conversation, Members: members}, translate(err)
}

// hasTooMany reports whether the user is a member of as many conversations as it
// may be. It is asked before a transaction, so simultaneous joins may exceed the
// limit by their number.
func (c *Chat) hasTooMany(ctx context.Context, user model.UserID) (bool, error) {
	if user == 0 {
		return false, nil
	}
	_, total, err := c.Store.ListConversations(ctx, store.ConversationFilter{MemberOf: user}, model.ListPage{Limit: 1})
	return total >= int64(c.Limits.ConversationsPerUser), translate(err)
}

// finishCreation announces what was made; to a conversation that was there the
// message is sent like any other.
func (c *Chat) finishCreation(ctx context.Context, asked store.NewConversation, made store.Creation) (CreatedConversation, error) {
	created := CreatedConversation{Conversation: made.Conversation, Members: made.Members, Created: made.Created}
	switch {
	case made.Created:
		for i := range made.Messages {
			made.Messages[i].Author = c.authors.of(ctx, made.Messages[i].Sender)
		}
		c.announceCreated(made)
		if len(made.Messages) > 0 {
			c.Metrics.sent(nil)
			created.Message = &made.Messages[0]
		}
	case len(asked.FirstMessages) > 0:
		message := asked.FirstMessages[0]
		message.Conversation = made.Conversation.ID
		sent, err := c.appendMessage(ctx, message)
		if err != nil {
			return CreatedConversation{}, err
		}
		created.Message = &sent
	}
	return created, nil
}

// appendMessage stores a message that was checked and counted before.
func (c *Chat) appendMessage(ctx context.Context, message store.NewMessage) (model.Message, error) {
	type outcome struct {
		store.AppendOutcome
		err error
	}
	done := make(chan outcome, 1)
	started := c.Now()
	c.Metrics.taken()
	c.appender.submit(ctx, message, c.authors.of(ctx, message.Sender), func(result store.AppendOutcome, err error) {
		if err == nil {
			err = translate(result.Err)
		}
		c.Metrics.answered(c.Now().Sub(started), err)
		done <- outcome{result, err}
	})
	select {
	case result := <-done:
		return result.Message, result.err
	case <-ctx.Done():
		return model.Message{}, model.ErrUnavailable.Because(ctx.Err())
	}
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
