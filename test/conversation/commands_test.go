package conversation

import (
	"encoding/json"
	"fmt"
	"net/http"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/model"
)

// commands are what may happen next, by name.
func (w *world) commands() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"send": w.send, "send again": w.sendAgain, "edit": w.edit, "delete": w.delete, "react": w.react, "read": w.read,
		"add": w.add, "remove": w.remove, "set role": w.setRole, "override": w.override, "mute": w.mute,
		"hide the past": w.hidePast,
		"disconnect":    w.disconnect, "reconnect": w.reconnect, "resume": w.resume, "resume elsewhere": w.resumeElsewhere,
		"read history": w.history, "hold a link": w.holdLink, "release the links": w.releaseLinks,
		"settle": func(*rapid.T) { w.settle() },
	}
}

// do logs a command, and takes what its session heard before the answer once
// the command has changed the model.
func (w *world) do(s *session, format string, arguments ...any) func() {
	w.t.Logf("%s: %s", s.name, fmt.Sprintf(format, arguments...))
	return func() { w.takeEarly(s) }
}

func (w *world) takeEarly(s *session) {
	early := s.early
	s.early = nil
	for _, frame := range early {
		s.take(w, frame)
	}
}

// settle lets every session hear all that the model says it hears, and compares
// what only its user sees.
func (w *world) settle() {
	w.t.Helper()
	w.release()
	for _, s := range w.sessions {
		for !s.has(w.room) {
			frame, err := s.socket.TryNext()
			if err != nil {
				w.t.Fatalf("%s waits for more than rev %d of %d (follows: %t, has messages %v, members %v): %v",
					s.name, s.rev, w.room.rev, s.following, s.messages, s.members, err)
			}
			s.take(w, frame)
		}
	}
	for i, each := range w.people {
		w.readUnread(i%len(w.pods), each.user)
	}
	for _, s := range w.sessions {
		if s.socket != nil {
			w.ask(s, map[string]any{"op": "ping"}, new(struct{}))
			w.takeEarly(s)
		}
	}
}

func (w *world) drawSession(t *rapid.T) *session {
	var connected []*session
	for _, s := range w.sessions {
		if s.socket != nil {
			connected = append(connected, s)
		}
	}
	if len(connected) == 0 {
		t.Skip("nobody is connected")
	}
	return connected[rapid.IntRange(0, len(connected)-1).Draw(t, "session")]
}

func (w *world) drawPerson(t *rapid.T, label string) person {
	return w.people[rapid.IntRange(0, len(w.people)-1).Draw(t, label)]
}

func (w *world) drawPod(t *rapid.T) int { return rapid.IntRange(0, len(w.pods)-1).Draw(t, "pod") }

func (w *world) drawMessage(t *rapid.T) *message {
	if len(w.room.messages) == 0 {
		t.Skip("there is no message")
	}
	return w.room.messages[rapid.IntRange(0, len(w.room.messages)-1).Draw(t, "message")]
}

func (w *world) send(t *rapid.T) {
	s := w.drawSession(t)
	in := request{text: "hello"}
	if len(w.room.messages) > 0 && rapid.IntRange(0, 2).Draw(t, "reply") == 0 {
		in.parent = w.drawMessage(t).ID
	}
	w.submit(s, w.newClientID(), in)
}

func (w *world) newClientID() string {
	w.named++
	return fmt.Sprintf("c%d", w.named)
}

// sendAgain repeats a send of the user, with the same content or another.
func (w *world) sendAgain(t *rapid.T) {
	s, old := w.drawSession(t), w.drawMessage(t)
	in := old.request
	if rapid.Bool().Draw(t, "other content") {
		in.text = "something else"
	}
	w.submit(s, old.ClientID, in)
}

// ack is the answer to a send.
type ack struct {
	ID                 model.MessageID
	Seq, Rev           int64
	ClientID           string
	Durable, Duplicate bool
}

func (w *world) submit(s *session, clientID string, in request) {
	defer w.do(s, "send %s %q in reply to %d", clientID, in.text, in.parent)()
	frame := map[string]any{"op": "send", "clientId": clientID, "content": in.text}
	if in.parent != 0 {
		frame["parent"] = in.parent.String()
	}
	var got ack
	code := w.ask(s, frame, &got)
	want, duplicate, wantCode := w.room.send(s.user, clientID, in)
	w.answered(code, wantCode)
	if code != granted {
		return
	}
	if !duplicate {
		want.named(got.ID)
	}
	if expected := (ack{want.ID, want.Seq, want.Rev, clientID, true, duplicate}); got != expected {
		w.t.Fatalf("acknowledged %+v, the model %+v", got, expected)
	}
}

func (w *world) edit(t *rapid.T) {
	s, m := w.drawSession(t), w.drawMessage(t)
	text := rapid.SampledFrom([]string{"hello", "goodbye"}).Draw(t, "text")
	defer w.do(s, "edit seq %d: %q", m.Seq, text)()
	var got model.Message
	code := w.ask(s, map[string]any{"op": "edit", "message": m.ID.String(), "content": text}, &got)
	w.answered(code, w.room.edit(s.user, m, text))
	w.answeredMessage(code, got, m)
}

// answeredMessage holds the message that an answer carries to the model.
func (w *world) answeredMessage(code string, got model.Message, m *message) {
	w.t.Helper()
	if code == granted && stateOfMessage(got) != stateOfMessage(m.Message) {
		w.t.Fatalf("answered %+v, the model %+v", stateOfMessage(got), stateOfMessage(m.Message))
	}
}

func (w *world) delete(t *rapid.T) {
	s, m := w.drawSession(t), w.drawMessage(t)
	whom := rapid.SampledFrom([]string{"all", "me"}).Draw(t, "for")
	defer w.do(s, "delete seq %d for %s", m.Seq, whom)()
	code := w.ask(s, map[string]any{"op": "delete", "message": m.ID.String(), "for": whom}, new(struct{}))
	if whom == "me" {
		w.answered(code, w.room.hide(s.user, m))
	} else {
		w.answered(code, w.room.delete(s.user, m))
	}
}

func (w *world) react(t *rapid.T) {
	s, m := w.drawSession(t), w.drawMessage(t)
	emoji := rapid.SampledFrom([]string{"👍", "🎉"}).Draw(t, "emoji")
	remove := rapid.Bool().Draw(t, "remove")
	defer w.do(s, "react to seq %d with %s, remove: %t", m.Seq, emoji, remove)()
	var got model.Message
	code := w.ask(s, map[string]any{"op": "react", "message": m.ID.String(), "emoji": emoji, "remove": remove}, &got)
	w.answered(code, w.room.react(s.user, m, emoji, remove))
	w.answeredMessage(code, got, m)
}

func (w *world) read(t *rapid.T) {
	s := w.drawSession(t)
	seq := rapid.Int64Range(0, w.room.lastSeq()+1).Draw(t, "seq")
	defer w.do(s, "read up to seq %d", seq)()
	var got model.OwnState
	code := w.ask(s, map[string]any{"op": "read", "seq": seq}, &got)
	w.answered(code, w.room.read(s.user, seq))
	w.answeredOwn(code, s.user, got)
}

// answeredOwn holds what only the member sees to the model.
func (w *world) answeredOwn(code string, user model.UserID, got model.OwnState) {
	w.t.Helper()
	if code != granted {
		return
	}
	known := w.room.members[user]
	if got.OwnRev != known.OwnRev || got.ReadSeq != known.ReadSeq || got.Muted != known.Muted {
		w.t.Fatalf("answered %+v, the model %+v", got, known.Own())
	}
}

func (w *world) mute(t *rapid.T) {
	by, muted := w.drawPerson(t, "by"), rapid.Bool().Draw(t, "muted")
	t.Logf("%s: mute %t", by.name, muted)
	var got model.OwnState
	_, code := w.call(w.drawPod(t), by.user, http.MethodPut, "/mute", fmt.Sprintf(`{"muted":%t}`, muted), &got)
	w.answered(code, w.room.mute(by.user, muted))
	w.answeredOwn(code, by.user, got)
}

func (w *world) add(t *rapid.T) {
	by, other := w.drawPerson(t, "by"), w.drawPerson(t, "other")
	role := rapid.SampledFrom(roles).Draw(t, "role")
	w.admit(by, other, role, w.drawPod(t))
}

func (w *world) admit(by, other person, role model.MemberRole, target int) {
	w.t.Helper()
	w.t.Logf("%s: add %s as %s at pod %d", by.name, other.name, role, target)
	var got model.Member
	status, code := w.call(target, by.user, http.MethodPost, "/members", fmt.Sprintf(`{"user":%q,"role":%q}`, other.user, role), &got)
	added, wantCode := w.room.add(by.user, other.user, role)
	w.answered(code, wantCode)
	if code == granted && added != (status == http.StatusCreated) {
		w.t.Fatalf("answered with the status %d, the model: added %t", status, added)
	}
	w.answeredMember(code, got)
}

func (w *world) answeredMember(code string, got model.Member) {
	w.t.Helper()
	if code == granted && stateOfMember(got) != stateOfMember(w.room.members[got.User].Member) {
		w.t.Fatalf("answered %+v, the model %+v", stateOfMember(got), stateOfMember(w.room.members[got.User].Member))
	}
}

// remove is leaving when both are the same.
func (w *world) remove(t *rapid.T) {
	by, other, target := w.drawPerson(t, "by"), w.drawPerson(t, "other"), w.drawPod(t)
	t.Logf("%s: remove %s at pod %d", by.name, other.name, target)
	_, code := w.call(target, by.user, http.MethodDelete, "/members/"+other.user.String(), "", nil)
	w.answered(code, w.room.remove(by.user, other.user))
}

func (w *world) setRole(t *rapid.T) {
	by, other := w.drawPerson(t, "by"), w.drawPerson(t, "other")
	role := rapid.SampledFrom(roles).Draw(t, "role")
	t.Logf("%s: make %s %s", by.name, other.name, role)
	w.patchMember(t, by, other, map[string]any{"role": role}, func() string { return w.room.setRole(by.user, other.user, role) })
}

// overrides are what members are allowed and denied: those that decide about the
// other commands.
var overrides = []model.Permission{
	model.MessageSend, model.MessageReceive, model.MessageEdit, model.MessageDelete, model.MemberAdd, model.MemberRemove,
}

func (w *world) override(t *rapid.T) {
	by, other := w.drawPerson(t, "by"), w.drawPerson(t, "other")
	permission := rapid.SampledFrom(overrides).Draw(t, "permission")
	allowed := rapid.SampledFrom([]*bool{new(false), new(true), nil}).Draw(t, "allowed")
	patch := map[string]any{"permissions": map[model.Permission]*bool{permission: allowed}}
	w.patchMember(t, by, other, patch, func() string { return w.room.override(by.user, other.user, permission, allowed) })
}

func (w *world) patchMember(t *rapid.T, by, other person, patch map[string]any, predict func() string) {
	t.Helper()
	body, err := json.Marshal(patch)
	if err != nil {
		t.Fatal(err)
	}
	target := w.drawPod(t)
	t.Logf("%s: change %s at pod %d: %s", by.name, other.name, target, body)
	var got model.Member
	_, code := w.call(target, by.user, http.MethodPatch, "/members/"+other.user.String(), string(body), &got)
	w.answered(code, predict())
	w.answeredMember(code, got)
}

func (w *world) history(t *rapid.T) {
	by, target := w.drawPerson(t, "by"), w.drawPod(t)
	var thread *message
	if len(w.room.messages) > 0 && rapid.Bool().Draw(t, "thread") {
		thread = w.drawMessage(t)
	}
	t.Logf("%s: read the history, of a thread: %t", by.name, thread != nil)
	w.readHistory(target, by.user, thread)
	w.readMembers(target, by.user)
}

func (w *world) holdLink(t *rapid.T) {
	target := w.drawPod(t)
	t.Logf("hold the link to pod %d", target)
	w.links[target].hold()
}

func (w *world) releaseLinks(t *rapid.T) {
	t.Log("release the links")
	w.release()
}
