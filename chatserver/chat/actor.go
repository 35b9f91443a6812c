package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// actor is who asks for something that concerns the project and no conversation.
type actor struct {
	principal Principal
	user      *model.User // nil when a key acts for itself
}

// actor finds the user that the principal names. A public key alone is refused.
func (c *Chat) actor(ctx context.Context, principal Principal) (actor, error) {
	if principal.PublicKeyOnly() {
		return actor{}, needsUser(principal)
	}
	if principal.User == 0 {
		return actor{principal: principal}, nil
	}
	user, err := c.Store.User(ctx, model.UserRef{ID: principal.User})
	if err != nil {
		return actor{}, translate(err)
	}
	return actor{principal: principal, user: &user}, nil
}

// administrator is actor for what only those may who administer the project.
func (c *Chat) administrator(ctx context.Context, principal Principal) (actor, error) {
	found, err := c.actor(ctx, principal)
	if err == nil && !found.administers() {
		err = model.Forbidden("this needs a secret key, or a user with the role admin")
	}
	return found, err
}

// administers reports whether the actor may do everything in the project.
func (a actor) administers() bool {
	return a.principal.Admin() || (a.user != nil && administers(*a.user))
}

func (a actor) is(user model.UserID) bool { return a.user != nil && a.user.ID == user }

// rank is the height from which the actor acts on other users.
func (a actor) rank() int {
	switch {
	case a.principal.Admin():
		return model.UserSuperadmin.Rank()
	case a.user != nil:
		return a.user.Role.Rank()
	}
	return model.UserPlain.Rank()
}

// mayActOn refuses all but the user itself and those who administer the project
// and do not stand below the user.
func (a actor) mayActOn(user model.User) error {
	switch {
	case a.is(user.ID):
		return nil
	case !a.administers():
		return model.Forbidden("only the user itself may do this, a secret key, or a user with the role admin")
	case user.Role.Rank() > a.rank():
		return model.Forbidden("this needs a role that is not below that of the user")
	}
	return nil
}

// mayGive refuses roles above the actor's own.
func (a actor) mayGive(role model.UserRole) error {
	if role.Rank() > a.rank() {
		return model.Forbidden("a user cannot be given the role %s by one who stands below it", role)
	}
	return nil
}
