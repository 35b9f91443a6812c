package conversation

import (
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
)

// The codes of refusals that the model predicts. No refusal is the empty one.
const (
	granted              = ""
	conversationNotFound = "conversation_not_found"
	memberNotFound       = "member_not_found"
	messageNotFound      = "message_not_found"
	permissionDenied     = "permission_denied"
	messageDeleted       = "message_deleted"
	parentNotFound       = "parent_not_found"
	reactionNotFound     = "reaction_not_found"
	clientIDReused       = "client_id_reused"
	lastOwner            = "last_owner"
)

// room is the sequential model of a group. Each command is a method that changes
// the room and returns the code of the refusal, in which case nothing changed.
type room struct {
	id       model.ConversationID
	rev      int64
	past     past
	messages []*message // by seq
	members  map[model.UserID]*member
	sends    map[sendKey]*message
	changes  map[int64]change // by rev
	spans    map[model.UserID][]span
}

// change is what one rev did.
type change struct {
	kind    model.EventKind
	subject subject
	reactor reactor // of a reaction
}

// subject is an object that changes.
type subject interface {
	// lastRev is the rev of its latest change.
	lastRev() int64
	// seenBy gives the rev in which a session has the object.
	seenBy(*session) int64
}

// span is a stretch of revs whose events a user hears; to is 0 while it lasts.
// Where the past is hidden, they are not of messages up to the joined seq.
type span struct{ from, to, joined int64 }

// newRoom begins with the members at rev 1; the first one owns the group.
func newRoom(id model.ConversationID, users ...model.UserID) *room {
	r := &room{
		id: id, rev: 1, past: past{[]pastRule{{rev: 1}}}, members: make(map[model.UserID]*member), sends: make(map[sendKey]*message),
		changes: make(map[int64]change), spans: make(map[model.UserID][]span),
	}
	for i, user := range users {
		first := model.Member{Conversation: id, User: user, Role: model.RoleMember, InvitedBy: users[0], CreatedRev: 1, Rev: 1}
		if i == 0 {
			first.Role, first.InvitedBy = model.RoleOwner, 0
		}
		r.members[user] = &member{versions: make(map[int64]memberState)}
		r.members[user].begin(first)
	}
	r.follow()
	return r
}

// tell numbers a change of a subject.
func (r *room) tell(kind model.EventKind, subject subject) int64 {
	r.rev++
	r.changes[r.rev] = change{kind: kind, subject: subject}
	return r.rev
}

// follow begins and ends the spans of those whom the latest change concerns.
func (r *room) follow() {
	for user := range r.members {
		spans := r.spans[user]
		last := len(spans) - 1
		open := last >= 0 && spans[last].to == 0
		switch {
		case r.follows(user) && !open:
			r.spans[user] = append(spans, span{from: r.rev, joined: r.members[user].JoinedSeq})
		case !r.follows(user) && open:
			spans[last].to = r.rev
		}
	}
}

// follows reports whether the user hears of changes from now on.
func (r *room) follows(user model.UserID) bool {
	member := r.present(user)
	return member != nil && !member.Permissions.Denies(model.MessageReceive)
}

// hears reports whether the session hears of the change at the rev, of the message
// with the seq or, with 0, of something else: those that its user follows up to
// the one that ended it. Was the user back before the session was told of the end,
// then nothing ended for it.
func (r *room) hears(s *session, rev, seq int64) bool {
	return slices.ContainsFunc(r.spans[s.user], func(each span) bool {
		return (rev >= each.from || s.following) && (each.to == 0 || rev <= each.to) &&
			(seq == 0 || seq > each.joined || r.past.was(false, rev, each.to))
	})
}

// floor is the last seq that a member does not see.
func (r *room) floor(user model.UserID) int64 {
	if !r.past.last().hidden {
		return 0
	}
	return r.members[user].JoinedSeq
}

// mayMiss reports whether a member need not hear that the message changed at the
// rev: the past was hidden then or later.
func (r *room) mayMiss(user model.UserID, m *message, rev int64) bool {
	return m.Seq <= r.members[user].JoinedSeq && r.past.was(true, rev, 0)
}

// sees reports whether the message is there for a member who reads.
func (r *room) sees(user model.UserID, m *message) bool {
	return !m.hidden[user] && m.Seq > r.floor(user)
}

// present gives nil for one who is no member.
func (r *room) present(user model.UserID) *member {
	if known := r.members[user]; known != nil && !known.Left() {
		return known
	}
	return nil
}

// readable gives what one is answered who reads.
func (r *room) readable(user model.UserID) string {
	switch {
	case r.present(user) == nil:
		return conversationNotFound
	case !r.follows(user):
		return permissionDenied
	}
	return granted
}

// lastSeq is the seq of the newest message, or 0.
func (r *room) lastSeq() int64 { return int64(len(r.messages)) }

// message finds a message by its id, or gives nil.
func (r *room) message(id model.MessageID) *message {
	for _, known := range r.messages {
		if known.ID == id {
			return known
		}
	}
	return nil
}
