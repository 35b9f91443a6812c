package history_test

import (
	"github.com/parley-chat/parley/test/history"
)

// call is what a step of a tape tells the recorder.
type call int

const (
	sent call = iota
	acked
	refused
	editSent
	editAcked
	deleteSent
	deleteAcked
	changeAcked
	connected
	follows
	delivered
	reset
	left
	sees
)

// step is one call; a session's has its name.
type step struct {
	call    call
	session string
	message history.Message
	event   history.Event
	rev     int64 // of sees the floor
}

// tape is a history that can be changed before it is played.
type tape struct {
	steps  []step
	stored history.Stored
}

func (t *tape) add(s step) { t.steps = append(t.steps, s) }

// play tells a new recorder everything.
func (t *tape) play() *history.Recorder {
	recorder := history.NewRecorder()
	sessions := make(map[string]*history.Session)
	for _, s := range t.steps {
		if s.session == "" {
			s.tell(recorder)
			continue
		}
		session := sessions[s.session]
		if session == nil {
			session = recorder.Session(s.session)
			sessions[s.session] = session
		}
		s.tellSession(session)
	}
	return recorder
}

func (s step) tell(recorder *history.Recorder) {
	m := s.message
	switch s.call {
	case sent:
		recorder.Sent(m.Conversation, m.Sender, m.ClientID, m.Content)
	case acked:
		recorder.Acked(m)
	case refused:
		recorder.Refused(m.Conversation, m.Sender, m.ClientID, "forbidden")
	case editSent:
		recorder.EditSent(m.Conversation, m.ID, m.Content)
	case editAcked:
		recorder.EditAcked(m)
	case deleteSent:
		recorder.DeleteSent(m.Conversation, m.ID)
	case deleteAcked:
		recorder.DeleteAcked(m)
	case changeAcked:
		recorder.ChangeAcked(room, s.rev, s.event.Object)
	}
}

func (s step) tellSession(session *history.Session) {
	switch s.call {
	case connected:
		session.Connected()
	case follows:
		session.Follows(room, s.rev)
	case delivered:
		session.Delivered(s.event)
	case reset:
		session.Reset(room, s.rev)
	case left:
		session.Left(room)
	case sees:
		session.Sees(room, s.rev)
	}
}

func (t *tape) check() []history.Violation { return t.play().Check(t.stored) }

// rules lists the rules that a history breaks, each once.
func rules(violations []history.Violation) []history.Rule {
	var broken []history.Rule
	seen := make(map[history.Rule]bool)
	for _, each := range violations {
		if !seen[each.Rule] {
			seen[each.Rule] = true
			broken = append(broken, each.Rule)
		}
	}
	return broken
}
