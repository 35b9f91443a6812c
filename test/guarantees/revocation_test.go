//go:build unix

package guarantees_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// lingering: what a revoked token opened ends, and it opens nothing more.
const lingering history.Rule = "lingering"

const (
	// revocations is how often tokens are revoked, and lingerTime how long one may
	// count afterwards: 1 s is promised, the rest is for a busy machine.
	revocations = 5
	lingerTime  = 3 * time.Second
	// lingerPoll lies between requests with a revoked token.
	lingerPoll = 10 * time.Millisecond
	// tokensRevoked is what the session is closed with.
	tokensRevoked = 4002
)

func TestRevokedTokensCountNoMoreOnAnyPodWhileRedisIsDead(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		redis := services.Redis(t)
		options.Redis = []string{redis.URL()}
		trial := guarantees.NewTrial(t, options)
		redis.Stop(t)
		trial.Run(time.Second)
		var problems []guarantees.Problem
		var worst time.Duration
		for number := range revocations {
			took, err := revoke(trial.Context(), t, trial, fmt.Sprintf("revoked-%d", number))
			worst = max(worst, took)
			if err != nil || took > lingerTime {
				problems = append(problems, guarantees.Problem{Rule: lingering, Text: fmt.Sprintf("tokens counted for %s: %v", took, err)})
			}
		}
		t.Logf("from the answer to the last request and session, at worst: %s", worst)
		return append(problems, trial.Finish()...)
	},
		guarantees.Break{Fault: "skip-revocation-poll", Rules: []history.Rule{lingering}},
	)
}

// revoke opens a session of a user at each pod, revokes the user's tokens at the
// first one, and returns how long they counted after the answer.
func revoke(ctx context.Context, t *testing.T, trial *guarantees.Trial, username string) (time.Duration, error) {
	t.Helper()
	g := NewWithT(t)
	admin := trial.Fleet.Caller()
	_, err := admin.EnsureUser(ctx, username)
	g.Expect(err).NotTo(HaveOccurred())
	var minted struct {
		Token string `json:"token"`
	}
	g.Expect(admin.Post(ctx, "/chat/v1/users/username:"+username+"/tokens", nil, &minted)).To(Succeed())
	var sessions []*follower
	for _, pod := range trial.Fleet.Pods {
		sessions = append(sessions, follow(ctx, t, client.Caller{URL: pod.URL(), Token: minted.Token}))
	}
	g.Expect(admin.Post(ctx, "/chat/v1/users/username:"+username+"/tokens/revoke", nil, nil)).To(Succeed())
	answered := time.Now()

	lasted := time.Duration(0)
	for i, session := range sessions {
		caller := client.Caller{URL: trial.Fleet.Pods[i].URL(), Token: minted.Token}
		for time.Since(answered) < lingerTime {
			status, err := caller.Do(ctx, http.MethodGet, "/chat/v1/sessions/verify", nil, nil)
			g.Expect(err).NotTo(HaveOccurred())
			if status >= http.StatusBadRequest {
				break
			}
			lasted = max(lasted, time.Since(answered))
			time.Sleep(lingerPoll)
		}
		select {
		case <-session.over:
			lasted = max(lasted, session.closed.Sub(answered))
			g.Expect(session.code).To(Equal(tokensRevoked))
		case <-time.After(lingerTime):
			return time.Since(answered), fmt.Errorf("the session at pod %d stays open", i)
		}
	}
	return lasted, nil
}
