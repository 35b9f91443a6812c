//go:build unix

package guarantees

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/history"
)

const (
	// answerTime is how long a message may take to its ack, and answeredShare how
	// many have to keep to that, in percent.
	answerTime    = 2 * time.Second
	answeredShare = 90
	// minRate is how many messages a trial has to offer per second.
	minRate = 20
	// pollPause lies between looks at what is awaited.
	pollPause = 20 * time.Millisecond
)

// Finish ends the load, waits for what has to come, ends the participants and
// returns every rule that was broken. What the servers' race detector finds fails
// the test by itself.
func (tr *Trial) Finish() []Problem {
	tr.t.Helper()
	tr.calm()
	tr.sending.Wait()
	lasted := time.Since(tr.started)
	deadline := time.Now().Add(tr.options.Guard)
	problems := tr.awaitAnswers(deadline)
	stored := tr.stored()
	problems = append(problems, tr.awaitDeliveries(deadline, stored)...)
	tr.cancel()
	if err := tr.running.Wait(); err != nil {
		problems = append(problems, problem(Broken, "%v", err))
	}
	for _, violation := range tr.Recorder.Check(stored...) {
		problems = append(problems, problem(violation.Rule, "conversation %d, %s: %s", violation.Conversation, viewer(violation), violation.Text))
	}
	problems = append(problems, tr.judgeOrder()...)
	attempts := tr.attempts()
	problems = append(problems, tr.judgeAnswers(attempts, lasted)...)
	return append(problems, tr.judgeLag(attempts)...)
}

// viewer is whose view breaks the rule.
func viewer(violation history.Violation) string {
	if violation.Session == "" {
		return "the store"
	}
	return violation.Session
}

// poll reports whether the condition came true before the deadline.
func poll(deadline time.Time, condition func() bool) bool {
	for !condition() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pollPause)
	}
	return true
}

func (tr *Trial) awaitAnswers(deadline time.Time) []Problem {
	var problems []Problem
	for i, participant := range tr.users {
		if !poll(deadline, func() bool { return participant.Pending() == 0 }) {
			problems = append(problems, problem(Pending, "%d messages of participant %d are not answered", participant.Pending(), i))
		}
	}
	return problems
}

// stored reads the conversations of the load at the end.
func (tr *Trial) stored() []history.Stored {
	tr.t.Helper()
	url, err := tr.Fleet.Where()(tr.ctx)
	if err != nil {
		tr.t.Fatal(err)
	}
	caller := tr.Fleet.Caller().At(url).As("participant-0")
	all := make([]history.Stored, len(tr.Conversations))
	for i, conversation := range tr.Conversations {
		if all[i], err = caller.Stored(tr.ctx, conversation); err != nil {
			tr.t.Fatal(err)
		}
	}
	return all
}

func (tr *Trial) awaitDeliveries(deadline time.Time, stored []history.Stored) []Problem {
	var problems []Problem
	for _, conversation := range stored {
		for i, participant := range tr.Participants {
			if !poll(deadline, func() bool { return participant.Rev(conversation.Conversation) >= conversation.Rev }) {
				problems = append(problems, problem(Behind, "participant %d stays at rev %d of %d in conversation %d",
					i, participant.Rev(conversation.Conversation), conversation.Rev, conversation.Conversation))
			}
		}
	}
	return problems
}

// judgeOrder asks the servers whether they ever delivered past something missing.
func (tr *Trial) judgeOrder() []Problem {
	tr.t.Helper()
	if skipped := tr.Fleet.Sum(context.WithoutCancel(tr.ctx), "chat_delivery_gaps_total"); skipped > 0 {
		return []Problem{problem(Skipping, "%v changes were delivered before an earlier one", skipped)}
	}
	return nil
}

// attempts are the messages of the load, by client id.
func (tr *Trial) attempts() map[string]client.Attempt {
	all := make(map[string]client.Attempt)
	for _, participant := range tr.Participants {
		for _, attempt := range participant.Attempts() {
			all[attempt.ClientID] = attempt
		}
	}
	return all
}

// isExcused reports whether something was done to the servers at that moment.
func (tr *Trial) isExcused(moment time.Time) bool {
	for _, window := range tr.windows {
		if !moment.Before(window.from) && !moment.After(window.to) {
			return true
		}
	}
	return false
}

func (tr *Trial) judgeAnswers(attempts map[string]client.Attempt, lasted time.Duration) []Problem {
	tr.t.Helper()
	judged, inTime := 0, 0
	for _, attempt := range attempts {
		if tr.isExcused(attempt.Offered) {
			continue
		}
		judged++
		if !attempt.Acked.IsZero() && attempt.Acked.Sub(attempt.Offered) <= answerTime {
			inTime++
		}
	}
	rate := float64(len(attempts)) / lasted.Seconds()
	tr.t.Logf("%d messages offered, %.0f a second; %d of %d acked within %s; %+v", len(attempts), rate, inTime, judged, answerTime, tr.Recorder.Summary())
	var problems []Problem
	if rate < minRate {
		problems = append(problems, problem(Idle, "only %.0f messages a second were offered", rate))
	}
	if inTime*100 < judged*answeredShare {
		problems = append(problems, problem(Refusing, "%d of %d messages were acked within %s", inTime, judged, answerTime))
	}
	return problems
}

// judgeLag finds how long messages took from their ack to each participant, and
// how long a participant heard nothing.
func (tr *Trial) judgeLag(attempts map[string]client.Attempt) []Problem {
	tr.t.Helper()
	var silence, worst, excused time.Duration
	var slowest string
	for _, participant := range tr.Participants {
		silence = max(silence, participant.Stats().LongestSilence)
	}
	told := make(map[heard]bool, len(tr.heard)) // a resume tells again
	for _, each := range tr.heard {
		attempt, ok := attempts[each.clientID]
		first := heard{participant: each.participant, clientID: each.clientID}
		if !ok || attempt.Acked.IsZero() || told[first] {
			continue
		}
		told[first] = true
		switch lag := each.at.Sub(attempt.Acked); {
		case tr.isExcused(attempt.Acked):
			excused = max(excused, lag)
		case lag > worst:
			worst, slowest = lag, fmt.Sprintf("%s to %s, %s after the start", each.clientID, each.participant, attempt.Acked.Sub(tr.started))
		}
	}
	tr.t.Logf("from ack to the last participant: %s at worst (%s), %s while excused; longest time without a delivery: %s", worst, slowest, excused, silence)
	// On a machine that stalls everything is late, acks too.
	allowed := tr.options.MaxLag + tr.slowestAck(attempts)
	if tr.options.MaxLag > 0 && worst > allowed {
		return []Problem{problem(Late, "%s took %s, more than %s", slowest, worst, allowed)}
	}
	return nil
}

func (tr *Trial) slowestAck(attempts map[string]client.Attempt) time.Duration {
	var slowest time.Duration
	for _, attempt := range attempts {
		if !tr.isExcused(attempt.Offered) && !attempt.Acked.IsZero() {
			slowest = max(slowest, attempt.Acked.Sub(attempt.Offered))
		}
	}
	return slowest
}
