//go:build e2e

package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// sendInterval of each of the two clients.
	sendInterval = 25 * time.Millisecond
	// aWhile is how long the stream runs before the deletion and after the
	// reconnect.
	aWhile = 2 * time.Second
)

// A pod goes away, once in order and once at once, while both its own session
// and another one are sending. Nobody misses a message or gets one twice.
func TestSessionOutlivesItsPod(t *testing.T) {
	for _, kind := range []struct {
		name    string
		options []client.DeleteOption
	}{
		{"drained", nil},
		{"killed", []client.DeleteOption{client.GracePeriodSeconds(0)}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			ctx, g := begin(t)
			caller := admin(ctx, g)
			_, safe := podOfShard(ctx, g, 0)
			victim, doomed := podOfShard(ctx, g, 1)
			names := []string{"resume-ada-" + kind.name, "resume-grace-" + kind.name}
			talk := newStream(ctx, t, caller, names, at(safe), atFirst(doomed, anotherPod(victim.Name)))
			grace := talk.participants[1]

			talkers, stopTalking := context.WithCancel(ctx)
			defer stopTalking()
			var talking errgroup.Group
			for i := range talk.participants {
				talking.Go(func() error { return talk.steadily(talkers, i) })
			}
			time.Sleep(aWhile)
			g.Expect(cluster.Delete(ctx, &victim, kind.options...)).To(Succeed())
			g.Eventually(ctx, func() int { return grace.Stats().Connects }).
				WithTimeout(time.Minute).WithPolling(10*time.Millisecond).Should(Equal(2), "the session connects again")
			time.Sleep(aWhile)
			stopTalking()
			g.Expect(talking.Wait()).To(Succeed())
			talk.finish()

			g.Expect(cluster.AwaitReady(ctx, project)).To(Succeed())
			sent, once := 0, 0
			for _, participant := range talk.participants {
				for _, attempt := range participant.Attempts() {
					sent++
					if attempt.Tries == 1 {
						once++
					}
				}
			}
			summary := talk.recorder.Summary()
			figures.add("pod "+kind.name+" under 80 messages/s: longest gap", "%d ms", grace.Stats().LongestSilence.Milliseconds())
			figures.add("pod "+kind.name+" under 80 messages/s: acked at the first try", "%.2f %% of %d, %d acked in the end, %d heard again and dropped",
				100*float64(once)/float64(sent), sent, summary.Acked, summary.Again)
		})
	}
}

// steadily has one participant send until the context ends.
func (s *stream) steadily(ctx context.Context, participant int) error {
	ticker := time.NewTicker(sendInterval)
	defer ticker.Stop()
	for number := 0; ; number++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.say(participant, number)
		}
	}
}

// atFirst is one place for the first connection and another one from then on.
func atFirst(url string, then func(context.Context) (string, error)) func(context.Context) (string, error) {
	first := true
	return func(ctx context.Context) (string, error) {
		if first {
			first = false
			return url, nil
		}
		return then(ctx)
	}
}

// anotherPod finds a pod to go on at.
func anotherPod(gone string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		pods, err := cluster.ServingPods(ctx, project)
		if err != nil {
			return "", err
		}
		for i := range pods {
			if pods[i].Name != gone {
				return cluster.ServerURL(ctx, &pods[i])
			}
		}
		return "", errors.New("no other pod serves")
	}
}
