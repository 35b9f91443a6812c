package conversation

import (
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// session is one client of one user: what it keeps while it is connected and
// takes along when it connects again. Of each object it keeps the rev that it has;
// that the object was then as the frame said, it checked when it came.
type session struct {
	name   string
	user   model.UserID
	socket *pod.Socket // nil while it is not connected
	asked  int64       // the id of the latest request
	// early is what came before an answer: it is taken once the model has changed.
	early []pod.Frame

	epoch     string
	rev       int64 // of the latest event
	following bool
	messages  map[int64]int64 // data.rev by seq
	members   map[model.UserID]int64
	past      int64 // the rev of what it knows of the conversation itself
}

// forget throws away what the session has of the conversation.
func (s *session) forget() {
	s.messages, s.members = make(map[int64]int64), make(map[model.UserID]int64)
	s.following = false
}

// receipt is what an event brought.
type receipt struct {
	keep func(*session) // remembers the object's rev
	seq  int64          // of the message that it is about, or 0
	own  bool           // it is about the user's own membership
	ends bool           // its user hears nothing more from then on
	anew bool           // what its user may read has changed
}

// take does with a frame what every client does, and holds it to the model.
func (s *session) take(w *world, frame pod.Frame) {
	w.t.Helper()
	switch {
	case frame.Event == "reset":
		w.t.Fatalf("%s is told to read anew for no reason: %+v", s.name, frame)
	case frame.Rev == 0:
		// Signals wait behind events: one from before an end may come after it.
		return
	case s.following && frame.Rev < s.rev:
		w.t.Fatalf("%s has rev %d and hears %s of rev %d", s.name, s.rev, frame.Event, frame.Rev)
	}
	got := w.receive(s, frame)
	switch {
	case !got.ends && !w.room.hears(s, frame.Rev, got.seq):
		w.t.Fatalf("%s does not belong to rev %d and hears %s: %s", s.name, frame.Rev, frame.Event, frame.Data)
	case got.ends:
		// Whom a notice reaches late hears again that it is no member.
		s.following, s.rev = false, frame.Rev
		got.keep(s)
		return
	case !s.following, got.own && frame.Event == string(model.MemberAdded):
		s.rev = frame.Rev
		w.readAnew(s)
	default:
		s.missesNothing(w, frame.Rev)
		if got.anew {
			w.readMore(s)
		}
	}
	s.rev = max(s.rev, frame.Rev)
	got.keep(s)
}

// missesNothing requires that each rev that was left out on the way to the rev
// was overtaken by a later one of the same object, or is of a message that the
// user does not see.
func (s *session) missesNothing(w *world, rev int64) {
	for left := s.rev + 1; left < rev; left++ {
		skipped := w.room.changes[left]
		if m, ok := skipped.subject.(*message); ok && w.room.mayMiss(s.user, m, left) {
			continue
		}
		if skipped.subject.lastRev() == left && skipped.subject.seenBy(s) < left {
			w.t.Fatalf("%s goes from rev %d to %d and misses %s of rev %d", s.name, s.rev, rev, skipped.kind, left)
		}
	}
}

// has reports whether the session has all that its user sees.
func (s *session) has(r *room) bool {
	if s.socket == nil || s.following != r.follows(s.user) {
		return s.socket == nil
	}
	if !s.following {
		return true
	}
	if s.past < r.past.lastRev() {
		return false
	}
	for _, m := range r.messages {
		if r.sees(s.user, m) && s.messages[m.Seq] < m.told {
			return false
		}
	}
	for user, m := range r.members {
		rev, known := s.members[user]
		if rev < m.Rev && (known || !m.Left()) {
			return false
		}
	}
	return true
}

// receive decodes an event and holds it to what the object was at its rev.
func (w *world) receive(s *session, frame pod.Frame) receipt {
	w.t.Helper()
	switch kind := model.EventKind(frame.Event); kind {
	case model.MemberAdded, model.MemberUpdated, model.MemberRemoved:
		var got model.Member
		w.decode(frame.Data, &got)
		return w.receiveMember(s, kind, got)
	case model.ConversationUpdated:
		var got model.Conversation
		w.decode(frame.Data, &got)
		return w.receiveConversation(s, frame.Rev, got)
	case model.ReactionAdded, model.ReactionRemoved:
		var got struct {
			Reaction model.Reaction
			Message  model.Message
		}
		w.decode(frame.Data, &got)
		if told := w.room.changes[frame.Rev]; told.kind != kind || told.reactor != (reactor{got.Reaction.User, got.Reaction.Emoji}) {
			w.t.Fatalf("%s hears %s of rev %d: %s", s.name, kind, frame.Rev, frame.Data)
		}
		return w.receiveMessage(s, kind, frame.Rev, got.Message)
	case model.MessageCreated, model.MessageEdited, model.MessageDeleted:
		var got model.Message
		w.decode(frame.Data, &got)
		return w.receiveMessage(s, kind, frame.Rev, got)
	}
	w.t.Fatalf("%s hears %+v, which no command causes", s.name, frame)
	return receipt{}
}

func (w *world) receiveMember(s *session, kind model.EventKind, got model.Member) receipt {
	w.t.Helper()
	known := w.room.members[got.User]
	if known == nil || known.versions[got.Rev] != stateOfMember(got) || (kind == model.MemberRemoved) != got.Left() {
		w.t.Fatalf("%s hears %s, but no member was ever so: %+v", s.name, kind, stateOfMember(got))
	}
	own := got.User == s.user
	return receipt{
		own: own, ends: own && (got.Left() || got.Permissions.Denies(model.MessageReceive)),
		keep: func(s *session) { s.members[got.User] = max(s.members[got.User], got.Rev) },
	}
}

func (w *world) receiveMessage(s *session, kind model.EventKind, rev int64, got model.Message) receipt {
	w.t.Helper()
	known := w.room.message(got.ID)
	if known == nil || known.versions[got.Rev] != stateOfMessage(got) {
		w.t.Fatalf("%s hears %s of rev %d, but no message was ever so: %+v", s.name, kind, rev, stateOfMessage(got))
	}
	var fits bool
	switch kind {
	case model.MessageCreated:
		fits = rev == got.CreatedRev
	case model.MessageDeleted:
		fits = got.Deleted()
	default:
		fits = !got.Deleted()
	}
	if !fits {
		w.t.Fatalf("%s hears %s of rev %d of the message %+v", s.name, kind, rev, stateOfMessage(got))
	}
	return receipt{
		seq:  got.Seq,
		keep: func(s *session) { s.messages[got.Seq] = max(s.messages[got.Seq], got.Rev) },
	}
}

func (w *world) decode(data json.RawMessage, into any) {
	w.t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		w.t.Fatalf("decode %s: %v", data, err)
	}
}
