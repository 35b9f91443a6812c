package history_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/test/history"
)

func TestAnyMissingDeliveryIsFoundUnlessALaterStateMakesUpForIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := live(t)
		var deliveries []int
		for i, each := range whole.steps {
			if each.call == delivered {
				deliveries = append(deliveries, i)
			}
		}
		if len(deliveries) == 0 {
			return
		}
		lost := rapid.SampledFrom(deliveries).Draw(t, "lost")
		made, certain := madeUpFor(whole, lost)
		if !certain {
			return
		}
		event := whole.steps[lost]
		whole.steps = slices.Delete(whole.steps, lost, lost+1)
		violations := whole.check()
		if slices.Contains(rules(violations), history.Gap) == made {
			t.Fatalf("made up for: %v, found %v, when %s did not hear of %+v", made, violations, event.session, event.event)
		}
	})
}

// madeUpFor says whether a client misses nothing without a delivery. It is not
// certain where a reply tells of the same rev, where the client left before a
// folded event could come, and where it does not see the message.
func madeUpFor(whole *tape, lost int) (made, certain bool) {
	missed := whole.steps[lost]
	beyond := false // whether it heard of a later rev before it left
	gone := false
	for i, each := range whole.steps {
		if i == lost || each.session != missed.session {
			continue
		}
		switch each.call {
		case delivered:
			if repliesTo(each.event, missed.event) {
				return false, false
			}
			made = made || makesUpFor(each.event, missed.event)
			beyond = beyond || each.event.Rev > missed.event.Rev
		case reset:
			made = made || each.rev >= state(missed.event)
		case sees:
			if missed.event.Message.ID != 0 && missed.event.Message.Seq <= each.rev {
				return false, false
			}
		case left:
			gone = gone || i > lost
			made = made || (i > lost && !beyond)
		}
	}
	folded := state(missed.event) > missed.event.Rev
	return made, made || !gone || (!folded && !changesAgain(whole, missed.event))
}

func repliesTo(heard, missed history.Event) bool {
	return heard.Kind == history.Created && heard.Rev == state(missed) && heard.Message.ID != missed.Message.ID
}

func makesUpFor(heard, missed history.Event) bool {
	return same(heard, missed) && state(heard) >= state(missed)
}

func same(a, b history.Event) bool {
	return a.Message.ID == b.Message.ID && (a.Message.ID != 0 || a.Object == b.Object)
}

// changesAgain reports whether anybody heard of a later state, or the store has it.
func changesAgain(whole *tape, missed history.Event) bool {
	return slices.ContainsFunc(whole.steps, func(each step) bool {
		return same(each.event, missed) && state(each.event) > state(missed)
	}) || slices.ContainsFunc(whole.stored.Messages, func(m history.Message) bool {
		return m.ID == missed.Message.ID && m.Rev > state(missed)
	})
}

func state(event history.Event) int64 { return max(event.Rev, event.Message.Rev, event.ObjectRev) }

func TestAnyMessageThatAClientDoesNotSeeIsFoundWhenItComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := live(t)
		var deliveries []int
		for i, each := range whole.steps {
			if each.call == delivered && each.event.Message.ID != 0 {
				deliveries = append(deliveries, i)
			}
		}
		if len(deliveries) == 0 {
			return
		}
		unseen := rapid.SampledFrom(deliveries).Draw(t, "unseen")
		event := whole.steps[unseen]
		whole.insert(unseen, step{call: sees, session: event.session, rev: event.event.Message.Seq})
		if violations := whole.check(); !slices.Contains(rules(violations), history.Unseen) {
			t.Fatalf("found %v when %s heard of %+v", violations, event.session, event.event)
		}
	})
}

func TestAnyAckedMessageThatTheStoreLacksIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := live(t)
		if len(whole.stored.Messages) == 0 {
			return
		}
		lost := rapid.IntRange(0, len(whole.stored.Messages)-1).Draw(t, "lost")
		m := whole.stored.Messages[lost]
		if whole.on(acked, m.ID) < 0 {
			return
		}
		whole.stored.Messages = slices.Delete(whole.stored.Messages, lost, lost+1)
		if violations := whole.check(); !slices.Contains(rules(violations), history.Lost) {
			t.Fatalf("found %v without message %+v", violations, m)
		}
	})
}

func TestAnyContentThatNobodyGaveIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := live(t)
		var contents []*history.Message
		for i := range whole.steps {
			if m := &whole.steps[i].event.Message; whole.steps[i].call == delivered && m.ID != 0 && !m.Deleted {
				contents = append(contents, m)
			}
		}
		for i := range whole.stored.Messages {
			if m := &whole.stored.Messages[i]; !m.Deleted {
				contents = append(contents, m)
			}
		}
		if len(contents) == 0 {
			return
		}
		changed := contents[rapid.IntRange(0, len(contents)-1).Draw(t, "changed")]
		changed.Content++
		if violations := whole.check(); !slices.Contains(rules(violations), history.Unasked) {
			t.Fatalf("found %v with message %+v", violations, *changed)
		}
	})
}

func TestAnyMessageThatGoesBackIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := live(t)
		var edited []int
		for i, m := range whole.stored.Messages {
			if first := whole.on(acked, m.ID); first >= 0 && whole.on(editAcked, m.ID) >= 0 && !m.Deleted {
				edited = append(edited, i)
			}
		}
		if len(edited) == 0 {
			return
		}
		m := &whole.stored.Messages[rapid.SampledFrom(edited).Draw(t, "edited")]
		m.Content = whole.steps[whole.on(acked, m.ID)].message.Content
		if violations := whole.check(); !slices.Contains(rules(violations), history.Edit) {
			t.Fatalf("found %v with message %+v", violations, *m)
		}
	})
}
