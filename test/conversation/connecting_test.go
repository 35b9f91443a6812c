package conversation

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// disconnect ends a connection in the middle of what the session hears.
func (w *world) disconnect(t *rapid.T) {
	s := w.drawSession(t)
	frames := rapid.IntRange(0, 3).Draw(t, "frames")
	t.Logf("%s: disconnect after %d more frames", s.name, frames)
	w.release() // what is held would come with the next sweep only
	for ; frames > 0 && !s.has(w.room); frames-- {
		s.take(w, s.socket.Next())
	}
	s.socket.Close()
	s.socket = nil
}

func (w *world) drawDisconnected(t *rapid.T) *session {
	var gone []*session
	for _, s := range w.sessions {
		if s.socket == nil {
			gone = append(gone, s)
		}
	}
	if len(gone) == 0 {
		t.Skip("everybody is connected")
	}
	return gone[rapid.IntRange(0, len(gone)-1).Draw(t, "session")]
}

// reconnect begins anew, without what the session had.
func (w *world) reconnect(t *rapid.T) {
	s, target := w.drawDisconnected(t), w.drawPod(t)
	t.Logf("%s: connect to pod %d", s.name, target)
	w.connect(s, target)
}

// resume goes on from what the session has.
func (w *world) resume(t *rapid.T) {
	s, target := w.drawDisconnected(t), w.drawPod(t)
	t.Logf("%s: resume at pod %d from rev %d, following: %t", s.name, target, s.rev, s.following)
	got := w.sync(s, target, s.epoch, s.rev)
	follows := w.room.follows(s.user)
	switch {
	case !s.following:
		// Nothing is named, so that what there is was added.
		w.lists("added", got.Added, follows)
		w.begin(s, got)
	case !follows:
		w.lists("gone", got.Gone, true)
		w.begin(s, got)
	default:
		if len(got.Added)+len(got.Gone)+len(got.Reset) > 0 {
			w.t.Fatalf("%s resumes and is told %+v", s.name, got)
		}
		w.standsOn(s, got)
	}
}

// resumeElsewhere names an epoch that is not the server's, or a rev that the
// server never had.
func (w *world) resumeElsewhere(t *rapid.T) {
	s, target := w.drawDisconnected(t), w.drawPod(t)
	epoch, rev := "another", s.rev
	if rapid.Bool().Draw(t, "rev of the future") {
		epoch, rev = s.epoch, w.room.rev+rapid.Int64Range(1, 3).Draw(t, "ahead")
	}
	t.Logf("%s: resume at pod %d from rev %d of the epoch %q", s.name, target, rev, epoch)
	s.following = true // so that the conversation is named
	got := w.sync(s, target, epoch, rev)
	follows := w.room.follows(s.user)
	w.lists("reset", got.Reset, follows)
	w.lists("gone", got.Gone, !follows)
	w.begin(s, got)
}

// lists requires that the conversation is among those of the answer, or not.
func (w *world) lists(what string, ids []model.ConversationID, wanted bool) {
	w.t.Helper()
	if slices.Contains(ids, w.room.id) != wanted || len(ids) > 1 {
		w.t.Fatalf("%s are %v, the model: %t", what, ids, wanted)
	}
}

// sync opens a connection that resumes and names what the session follows.
func (w *world) sync(s *session, target int, epoch string, rev int64) snapshot {
	w.t.Helper()
	s.socket = pod.Dial(w.tb, w.pods[target].URL, "/chat/v1/ws?resume=true", w.person(s.user).header)
	s.socket.Next() // hello
	named := map[string]int64{}
	if s.following {
		named[w.room.id.String()] = rev
	}
	var got snapshot
	w.answered(w.ask(s, map[string]any{"op": "sync", "epoch": epoch, "conversations": named}, &got), granted)
	if got.Epoch == "" || (s.epoch != "" && got.Epoch != s.epoch) {
		w.t.Fatalf("%s is in the epoch %q and was in %q", s.name, got.Epoch, s.epoch)
	}
	s.epoch = got.Epoch
	return got
}
