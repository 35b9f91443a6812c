//go:build unix

package guarantees_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/proxy"
	"github.com/parley-chat/parley/test/services"
)

// late is the rule that a bus which does not carry things breaks: the sweep comes
// later than promised, or not while Redis is away.
var late = []history.Rule{guarantees.Late}

// soon is how late messages between pods may be while Redis is away. 2 s are
// promised, and 2.5 s to notice a Redis that hangs. The sweep of a bus that looks
// healthy takes 10 s.
const soon = 5 * time.Second

func TestDeliveryBetweenPodsGoesOnWhileRedisIsDead(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		redis := services.Redis(t)
		options.Redis, options.MaxLag = []string{redis.URL()}, soon
		trial := guarantees.NewTrial(t, options)
		trial.Run(time.Second)
		redis.Stop(t)
		trial.Run(8 * time.Second)
		redis.Start(t)
		trial.Run(12 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "skip-sweep", Rules: late},
		guarantees.Break{Fault: "no-rebuild", Rules: late},
	)
}

func TestDeliveryBetweenPodsGoesOnWhileRedisHangs(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		redis := services.Redis(t)
		options.Redis, options.MaxLag = []string{redis.URL()}, soon
		trial := guarantees.NewTrial(t, options)
		listenElsewhere(t, trial)
		trial.Run(time.Second)
		redis.Pause(t)
		trial.Run(30 * time.Second)
		redis.Resume(t)
		trial.Run(5 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "skip-sweep", Rules: late},
	)
}

// listenElsewhere adds a pod whose only session sends nothing, so that no
// publication tells the pod how Redis is doing.
func listenElsewhere(t *testing.T, trial *guarantees.Trial) {
	t.Helper()
	g := NewWithT(t)
	trial.Fleet.Add()
	owner := trial.Fleet.Caller().As("participant-0")
	user, err := owner.EnsureUser(trial.Context(), "listener")
	g.Expect(err).NotTo(HaveOccurred())
	members := fmt.Sprintf("/chat/v1/conversations/%d/members", trial.Conversations[0])
	g.Expect(owner.Post(trial.Context(), members, client.Member{User: fmt.Sprint(user)}, nil)).To(Succeed())
	trial.Join("listener", len(trial.Fleet.Pods)-1)
}

// silentTime is how long a pod may take to replace a connection that carries
// nothing any more: 1 s until it asks for a sign of life, 2 s for that, and the rest
// for the check's own pace and a busy machine.
const silentTime = 6 * time.Second

func TestAConnectionToRedisThatCarriesNothingIsReplaced(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		between := proxy.New(t, services.Redis(t).Addr(), nil)
		options.Redis, options.MaxLag = []string{"redis://" + between.Addr()}, soon
		trial := guarantees.NewTrial(t, options)
		trial.Run(time.Second)
		trial.During("the connections are silent", func() {
			between.Silence()
			trial.Run(silentTime)
		})
		trial.Run(12 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "no-probe", Rules: late},
	)
}
