package conversation

import (
	"fmt"
	"maps"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// message is a message of the model with all that it ever was.
type message struct {
	model.Message
	request  request
	told     int64 // the rev of the latest change that has an event of its own
	reactors map[reactor]bool
	hidden   map[model.UserID]bool // who deleted it for itself
	versions map[int64]messageState
}

// request is what tells a repeated send from another one.
type request struct {
	text   string
	parent model.MessageID
}

type sendKey struct {
	sender   model.UserID
	clientID string
}

type reactor struct {
	user  model.UserID
	emoji string
}

// messageState is what is comparable of a message: all but times and names.
type messageState struct {
	ID                           model.MessageID
	Seq, CreatedRev, Rev         int64
	Sender, EditedBy, DeletedBy  model.UserID
	ClientID, Content, Reactions string
	Parent, Thread               model.MessageID
	ReplyCount                   int64
	Edited, Deleted              bool
}

func stateOfMessage(m model.Message) messageState {
	return messageState{
		ID: m.ID, Seq: m.Seq, CreatedRev: m.CreatedRev, Rev: m.Rev,
		Sender: m.Sender, EditedBy: m.EditedBy, DeletedBy: m.DeletedBy,
		// Package fmt prints maps in the order of their keys.
		ClientID: m.ClientID, Content: string(m.Content), Reactions: fmt.Sprint(m.Reactions),
		Parent: m.Parent, Thread: m.Thread, ReplyCount: m.ReplyCount,
		Edited: m.EditedAt != nil, Deleted: m.DeletedAt != nil,
	}
}

func (m *message) lastRev() int64          { return m.Rev }
func (m *message) seenBy(s *session) int64 { return s.messages[m.Seq] }

// keep remembers what the message is at its rev.
func (m *message) keep() { m.versions[m.Rev] = stateOfMessage(m.Message) }

// changed numbers a change that everybody is told of.
func (r *room) changed(kind model.EventKind, m *message) {
	m.Rev = r.tell(kind, m)
	m.told = m.Rev
	m.keep()
}

// send answers a repeated send before it asks who sends: what was committed once
// stays so. The store chooses the id, which named takes over.
func (r *room) send(user model.UserID, clientID string, in request) (sent *message, duplicate bool, code string) {
	if old := r.sends[sendKey{user, clientID}]; old != nil {
		if old.request != in {
			return nil, false, clientIDReused
		}
		return old, true, granted
	}
	sender := r.present(user)
	parent := r.message(in.parent)
	switch {
	case sender == nil:
		return nil, false, conversationNotFound
	case sender.Permissions.Denies(model.MessageSend):
		return nil, false, permissionDenied
	case in.parent != 0 && (parent == nil || parent.Deleted()):
		return nil, false, parentNotFound
	}
	sent = &message{
		Message: model.Message{
			Seq: r.lastSeq() + 1, CreatedRev: r.rev + 1, ClientID: clientID, Sender: user, Content: quoted(in.text),
		},
		request: in, reactors: make(map[reactor]bool), hidden: make(map[model.UserID]bool), versions: make(map[int64]messageState),
	}
	r.messages = append(r.messages, sent)
	r.sends[sendKey{user, clientID}] = sent
	r.changed(model.MessageCreated, sent)
	if parent != nil {
		r.reply(sent, parent)
	}
	return sent, false, granted
}

// reply counts at the parent and at the root of the thread. That changes both,
// and has no event of its own: readers count.
func (r *room) reply(sent, parent *message) {
	sent.Parent, sent.Thread = parent.ID, parent.Thread
	if parent.Thread == 0 {
		sent.Thread = parent.ID
	}
	sent.keep()
	parent.count(sent.Rev)
	if root := r.message(sent.Thread); root != parent {
		root.count(sent.Rev)
	}
}

func (m *message) count(rev int64) {
	m.ReplyCount++
	m.Rev = rev
	m.keep()
}

// named takes over the id that the store chose.
func (m *message) named(id model.MessageID) {
	m.ID = id
	m.keep()
}

func (r *room) edit(user model.UserID, m *message, text string) string {
	editor := r.present(user)
	switch {
	case editor == nil:
		return conversationNotFound
	case m.Seq <= r.floor(user):
		return messageNotFound
	case m.Sender != user || !editor.allows(model.MessageEdit):
		return permissionDenied
	case m.Deleted():
		return messageDeleted
	}
	m.Content, m.EditedAt, m.EditedBy = quoted(text), new(time.Time), user
	r.changed(model.MessageEdited, m)
	return granted
}

func (r *room) delete(user model.UserID, m *message) string {
	by := r.present(user)
	switch {
	case by == nil:
		return conversationNotFound
	case !by.moderates() && (m.Sender != user || !by.allows(model.MessageDelete)):
		return permissionDenied
	case m.Deleted():
		return messageDeleted
	}
	m.Content, m.Reactions, m.DeletedAt, m.DeletedBy = nil, nil, new(time.Time), user
	r.changed(model.MessageDeleted, m)
	return granted
}

// hide deletes a message for the user alone.
func (r *room) hide(user model.UserID, m *message) string {
	by := r.present(user)
	switch {
	case by == nil:
		return conversationNotFound
	case m.Seq <= r.floor(user):
		return messageNotFound
	case !m.hidden[user]:
		m.hidden[user] = true
		by.OwnRev++
	}
	return granted
}

func (r *room) react(user model.UserID, m *message, emoji string, remove bool) string {
	by := r.present(user)
	reaction := reactor{user, emoji}
	switch {
	case by == nil:
		return conversationNotFound
	case !remove && by.Permissions.Denies(model.MessageSend), !r.follows(user):
		return permissionDenied
	case !r.sees(user, m):
		return messageNotFound
	case m.Deleted():
		return messageDeleted
	case remove && !m.reactors[reaction]:
		return reactionNotFound
	case !remove && m.reactors[reaction]:
		return granted
	}
	kind, count := model.ReactionAdded, int64(1)
	if remove {
		kind, count = model.ReactionRemoved, -1
	}
	m.reactors[reaction] = !remove
	m.Reactions = maps.Clone(m.Reactions)
	if m.Reactions == nil {
		m.Reactions = make(map[string]int64)
	}
	if m.Reactions[emoji] += count; m.Reactions[emoji] == 0 {
		delete(m.Reactions, emoji)
	}
	r.changed(kind, m)
	r.changes[r.rev] = change{kind, m, reaction}
	return granted
}

// history is what the user reads of a thread, or of all with none.
func (r *room) history(user model.UserID, thread *message) ([]messageState, string) {
	if code := r.readable(user); code != granted {
		return nil, code
	}
	if thread != nil && !r.sees(user, thread) {
		return nil, messageNotFound
	}
	states := []messageState{}
	for _, m := range r.messages {
		if r.sees(user, m) && (thread == nil || m.Thread == thread.ID) {
			states = append(states, stateOfMessage(m.Message))
		}
	}
	return states, granted
}

func quoted(text string) []byte { return fmt.Appendf(nil, "%q", text) }
