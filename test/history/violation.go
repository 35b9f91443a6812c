package history

import (
	"cmp"
	"fmt"
	"slices"
)

// Rule names what every history is held to.
type Rule string

// The rules. "Heard" means delivered to any session.
const (
	// Lost: every acked message is stored under its id, at its seq and rev, with
	// the content it was acked with unless a later change replaced it.
	Lost Rule = "lost"
	// Order: sessions, acks of changes and the store agree which message has which
	// seq and which rev of birth; seqs rise with the revs; on one connection the
	// revs of a conversation rise, save that a second sync lets one more rising
	// sequence run beside the first.
	Order Rule = "order"
	// Hole: stored seqs run from the first one on without holes.
	Hole Rule = "hole"
	// Doubled: a conversation, sender and clientId name one message, in the store
	// and over all deliveries and acks.
	Doubled Rule = "doubled"
	// Gap: a session hears of every rev from where it follows up to the stored one.
	// A rev is heard of when its event came, when the object that changed at it
	// came in a later state, or when a reset forgave it; one at which nothing
	// changed but messages that its user does not see is not owed; what came before Left is
	// forgiven too when its object changed once more after it. The birth of a message
	// speaks for the message that it replies to, which has the same rev. What
	// changed at a rev is known from anybody's deliveries and acks and from the
	// store. A rev that nobody can name is a gap, unless a change of a message was
	// sent whose answer never came, the message was born before that rev, and the
	// session has a later state of it; each such attempt excuses one rev.
	Gap Rule = "gap"
	// Edit: content and tombstone of a message, in the store and in every event,
	// are those of the acked change with the highest rev up to its own, or of an
	// attempt without an answer; all who know a message at one rev agree on it; on
	// one connection it never goes back to a lower rev, unless a second sync asks
	// for that.
	Edit Rule = "edit"
	// Unasked: in a conversation whose sends were recorded nothing is stored or
	// delivered that nobody sent.
	Unasked Rule = "unasked"
	// Refused: what was refused each time it was sent is neither stored nor
	// delivered. An attempt without an answer leaves that open.
	Refused Rule = "refused"
	// Unseen: a session hears of no message that its user does not see.
	Unseen Rule = "unseen"
)

// Violation is one breach of a rule.
type Violation struct {
	Rule         Rule
	Conversation int64
	Session      string // whose view breaks the rule; empty for the store's
	Text         string // what and where, in one sentence
}

func (v Violation) String() string {
	if v.Session == "" {
		return fmt.Sprintf("%s: conversation %d: %s", v.Rule, v.Conversation, v.Text)
	}
	return fmt.Sprintf("%s: conversation %d: session %s: %s", v.Rule, v.Conversation, v.Session, v.Text)
}

// maxFindings bounds the violations of one rule that are told one by one.
const maxFindings = 20

// findings gathers violations, the first ones of each rule.
type findings struct {
	found []Violation
	count map[Rule]int
}

func (f *findings) add(rule Rule, conversation int64, session, format string, arguments ...any) {
	if f.count == nil {
		f.count = make(map[Rule]int)
	}
	f.count[rule]++
	if f.count[rule] <= maxFindings {
		f.found = append(f.found, Violation{rule, conversation, session, fmt.Sprintf(format, arguments...)})
	}
}

// take moves what another one gathered into this one.
func (f *findings) take(other findings) {
	for _, each := range other.found {
		f.add(each.Rule, each.Conversation, each.Session, "%s", each.Text)
	}
	for rule, count := range other.count {
		if more := count - maxFindings; more > 0 {
			f.count[rule] += more
		}
	}
}

// all returns the violations by rule, with a count of those left out.
func (f *findings) all() []Violation {
	all := slices.Clone(f.found)
	for rule, count := range f.count {
		if count > maxFindings {
			all = append(all, Violation{Rule: rule, Text: fmt.Sprintf("and %d more", count-maxFindings)})
		}
	}
	slices.SortStableFunc(all, func(a, b Violation) int { return cmp.Compare(a.Rule, b.Rule) })
	return all
}
