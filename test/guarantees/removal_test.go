//go:build unix

package guarantees_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// The rules for those who were removed.
const (
	// intruding: nothing is stored for somebody who is no member.
	intruding history.Rule = "intruding"
	// overhearing: nothing that comes after the removal reaches who was removed.
	overhearing history.Rule = "overhearing"
)

// toldGuard is how long the news of a removal is awaited.
const toldGuard = 15 * time.Second

func memberPath(conversation int64, user string) string {
	return fmt.Sprintf("/chat/v1/conversations/%d/members/username:%s", conversation, user)
}

func TestARemovedMemberIsRefusedOnEveryPodAndHearsNothingMoreWhileRedisIsDead(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		g := NewWithT(t)
		redis := services.Redis(t)
		options.Redis = []string{redis.URL()}
		trial := guarantees.NewTrial(t, options)
		// Only the first pod sends into the first conversation.
		conversation, ctx := trial.Conversations[0], trial.Context()
		owner := trial.Fleet.Caller().As("participant-0")
		removed := trial.Fleet.Caller().As("removed").At(trial.Fleet.Pods[1].URL())
		user, err := owner.EnsureUser(ctx, "removed")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(owner.Post(ctx, fmt.Sprintf("/chat/v1/conversations/%d/members", conversation), client.Member{User: fmt.Sprint(user)}, nil)).To(Succeed())
		listener := follow(ctx, t, removed)
		trial.Run(time.Second)

		redis.Stop(t)
		g.Expect(owner.Call(ctx, http.MethodDelete, memberPath(conversation, "removed"), nil, nil)).To(Succeed())
		var problems []guarantees.Problem
		for number := range 10 {
			if sends(ctx, t, removed, listener, conversation, number) {
				problems = append(problems, guarantees.Problem{Rule: intruding, Text: "a send was accepted after the removal"})
			}
			trial.Run(100 * time.Millisecond)
		}
		started := time.Now()
		for listener.revOf("member.removed", conversation) == 0 && time.Since(started) < toldGuard {
			trial.Run(50 * time.Millisecond)
		}
		rev := listener.revOf("member.removed", conversation)
		trial.Run(3 * time.Second)
		if count := listener.heardAfter(conversation, rev); rev == 0 || count > 0 {
			problems = append(problems, guarantees.Problem{Rule: overhearing, Text: fmt.Sprintf("%d events came after the removal at rev %d", count, rev)})
		}
		if accepted := listener.answers()[""]; accepted > 0 {
			problems = append(problems, guarantees.Problem{Rule: intruding, Text: fmt.Sprintf("%d sends over the WebSocket were accepted after the removal", accepted)})
		}
		redis.Start(t)
		return append(problems, trial.Finish()...)
	},
		guarantees.Break{Fault: "skip-member-check", Rules: []history.Rule{intruding}},
		guarantees.Break{Fault: "keep-removed", Rules: []history.Rule{overhearing}},
	)
}

// sends tries to send over REST and over the WebSocket. It reports whether the
// former was accepted.
func sends(ctx context.Context, t *testing.T, caller client.Caller, over *follower, conversation int64, number int) bool {
	t.Helper()
	g := NewWithT(t)
	status, _ := post(ctx, t, caller, conversation, fmt.Sprintf("rest-%d", number))
	g.Expect(over.session.Write(map[string]any{
		"id": number, "op": "send", "conversation": fmt.Sprint(conversation),
		"clientId": fmt.Sprintf("socket-%d", number), "content": "let me in",
	})).To(Succeed())
	return status < http.StatusBadRequest
}

// post sends a message over REST and returns the status and, when it was accepted,
// the message.
func post(ctx context.Context, t *testing.T, caller client.Caller, conversation int64, clientID string) (int, client.Message) {
	t.Helper()
	var message client.Message
	status, err := caller.Do(ctx, http.MethodPost, fmt.Sprintf("/chat/v1/conversations/%d/messages", conversation),
		map[string]string{"clientId": clientID, "content": "let me in"}, &message)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return status, message
}

const (
	// removals is how often a member is removed among its own sends, and senders
	// how many of those are under way at each pod.
	removals = 5
	senders  = 8
	// sendsEach ends a sender that is never refused.
	sendsEach = 30
)

func TestNothingOfAMemberIsStoredAfterItsRemovalWhateverIsUnderWay(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		trial := guarantees.NewTrial(t, options)
		var problems []guarantees.Problem
		for round := range removals {
			problems = append(problems, removeAmongSends(t, trial, fmt.Sprintf("removed-%d", round))...)
		}
		return append(problems, trial.Finish()...)
	},
		guarantees.Break{Fault: "skip-member-check", Rules: []history.Rule{intruding}},
	)
}

func removeAmongSends(t *testing.T, trial *guarantees.Trial, username string) []guarantees.Problem {
	t.Helper()
	g := NewWithT(t)
	ctx := trial.Context()
	conversation := trial.Group("participant-0", username)
	owner := trial.Fleet.Caller().As("participant-0")
	listener := follow(ctx, t, owner)

	var mu sync.Mutex
	var accepted []int64 // revs
	var sending sync.WaitGroup
	for number := range senders * len(trial.Fleet.Pods) {
		caller := trial.Fleet.Caller().As(username).At(trial.Fleet.Pods[number%len(trial.Fleet.Pods)].URL())
		sending.Go(func() {
			for each := range sendsEach {
				status, message := post(ctx, t, caller, conversation, fmt.Sprintf("%d-%d", number, each))
				if status >= http.StatusBadRequest {
					return
				}
				mu.Lock()
				accepted = append(accepted, message.Rev)
				mu.Unlock()
			}
		})
	}
	trial.Run(100 * time.Millisecond)
	g.Expect(owner.Call(ctx, http.MethodDelete, memberPath(conversation, username), nil, nil)).To(Succeed())
	sending.Wait()
	g.Eventually(func() int64 { return listener.revOf("member.removed", conversation) }).WithTimeout(toldGuard).ShouldNot(BeZero())
	rev, late := listener.revOf("member.removed", conversation), 0
	for _, each := range accepted {
		if each > rev {
			late++
		}
	}
	t.Logf("%s: %d sends accepted before the removal at rev %d, %d after it", username, len(accepted)-late, rev, late)
	if late > 0 {
		return []guarantees.Problem{{Rule: intruding, Text: fmt.Sprintf("%d messages of %s were stored after its removal", late, username)}}
	}
	return nil
}
