package guarantees

import (
	"fmt"

	"github.com/parley-chat/parley/test/history"
)

// The rules that a trial is held to beside those of its history.
const (
	// Refusing: outside of what the trial does to the servers, at least 90 % of
	// what is offered is acked within 2 s.
	Refusing history.Rule = "refusing"
	// Pending: in the end every message is answered.
	Pending history.Rule = "pending"
	// Behind: in the end every participant has got what the store has.
	Behind history.Rule = "behind"
	// Late: what is acked reaches every participant in time.
	Late history.Rule = "late"
	// Skipping: no server delivers a change before an earlier one.
	Skipping history.Rule = "skipping"
	// Broken: no client is told what a correct server never says.
	Broken history.Rule = "broken"
	// Idle: the trial itself offers what it has to.
	Idle history.Rule = "idle"
)

// Problem is a rule that was broken.
type Problem struct {
	Rule history.Rule
	Text string // what and where, in one sentence
}

func (p Problem) String() string { return fmt.Sprintf("%s: %s", p.Rule, p.Text) }

func problem(rule history.Rule, format string, arguments ...any) Problem {
	return Problem{Rule: rule, Text: fmt.Sprintf(format, arguments...)}
}
