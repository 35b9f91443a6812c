package chat

import (
	"context"
	"slices"
	"sync"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// MaxAttached is how many conversations one session has open at a time.
const MaxAttached = 100

// Follower delivers what happens in a conversation to one session; a hub.Session
// is one.
type Follower interface {
	// Follow begins; admit decides once nothing is missed any more, and says
	// after which rev delivery begins and the last seq of the messages that are
	// left out of it. Answer is called before the first delivery. Fresh is false
	// when the session followed the conversation before.
	Follow(ctx context.Context, conversation model.Conversation, member bool,
		admit func(context.Context) (rev, floor int64, err error), answer func()) (fresh bool, err error)
	Unfollow(conversation model.ConversationID)
}

// LiveSession is one live connection of a user: what makes the user online, and
// be in conversations. Attach, Detach and End are called by one goroutine.
type LiveSession struct {
	live      *live
	principal Principal
	follower  Follower

	mu        sync.Mutex
	invisible bool
	hidden    bool // invisible was set by hide, which knows better than Connect
	attached  map[model.ConversationID]*attached
	record    string // of the connection, or empty
}

// attached is a conversation that a session has open.
type attached struct {
	fresh   bool // delivery ends with it
	counted bool // the registry knows
	record  string
}

// Connect counts a session of the principal's user. End must be called on it.
func (c *Chat) Connect(ctx context.Context, principal Principal, follower Follower) *LiveSession {
	s := &LiveSession{
		live: c.live, principal: principal, follower: follower,
	}
	s.live.mu.Lock()
	s.live.sessions[principal.User] = append(s.live.sessions[principal.User], s)
	s.live.mu.Unlock()
	// No status is chosen, so there is none that could be wrong.
	change, _ := s.live.registry.Connect(ctx, principal.User, "")
	s.mu.Lock()
	if !s.hidden {
		s.invisible = change.After.Chosen == presence.Invisible
	}
	s.mu.Unlock()
	s.live.PresenceChanged(principal.User, change)
	return s
}

// RecordUnder has the session's time in conversations recorded as part of the
// connection with the record, which RecordUserSession gave.
func (s *LiveSession) RecordUnder(record string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = record
}

// endRecords ends what is recorded of the session at once.
func (s *LiveSession) endRecords() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, entry := range s.attached {
		s.live.chat.EndSession(entry.record)
		entry.record = "" // the end that is put off would come too late
	}
	s.live.chat.EndSession(s.record)
	s.record = ""
}

// End ends the session. What others are told of it waits for DisconnectGrace.
func (s *LiveSession) End() {
	s.endRecords()
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	user := s.principal.User
	l.sessions[user] = slices.DeleteFunc(slices.Clone(l.sessions[user]), func(other *LiveSession) bool { return other == s })
	if len(l.sessions[user]) == 0 {
		delete(l.sessions, user)
	}
	l.departures = append(l.departures, departure{session: s, due: l.chat.Now().Add(DisconnectGrace)})
}

// depart tells what End put off.
func (s *LiveSession) depart(ctx context.Context) {
	s.mu.Lock()
	ids := make([]model.ConversationID, 0, len(s.attached))
	for id := range s.attached {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	for _, id := range ids {
		s.leave(ctx, id)
	}
	user := s.principal.User
	s.live.PresenceChanged(user, s.live.registry.Disconnect(ctx, user))
}

// Attached is what an attached session stands on.
type Attached struct {
	Conversation model.ConversationID
	Rev          int64 // changes after this one follow
	LastSeq      int64
}

// Attach opens the conversation: the user is in it from now on, and its changes
// and signals are delivered. Answer is called before the first of them; without
// an error it was called. Attaching again changes nothing.
func (s *LiveSession) Attach(ctx context.Context, ref model.ConversationRef, answer func(Attached)) error {
	found, err := s.followable(ctx, ref)
	if err != nil {
		return err
	}
	id := found.conversation.ID
	entry, err := s.open(id)
	if err != nil {
		return err
	}
	admit := func(ctx context.Context) (rev, floor int64, err error) {
		found, err = s.followable(ctx, model.ConversationRef{ID: id})
		return found.conversation.Rev, found.joinFloor(), err
	}
	fresh, err := s.follower.Follow(ctx, found.conversation, found.member != nil, admit, func() {
		answer(Attached{Conversation: id, Rev: found.conversation.Rev, LastSeq: found.conversation.LastSeq})
	})
	if err != nil {
		s.leave(ctx, id)
		return translate(err)
	}
	s.enter(ctx, id, entry, fresh)
	return nil
}

func (s *LiveSession) followable(ctx context.Context, ref model.ConversationRef) (standing, error) {
	found, err := s.live.chat.standing(ctx, s.principal, ref)
	if err != nil {
		return found, err
	}
	return found, found.followable()
}

// followable gives the error for one who may not follow the conversation live.
func (s standing) followable() error {
	if s.ban != nil && !s.administers() {
		return model.ErrBanned
	}
	return s.readable()
}

// open notes the conversation before it is followed, so that an end of the
// membership from then on takes it away again.
func (s *LiveSession) open(id model.ConversationID) (*attached, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry := s.attached[id]; entry != nil {
		return entry, nil
	}
	if len(s.attached) >= MaxAttached {
		return nil, model.ErrTooManyAttached
	}
	if s.attached == nil {
		s.attached = make(map[model.ConversationID]*attached)
	}
	entry := new(attached)
	s.attached[id] = entry
	return entry, nil
}

// enter tells the registry, unless the conversation was taken away meanwhile.
func (s *LiveSession) enter(ctx context.Context, id model.ConversationID, entry *attached, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attached[id] != entry {
		return
	}
	entry.fresh = entry.fresh || fresh
	if entry.record == "" && s.record != "" {
		entry.record = s.live.chat.RecordChatSession(s.record, s.principal.User, id)
	}
	s.count(ctx, id, entry)
}

// count has others see the user in the conversation.
func (s *LiveSession) count(ctx context.Context, id model.ConversationID, entry *attached) {
	if s.invisible || entry.counted {
		return
	}
	entry.counted = true
	if s.live.registry.Enter(ctx, id, s.principal.User) {
		s.live.Entered(id, s.principal.User)
	}
}

func (s *LiveSession) uncount(ctx context.Context, id model.ConversationID, entry *attached) {
	if !entry.counted {
		return
	}
	entry.counted = false
	if s.live.registry.Leave(ctx, id, s.principal.User) {
		s.live.Left(id, s.principal.User)
	}
}

// leave takes a conversation away.
func (s *LiveSession) leave(ctx context.Context, id model.ConversationID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry := s.attached[id]; entry != nil {
		delete(s.attached, id)
		s.live.chat.EndSession(entry.record)
		s.uncount(ctx, id, entry)
	}
}

// hide has the registry forget, or know again, where the session is.
func (s *LiveSession) hide(ctx context.Context, invisible bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invisible, s.hidden = invisible, true
	for id, entry := range s.attached {
		if invisible {
			s.uncount(ctx, id, entry)
		} else {
			s.count(ctx, id, entry)
		}
	}
}

func (s *LiveSession) isIn(id model.ConversationID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attached[id] != nil
}

// Detach closes the conversation. What the session did not follow before Attach
// is delivered no more. A conversation that is not open is no error.
func (s *LiveSession) Detach(ctx context.Context, ref model.ConversationRef) error {
	id := ref.ID
	if id == 0 {
		// Whether a name is taken is not for everybody to know.
		found, err := s.live.chat.standing(ctx, s.principal, ref)
		if err != nil {
			return err
		}
		id = found.conversation.ID
	}
	s.mu.Lock()
	entry := s.attached[id]
	s.mu.Unlock()
	if entry == nil {
		return nil
	}
	if entry.fresh {
		s.follower.Unfollow(id)
	}
	s.leave(ctx, id)
	return nil
}
