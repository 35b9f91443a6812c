//go:build unix

package guarantees_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/fleet"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// What matters to everybody is stamped and compared by the database's clock; a pod
// measures spans by its own. Redis is dead for a while, so that a pod has to find
// what happened on another one by its stamps.
func TestAPodWhoseClockIsFiveMinutesFastServesAsTheOthersDo(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		redis := services.Redis(t)
		options.Redis = []string{redis.URL()}
		options.PodEnvironment = func(pod int) []string {
			if pod == 1 {
				return []string{"PARLEY_CLOCK_OFFSET=5m"}
			}
			return nil
		}
		trial := guarantees.NewTrial(t, options)
		trial.Run(2 * time.Second)
		for _, participant := range trial.Participants {
			participant.Leave()
		}
		trial.Run(time.Second)
		tokensUnderSkew(t, trial)
		redis.Stop(t)
		trial.Run(time.Second)
		var problems []guarantees.Problem
		if took, err := revoke(trial.Context(), t, trial, "revoked"); err != nil || took > lingerTime {
			problems = append(problems, guarantees.Problem{Rule: lingering, Text: fmt.Sprintf("tokens counted for %s: %v", took, err)})
		}
		redis.Start(t)
		trial.Run(2 * time.Second)
		return append(problems, trial.Finish()...)
	},
		guarantees.Break{Fault: "own-clock", Rules: []history.Rule{lingering}},
	)
}

// tokensUnderSkew: a token of a pod that is right counts at both; one of a pod that
// is fast is from the future for the others, beyond the 30 s that clocks may
// differ, and counts where it was made.
func tokensUnderSkew(t *testing.T, trial *guarantees.Trial) {
	t.Helper()
	g := NewWithT(t)
	right, fast := trial.Fleet.Pods[0], trial.Fleet.Pods[1]
	for _, each := range []struct {
		made, shown *fleet.Pod
		status      int
	}{
		{right, right, http.StatusOK},
		{right, fast, http.StatusOK},
		{fast, fast, http.StatusOK},
		{fast, right, http.StatusUnauthorized},
	} {
		var minted struct {
			Token string `json:"token"`
		}
		admin := trial.Fleet.Caller().At(each.made.URL())
		g.Expect(admin.Post(trial.Context(), "/chat/v1/users/username:participant-0/tokens", nil, &minted)).To(Succeed())
		caller := client.Caller{URL: each.shown.URL(), Token: minted.Token}
		g.Expect(caller.Do(trial.Context(), http.MethodGet, "/chat/v1/sessions/verify", nil, nil)).To(Equal(each.status))
	}
}
