package model_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/model"
)

// view is what a reader knows of a conversation.
type view struct {
	Created  bool
	Members  map[model.UserID]model.Member
	Messages map[int64]model.Message
}

func (v view) clone() view {
	return view{v.Created, maps.Clone(v.Members), maps.Clone(v.Messages)}
}

// apply is what every client does with an event: it replaces the object.
func (v *view) apply(event model.Event) {
	switch {
	case event.Conversation != nil:
		v.Created = true
	case event.Member != nil:
		v.Members[event.Member.User] = *event.Member
	case event.Message != nil:
		v.Messages[event.Message.Seq] = *event.Message
	}
}

// history grows a conversation change by change and remembers each state.
type history struct {
	rev    int64
	now    view
	states []view // by rev
}

func newHistory() *history {
	h := &history{rev: 1, now: view{Created: true, Members: map[model.UserID]model.Member{}, Messages: map[int64]model.Message{}}}
	for user := range int64(2) {
		member := joined(user, 1)
		h.now.Members[member.User] = member
	}
	// A reader of rev 0 has been told of the first members with the creation.
	nothing := h.now.clone()
	nothing.Created = false
	h.states = []view{nothing, h.now.clone()}
	return h
}

func (h *history) change(t *rapid.T) {
	h.rev++
	operation := rapid.SampledFrom([]string{"send", "send", "reply", "edit", "delete", "join", "leave"}).Draw(t, "operation")
	seq := rapid.Int64Range(1, int64(max(1, len(h.now.Messages)))).Draw(t, "seq")
	user := rapid.Int64Range(0, 4).Draw(t, "user")
	switch known, ok := h.now.Messages[seq]; {
	case operation == "edit" && ok && !known.Deleted():
		known.Rev = h.rev
		h.now.Messages[seq] = known
	case operation == "delete" && ok && !known.Deleted():
		known.Rev, known.DeletedAt = h.rev, &deletedAt
		h.now.Messages[seq] = known
	case operation == "reply" && ok:
		// The reply changes the message that it replies to.
		known.Rev, known.ReplyCount = h.rev, known.ReplyCount+1
		h.now.Messages[seq] = known
		h.send()
	case operation == "join" || operation == "leave":
		h.changeMember(user)
	default:
		h.send()
	}
	h.states = append(h.states, h.now.clone())
}

func (h *history) send() {
	born := int64(len(h.now.Messages) + 1)
	h.now.Messages[born] = message(born, h.rev, h.rev)
}

func (h *history) changeMember(user int64) {
	member, known := h.now.Members[model.UserID(model.FirstID+user)]
	if known && !member.Left() {
		member.Rev, member.LeftRev = h.rev, h.rev
	} else {
		member = joined(user, h.rev)
	}
	h.now.Members[member.User] = member
}

// changes answers as a store does: each object that changed after since, by rev.
func (h *history) changes(since int64) model.Changes {
	found := model.Changes{Rev: h.rev}
	if since < 1 {
		found.Conversation = &model.Conversation{ID: room, Rev: h.rev}
	}
	for _, member := range h.now.Members {
		if member.Rev > since {
			found.Members = append(found.Members, member)
		}
	}
	for _, message := range h.now.Messages {
		if message.Rev > since {
			found.Messages = append(found.Messages, message)
		}
	}
	slices.SortFunc(found.Members, func(a, b model.Member) int { return cmp.Compare(a.Rev, b.Rev) })
	slices.SortFunc(found.Messages, func(a, b model.Message) int { return cmp.Compare(a.Rev, b.Rev) })
	return found
}

func TestReplayingTheEventsFromAnyRevGivesThePresentState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory()
		for range rapid.IntRange(0, 30).Draw(t, "changes") {
			h.change(t)
		}
		readFrom := rapid.Int64Range(0, h.rev).Draw(t, "readFrom")
		since := rapid.Int64Range(readFrom, h.rev).Draw(t, "since")
		reader := h.states[since].clone()
		rev, seq := since, int64(len(reader.Messages))
		for _, event := range h.changes(readFrom).Events(room, since) {
			if event.Rev < rev {
				t.Fatalf("rev %d follows rev %d", event.Rev, rev)
			}
			rev = event.Rev
			if event.Kind == model.MessageCreated {
				if event.Message.Seq != seq+1 {
					t.Fatalf("seq %d is created after seq %d", event.Message.Seq, seq)
				}
				seq++
			}
			reader.apply(event)
		}
		if rev > h.rev {
			t.Fatalf("an event has rev %d, the conversation %d", rev, h.rev)
		}
		if diff := gocmp.Diff(h.now, reader); diff != "" {
			t.Fatalf("state of a reader from rev %d (-want +got):\n%s", since, diff)
		}
	})
}

func TestAReaderThatIsCutOffAfterAnyEventGoesOnFromItsRev(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory()
		for range rapid.IntRange(0, 30).Draw(t, "changes") {
			h.change(t)
		}
		rev := rapid.Int64Range(0, h.rev).Draw(t, "since")
		reader := h.states[rev].clone()
		for range rapid.IntRange(0, 5).Draw(t, "cuts") {
			events := h.changes(rev).Events(room, rev)
			for _, event := range events[:rapid.IntRange(0, len(events)).Draw(t, "events")] {
				reader.apply(event)
				rev = max(rev, event.Rev)
			}
		}
		for _, event := range h.changes(rev).Events(room, rev) {
			reader.apply(event)
		}
		if diff := gocmp.Diff(h.now, reader); diff != "" {
			t.Fatalf("state of the reader (-want +got):\n%s", diff)
		}
	})
}
