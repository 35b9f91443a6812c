package conversation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
)

// roleAllows is the table of the guide to the API.
var roleAllows = map[model.MemberRole][]model.Permission{
	model.RoleOwner: {
		model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete,
		model.ConversationArchive, model.MemberAdd, model.MemberRemove,
	},
	model.RoleAdmin: {
		model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete,
		model.ConversationArchive, model.MemberAdd, model.MemberRemove,
	},
	model.RoleModerator: {
		model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete, model.MemberAdd, model.MemberRemove,
	},
	model.RoleMember: {model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete},
	model.RoleGuest:  {model.MessageSend, model.MessageReceive},
}

// roles rise.
var roles = []model.MemberRole{model.RoleGuest, model.RoleMember, model.RoleModerator, model.RoleAdmin, model.RoleOwner}

func rank(role model.MemberRole) int { return slices.Index(roles, role) }

// member is a member of the model with all that it ever was.
type member struct {
	model.Member
	versions map[int64]memberState
}

// memberState is what is comparable of a member: all but times and marks.
type memberState struct {
	User, InvitedBy                     model.UserID
	Role                                model.MemberRole
	Permissions                         string
	JoinedSeq, CreatedRev, Rev, LeftRev int64
}

func stateOfMember(m model.Member) memberState {
	return memberState{
		User: m.User, InvitedBy: m.InvitedBy, Role: m.Role, Permissions: fmt.Sprint(m.Permissions),
		JoinedSeq: m.JoinedSeq, CreatedRev: m.CreatedRev, Rev: m.Rev, LeftRev: m.LeftRev,
	}
}

func (m *member) lastRev() int64          { return m.Rev }
func (m *member) seenBy(s *session) int64 { return s.members[m.User] }

// begin is a membership from its start: nothing of an earlier one is left.
func (m *member) begin(as model.Member) {
	m.Member = as
	m.ReadSeq = as.JoinedSeq
	m.keep()
}

func (m *member) keep() { m.versions[m.Rev] = stateOfMember(m.Member) }

func (m *member) allows(permission model.Permission) bool {
	if m.Permissions.Denies(permission) {
		return false
	}
	return m.Permissions[permission] || slices.Contains(roleAllows[m.Role], permission)
}

func (m *member) moderates() bool { return rank(m.Role) >= rank(model.RoleModerator) }

// updated numbers a change of a membership.
func (r *room) updated(kind model.EventKind, m *member) {
	m.Rev = r.tell(kind, m)
	if kind == model.MemberRemoved {
		m.LeftRev = m.Rev
	}
	m.keep()
	r.follow()
}

// add leaves one who is a member as it is.
func (r *room) add(user, other model.UserID, role model.MemberRole) (added bool, code string) {
	by := r.present(user)
	switch {
	case by == nil:
		return false, conversationNotFound
	case !by.allows(model.MemberAdd) || rank(role) > rank(by.Role):
		return false, permissionDenied
	case r.present(other) != nil:
		return false, granted
	}
	joined := r.members[other]
	if joined == nil {
		joined = &member{versions: make(map[int64]memberState)}
		r.members[other] = joined
	}
	rev := r.tell(model.MemberAdded, joined)
	joined.begin(model.Member{
		Conversation: r.id, User: other, Role: role, InvitedBy: user, JoinedSeq: r.lastSeq(), CreatedRev: rev, Rev: rev,
	})
	r.follow()
	return true, granted
}

// remove ends a membership. Whoever stands highest follows the last owner.
func (r *room) remove(user, other model.UserID) string {
	by, leaving := r.present(user), r.present(other)
	switch {
	case by == nil:
		return conversationNotFound
	case leaving == nil:
		return memberNotFound
	case user != other && (!by.allows(model.MemberRemove) || rank(leaving.Role) >= rank(by.Role)):
		return permissionDenied
	}
	r.updated(model.MemberRemoved, leaving)
	if successor := r.successor(other); leaving.Role == model.RoleOwner && successor != nil && successor.Role != model.RoleOwner {
		successor.Role = model.RoleOwner
		r.updated(model.MemberUpdated, successor)
	}
	return granted
}

// successor is the highest and longest member beside the user, or nil.
func (r *room) successor(user model.UserID) *member {
	var others []*member
	for other := range r.members {
		if other != user && r.present(other) != nil {
			others = append(others, r.members[other])
		}
	}
	if len(others) == 0 {
		return nil
	}
	return slices.MinFunc(others, func(a, b *member) int {
		return cmp.Or(-cmp.Compare(rank(a.Role), rank(b.Role)), cmp.Compare(a.CreatedRev, b.CreatedRev), cmp.Compare(a.User, b.User))
	})
}

func (r *room) setRole(user, other model.UserID, role model.MemberRole) string {
	by, changing := r.present(user), r.present(other)
	switch {
	case by == nil:
		return conversationNotFound
	case changing == nil:
		return memberNotFound
	case role == changing.Role:
		return granted
	}
	lowersItself := user == other && rank(role) < rank(changing.Role)
	above := rank(changing.Role) < rank(by.Role)
	makesOwner := by.Role == model.RoleOwner
	switch {
	case !lowersItself && !above, rank(role) >= rank(by.Role) && !makesOwner:
		return permissionDenied
	case changing.Role == model.RoleOwner:
		if successor := r.successor(other); successor == nil || successor.Role != model.RoleOwner {
			return lastOwner
		}
	}
	changing.Role = role
	r.updated(model.MemberUpdated, changing)
	return granted
}

// override allows, denies, or with nil takes back what was said.
func (r *room) override(user, other model.UserID, permission model.Permission, allowed *bool) string {
	by, changing := r.present(user), r.present(other)
	switch {
	case by == nil:
		return conversationNotFound
	case changing == nil:
		return memberNotFound
	case rank(by.Role) < rank(model.RoleAdmin), rank(changing.Role) >= rank(by.Role):
		return permissionDenied
	}
	after := model.Permissions{}
	maps.Copy(after, changing.Permissions)
	delete(after, permission)
	if allowed != nil {
		after[permission] = *allowed
	}
	gives := after[permission] || (changing.Permissions.Denies(permission) && !after.Denies(permission))
	switch {
	case gives && !by.allows(permission):
		return permissionDenied
	case maps.Equal(after, changing.Permissions):
		return granted
	}
	changing.Permissions = after
	r.updated(model.MemberUpdated, changing)
	return granted
}

// read moves the mark forward, at most to the last message.
func (r *room) read(user model.UserID, seq int64) string {
	if code := r.readable(user); code != granted {
		return code
	}
	reader := r.members[user]
	if seq = min(seq, r.lastSeq()); seq > reader.ReadSeq {
		reader.ReadSeq = seq
		reader.OwnRev++
	}
	return granted
}

func (r *room) mute(user model.UserID, muted bool) string {
	by := r.present(user)
	if by == nil {
		return conversationNotFound
	}
	if by.Muted != muted {
		by.Muted = muted
		by.OwnRev++
	}
	return granted
}

// unread counts what others wrote behind the mark.
func (r *room) unread(user model.UserID) (count int64, code string) {
	if code := r.readable(user); code != granted {
		return 0, code
	}
	for _, m := range r.messages {
		if m.Seq > r.members[user].ReadSeq && m.Sender != user && !m.Deleted() && r.sees(user, m) {
			count++
		}
	}
	return count, granted
}
