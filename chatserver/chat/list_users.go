package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// ListUsers is the input of Chat.ListUsers; zero fields select all.
type ListUsers struct {
	Search        string // how the display name or the username begins
	DisplayName   string
	Roles         []model.UserRole
	AccountStatus model.AccountStatus
	Guest         *bool
	IDs           []model.UserID
	ActiveSince   time.Time
	Page          model.ListPage
}

func (in ListUsers) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.name("search", in.Search)
	f.name("displayName", in.DisplayName)
	for _, role := range in.Roles {
		f.userRole("role", role)
	}
	if in.AccountStatus != "" {
		f.accountStatus(in.AccountStatus)
	}
	if len(in.IDs) > limits.MaxPageSize {
		f.add(model.Invalid("id", "must not stand more than %d times", limits.MaxPageSize))
	}
	return f.err()
}

// ListUsers reads a part of the users, and how many there are in all. Users
// without a role may list only where the project has a directory.
func (c *Chat) ListUsers(ctx context.Context, principal Principal, in ListUsers) ([]model.User, int64, error) {
	reader, err := c.actor(ctx, principal)
	if err != nil {
		return nil, 0, err
	}
	if reader.rank() <= model.UserPlain.Rank() && !c.Features.UserDirectory {
		return nil, 0, model.Forbidden("the project has no directory of users; name a user to read it")
	}
	if err := in.check(c.Limits); err != nil {
		return nil, 0, err
	}
	users, total, err := c.Store.ListUsers(ctx, store.UserFilter{
		Search: in.Search, DisplayName: in.DisplayName, Roles: in.Roles, AccountStatus: in.AccountStatus,
		Guest: in.Guest, IDs: in.IDs, ActiveSince: in.ActiveSince,
	}, in.Page)
	if err != nil {
		return nil, 0, translate(err)
	}
	return reader.profiles(users), total, nil
}
