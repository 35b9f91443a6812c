package conversation

import (
	"fmt"
	"net/http"
	"slices"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/model"
)

// past says whether the conversation hides from members what was there before they
// joined: the one thing of its own that changes here.
type past struct {
	rules []pastRule // by rev
}

// pastRule holds from its rev up to that of the next one.
type pastRule struct {
	rev    int64
	hidden bool
}

func (p *past) last() pastRule          { return p.rules[len(p.rules)-1] }
func (p *past) lastRev() int64          { return p.last().rev }
func (p *past) seenBy(s *session) int64 { return s.past }

// was reports whether the past was hidden, or shown, at any of the revs; to is 0
// for the present.
func (p *past) was(hidden bool, from, to int64) bool {
	for i, rule := range p.rules {
		over := i+1 < len(p.rules) && p.rules[i+1].rev <= from
		if rule.hidden == hidden && !over && (to == 0 || rule.rev <= to) {
			return true
		}
	}
	return false
}

// hidePast changes what members see.
func (r *room) hidePast(user model.UserID, hidden bool) string {
	by := r.present(user)
	switch {
	case by == nil:
		return conversationNotFound
	case !by.moderates():
		return permissionDenied
	}
	r.past.rules = append(r.past.rules, pastRule{r.tell(model.ConversationUpdated, &r.past), hidden})
	return granted
}

// hidePast is mostly asked by ada, who may, and hides what was shown or shows what
// was hidden: only when both happen is there something to hear too much of.
func (w *world) hidePast(t *rapid.T) {
	by, target, hidden := w.people[0], w.drawPod(t), !w.room.past.last().hidden
	if rapid.IntRange(0, 3).Draw(t, "another") == 0 {
		by = w.drawPerson(t, "by")
	}
	t.Logf("%s: hide the past at pod %d: %t", by.name, target, hidden)
	var got model.Conversation
	_, code := w.call(target, by.user, http.MethodPatch, "", fmt.Sprintf(`{"sinceJoin":%t}`, hidden), &got)
	w.answered(code, w.room.hidePast(by.user, hidden))
	if code == granted && got.SinceJoin != hidden {
		w.t.Fatalf("answered %+v", got)
	}
}

// readMore is readAnew of a client that keeps what it has: also what its user has
// deleted for itself, which no history shows.
func (w *world) readMore(s *session) {
	w.t.Helper()
	had := s.messages
	w.readAnew(s)
	for seq, rev := range had {
		s.messages[seq] = max(s.messages[seq], rev)
	}
}

// receiveConversation has the client read anew what it may see by now.
func (w *world) receiveConversation(s *session, rev int64, got model.Conversation) receipt {
	w.t.Helper()
	if !slices.Contains(w.room.past.rules, pastRule{rev, got.SinceJoin}) {
		w.t.Fatalf("%s hears of rev %d that the past is hidden: %t", s.name, rev, got.SinceJoin)
	}
	return receipt{anew: true, keep: func(s *session) { s.past = max(s.past, rev) }}
}
