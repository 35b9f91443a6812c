package model

// Permission names one thing that a user may be allowed to do.
type Permission string

// The permissions. Roles allow them by default; overrides of a user and of a
// membership allow or deny them one by one, and a denial wins.
const (
	MessageSend         Permission = "message.send"
	MessageReceive      Permission = "message.receive"
	MessageEdit         Permission = "message.edit"   // one's own messages
	MessageDelete       Permission = "message.delete" // one's own messages
	ConversationArchive Permission = "conversation.archive"
	MemberAdd           Permission = "member.add"
	MemberRemove        Permission = "member.remove"
	TicketAssign        Permission = "ticket.assign"
	AdminView           Permission = "admin.view" // conversations that one is no member of
)

// AllPermissions lists the permissions.
var AllPermissions = []Permission{
	MessageSend, MessageReceive, MessageEdit, MessageDelete, ConversationArchive,
	MemberAdd, MemberRemove, TicketAssign, AdminView,
}

// Valid reports whether the permission is one of those above.
func (p Permission) Valid() bool {
	for _, known := range AllPermissions {
		if p == known {
			return true
		}
	}
	return false
}

// Permissions are overrides: true allows, false denies, absent leaves it to
// the role.
type Permissions map[Permission]bool

// Denies reports whether the permission is denied.
func (p Permissions) Denies(permission Permission) bool {
	allowed, set := p[permission]
	return set && !allowed
}
