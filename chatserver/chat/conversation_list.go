package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// ListConversations selects conversations. Without All, Of and Joinable they are
// those of the acting user; at most one of the three is given.
type ListConversations struct {
	All      bool           // all of the project: needs admin.view
	Of       *model.UserRef // those of another user: needs admin.view
	Joinable bool           // public and open ones that the user may join

	Types     []model.ConversationType
	Status    model.ConversationStatus
	Search    string // how the name begins, without regard to case
	Name      string // exactly this one
	With      []model.UserRef
	Only      bool  // nobody else than With, and the user whose list it is
	Unread    *bool // there are, or are no, unread messages
	Hidden    *bool // default false: what the user has hidden is left out
	Empty     *bool
	Since     time.Time // of the latest activity
	Until     time.Time // exclusive
	CreatedBy *model.UserRef
}

func (in ListConversations) check(limits config.Limits) error {
	f := fields{limits: limits}
	for _, each := range in.Types {
		if !each.Valid() {
			f.add(model.Invalid("type", "must be direct, group, public, private, open or ticket"))
			break
		}
	}
	if in.Status != "" && in.Status != model.ConversationActive && in.Status != model.ConversationArchived {
		f.add(model.Invalid("status", "must be active or archived"))
	}
	f.name("search", in.Search)
	f.name("name", in.Name)
	if len(in.With) > limits.MembersPerRequest {
		f.add(model.Invalid("with", "must not name more than %d users", limits.MembersPerRequest))
	}
	if in.Only && len(in.With) == 0 {
		f.add(model.Invalid("only", "says that nobody else is a member: name the members in with"))
	}
	scopes := 0
	for _, given := range []bool{in.All, in.Of != nil, in.Joinable} {
		if given {
			scopes++
		}
	}
	if scopes > 1 {
		f.add(model.Invalid("all", "give at most one of all, user and joinable"))
	}
	if scopes > 0 && in.Of == nil && (in.Hidden != nil || in.Unread != nil) {
		f.add(model.Invalid("all", "hidden and unread are about a user's own conversations: leave out all and joinable"))
	}
	return f.err()
}

// ListConversations reads a part of a list of conversations, the latest activity
// first, and how many there are in all.
func (c *Chat) ListConversations(ctx context.Context, principal Principal, in ListConversations, page model.ListPage) ([]model.ConversationView, int64, error) {
	if err := errors.Join(in.check(c.Limits), c.CheckPage(page)); err != nil {
		return nil, 0, model.AsError(err)
	}
	filter, viewer, err := c.listScope(ctx, principal, in)
	if err != nil {
		return nil, 0, err
	}
	if err := c.listFilter(ctx, in, &filter); err != nil {
		return nil, 0, err
	}
	views, total, err := c.Store.ListConversations(ctx, filter, page)
	if err != nil {
		return nil, 0, translate(err)
	}
	for i := range views {
		views[i] = viewer.sees(views[i])
	}
	return views, total, nil
}

// viewer is the one for whom a list is read.
type viewer struct {
	principal Principal
	user      *model.User // nil for a secret key that acts for nobody
}

// sees leaves out of a view what the viewer may not read.
func (v viewer) sees(view model.ConversationView) model.ConversationView {
	place := standing{principal: v.principal, conversation: view.Conversation, user: v.user}
	if view.Member != nil && view.Member.User == v.principal.User {
		place.member = view.Member // in the list of another user it is that user's
	}
	if !place.reads() {
		view.LastMessage, view.Unread = nil, 0
	}
	return view
}

// listScope decides whose conversations are listed, and whether the principal
// may see them.
func (c *Chat) listScope(ctx context.Context, principal Principal, in ListConversations) (store.ConversationFilter, viewer, error) {
	var filter store.ConversationFilter
	asking := viewer{principal: principal}
	if principal.PublicKeyOnly() {
		return filter, asking, needsUser(principal)
	}
	if principal.User != 0 {
		user, err := c.Store.User(ctx, model.UserRef{ID: principal.User})
		if err != nil {
			return filter, asking, translate(err)
		}
		asking.user = &user
	}
	seesAll := standing{principal: principal, user: asking.user}.require(model.AdminView)
	filter.Viewer = principal.User
	switch {
	case in.All:
		return filter, asking, seesAll
	case in.Of != nil:
		user, err := c.listedUser(ctx, principal, *in.Of, seesAll)
		filter.MemberOf, filter.Viewer = user, user
		return filter, asking, err
	case principal.User == 0:
		return filter, asking, model.Invalid("user", "is missing: name whose conversations are meant, or give all=true")
	case in.Joinable:
		filter.JoinableBy = principal.User
		return filter, asking, nil
	}
	filter.MemberOf = principal.User
	return filter, asking, nil
}

// listedUser finds the user whose list is asked for; everybody may ask for its
// own.
func (c *Chat) listedUser(ctx context.Context, principal Principal, ref model.UserRef, seesAll error) (model.UserID, error) {
	user, err := c.Store.User(ctx, ref)
	if err == nil && user.ID == principal.User {
		return user.ID, nil
	}
	if seesAll != nil {
		return 0, seesAll
	}
	return user.ID, translate(err)
}

// listFilter adds what the caller asks for to the filter of the scope.
func (c *Chat) listFilter(ctx context.Context, in ListConversations, filter *store.ConversationFilter) error {
	filter.Types, filter.Status, filter.Search, filter.Name = in.Types, in.Status, in.Search, in.Name
	filter.OnlyMembers, filter.Unread, filter.Hidden, filter.Empty = in.Only, in.Unread, in.Hidden, in.Empty
	filter.ActivitySince, filter.ActivityUntil = in.Since, in.Until
	if filter.MemberOf != 0 && in.Hidden == nil {
		filter.Hidden = new(false)
	}
	var err error
	if filter.WithMembers, err = c.userIDs(ctx, "with", in.With); err != nil {
		return err
	}
	if in.Only && filter.MemberOf != 0 {
		filter.WithMembers = append(filter.WithMembers, filter.MemberOf)
	}
	if in.CreatedBy != nil {
		creators, err := c.userIDs(ctx, "createdBy", []model.UserRef{*in.CreatedBy})
		if err != nil {
			return err
		}
		filter.CreatedBy = creators[0]
	}
	return nil
}

// userIDs resolves the users that a field of a request names.
func (c *Chat) userIDs(ctx context.Context, field string, refs []model.UserRef) ([]model.UserID, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	ids, err := c.Store.UserIDs(ctx, refs)
	if errors.Is(err, model.ErrUserNotFound) {
		return nil, model.Invalid(field, "no such user")
	}
	return ids, translate(err)
}
