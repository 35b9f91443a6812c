package chat

import (
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
)

// What roles allow by themselves. An allowance of either role is enough;
// overrides of the user and of the membership add to it, and a denial in either
// of them takes away.
var (
	memberAllows = map[model.MemberRole][]model.Permission{
		model.RoleOwner: {
			model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete,
			model.ConversationArchive, model.MemberAdd, model.MemberRemove,
		},
		model.RoleAdmin: {
			model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete,
			model.ConversationArchive, model.MemberAdd, model.MemberRemove,
		},
		model.RoleModerator: {
			model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete,
			model.MemberAdd, model.MemberRemove,
		},
		model.RoleMember: {model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete},
		model.RoleGuest:  {model.MessageSend, model.MessageReceive},
	}
	userAllows = map[model.UserRole][]model.Permission{
		model.UserSuperadmin: model.AllPermissions,
		model.UserAdmin:      model.AllPermissions,
		model.UserModerator: {
			model.MessageReceive, model.ConversationArchive, model.MemberAdd, model.MemberRemove, model.AdminView,
		},
		model.UserStaff: {model.MessageReceive, model.TicketAssign, model.AdminView},
		model.UserPlain: {},
	}
)

// allows applies the two tables and the overrides. Nil stands for one who is no
// member.
func allows(permission model.Permission, user model.User, member *model.Member) bool {
	allowed := user.Permissions[permission] || slices.Contains(userAllows[user.Role], permission)
	denied := user.Permissions.Denies(permission)
	if member != nil {
		allowed = allowed || member.Permissions[permission] || slices.Contains(memberAllows[member.Role], permission)
		denied = denied || member.Permissions.Denies(permission)
	}
	return allowed && !denied
}
