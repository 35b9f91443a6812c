package conversation

import (
	"net/http"
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
)

// readAnew reads the history and the members, as a client does that was told
// nothing of what was before. One who lost the right meanwhile hears of it next.
func (w *world) readAnew(s *session) {
	w.t.Helper()
	s.forget()
	s.following, s.past = true, w.room.past.lastRev()
	for _, state := range w.readHistory(0, s.user, nil) {
		s.messages[state.Seq] = state.Rev
	}
	for _, state := range w.readMembers(0, s.user) {
		s.members[state.User] = state.Rev
	}
}

// readHistory holds the history of a thread, or all with none, to the model.
func (w *world) readHistory(target int, user model.UserID, thread *message) []messageState {
	w.t.Helper()
	path := "/messages?limit=200"
	if thread != nil {
		path += "&thread=" + thread.ID.String()
	}
	var got struct{ Items []model.Message }
	_, code := w.call(target, user, http.MethodGet, path, "", &got)
	want, wantCode := w.room.history(user, thread)
	w.answered(code, wantCode)
	var states []messageState
	for _, each := range got.Items {
		states = append(states, stateOfMessage(each))
	}
	if !slices.Equal(states, want) {
		w.t.Fatalf("%s reads\n%+v, the model\n%+v", w.person(user).name, states, want)
	}
	return states
}

// readMembers holds the list of members to the model.
func (w *world) readMembers(target int, user model.UserID) []memberState {
	w.t.Helper()
	var got struct{ Items []model.Member }
	_, code := w.call(target, user, http.MethodGet, "/members", "", &got)
	if w.room.present(user) == nil {
		w.answered(code, conversationNotFound)
		return nil
	}
	w.answered(code, granted)
	states := make([]memberState, len(got.Items))
	for i, each := range got.Items {
		states[i] = stateOfMember(each)
		known := w.room.present(each.User)
		if known == nil || stateOfMember(known.Member) != states[i] || known.ReadSeq != each.ReadSeq {
			w.t.Fatalf("%s reads the member %+v", w.person(user).name, each)
		}
	}
	present := 0
	for other := range w.room.members {
		if w.room.present(other) != nil {
			present++
		}
	}
	if present != len(states) {
		w.t.Fatalf("%s reads %d members, the model %d", w.person(user).name, len(states), present)
	}
	return states
}

// readUnread holds the count to the model.
func (w *world) readUnread(target int, user model.UserID) {
	w.t.Helper()
	var got struct{ Count int64 }
	_, code := w.call(target, user, http.MethodGet, "/unread", "", &got)
	want, wantCode := w.room.unread(user)
	w.answered(code, wantCode)
	if got.Count != want {
		w.t.Fatalf("%s has %d unread messages, the model %d", w.person(user).name, got.Count, want)
	}
}

// answered requires the predicted refusal, or that there is none.
func (w *world) answered(code, want string) {
	w.t.Helper()
	if code != want {
		w.t.Fatalf("answered %q, the model %q", code, want)
	}
}
