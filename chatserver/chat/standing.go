package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// The ranks above and below those of the members' roles.
const (
	strangerRank = 0
	projectRank  = 100 // of those who administer the project
)

// standing is what the principal is to one conversation.
type standing struct {
	principal    Principal
	conversation model.Conversation
	member       *model.Member // nil for one who is no member
	user         *model.User   // nil when a secret key acts for itself
	ban          *model.Ban
}

// administers reports whether the principal may do everything in the project.
func (s standing) administers() bool {
	return s.principal.Admin() || (s.user != nil && administers(*s.user))
}

func administers(user model.User) bool {
	return user.Role == model.UserSuperadmin || user.Role == model.UserAdmin
}

// rank is the height from which the principal acts on members and their
// messages. Moderators of the project stand like a moderator of every
// conversation.
func (s standing) rank() int {
	if s.principal.Admin() {
		return projectRank
	}
	return rankOf(s.user, s.member)
}

// rankOf is the height at which a user stands in a conversation; nil stands for
// nobody, and for one who is no member.
func rankOf(user *model.User, member *model.Member) int {
	rank := strangerRank
	if member != nil {
		rank = member.Role.Rank()
	}
	switch {
	case user != nil && administers(*user):
		return projectRank
	case user != nil && user.Role == model.UserModerator:
		return max(rank, model.RoleModerator.Rank())
	}
	return rank
}

// moderates reports whether the principal may act on messages of others.
func (s standing) moderates() bool { return s.rank() >= model.RoleModerator.Rank() }

// allows reports whether the principal has the permission here.
func (s standing) allows(permission model.Permission) bool {
	if s.principal.Admin() {
		return true
	}
	return s.user != nil && allows(permission, *s.user, s.member)
}

// require gives the error that the missing permission is answered with.
func (s standing) require(permission model.Permission) error {
	if s.allows(permission) {
		return nil
	}
	return model.Forbidden("this needs the permission %s", permission)
}

// requireRank gives the error for one who stands below the role.
func (s standing) requireRank(role model.MemberRole) error {
	if s.rank() >= role.Rank() {
		return nil
	}
	return model.Forbidden("this needs the role %s or a higher one", role)
}

// knowsMembers gives the error for one who may not see who takes part.
func (s standing) knowsMembers() error {
	if s.member == nil && s.conversation.Type != model.Open && !s.allows(model.AdminView) {
		return model.Forbidden("only members see who takes part in this conversation; join it first")
	}
	return nil
}

// readable gives the error for one who may not read the history.
func (s standing) readable() error {
	if s.member == nil && s.conversation.Type != model.Open && !s.allows(model.AdminView) {
		return model.Forbidden("only members read the messages of this conversation; join it first")
	}
	if s.conversation.Type == model.Open && s.member == nil {
		return nil
	}
	return s.require(model.MessageReceive)
}

// reads reports whether the principal may read the history.
func (s standing) reads() bool { return s.readable() == nil }

// visible reports whether the conversation exists to the principal.
func (s standing) visible() bool {
	switch {
	case s.member != nil, s.allows(model.AdminView):
		return true
	case s.conversation.Type == model.Public, s.conversation.Type == model.Open:
		return s.user != nil
	}
	return false
}

// floor is the last seq that the principal does not see.
func (s standing) floor() int64 {
	if s.member == nil {
		return 0
	}
	return s.member.Floor(s.conversation)
}

// joinFloor is the last seq from before the principal's user joined, if the
// conversation hides that.
func (s standing) joinFloor() int64 {
	if s.member == nil {
		return 0
	}
	return s.member.JoinFloor(s.conversation.SinceJoin)
}

// standing finds the conversation and what the principal is to it. A
// conversation that is not visible to the principal does not exist.
func (c *Chat) standing(ctx context.Context, principal Principal, ref model.ConversationRef) (standing, error) {
	if principal.PublicKeyOnly() {
		return standing{}, needsUser(principal)
	}
	found, err := c.Store.Standing(ctx, ref, principal.User)
	if err != nil {
		return standing{}, translate(err)
	}
	s := newStanding(principal, found)
	if !s.visible() {
		return standing{}, model.ErrConversationNotFound
	}
	return s, nil
}

func newStanding(principal Principal, found store.Standing) standing {
	return standing{
		principal: principal, conversation: found.Conversation,
		member: found.Member, user: found.User, ban: found.Ban,
	}
}
