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
			names := []string{"resume-ada-" + kind.name, "resume-grace-" + kind.name}
			conversation, err := caller.Conversation(ctx, names...)
			g.Expect(err).NotTo(HaveOccurred())
			_, safe := podOfShard(ctx, g, 0)
			victim, doomed := podOfShard(ctx, g, 1)

			ada, err := newParticipant(ctx, names[0], conversation, caller.At(safe))
			g.Expect(err).NotTo(HaveOccurred())
			grace, err := newParticipant(ctx, names[1], conversation, caller.At(doomed))
			g.Expect(err).NotTo(HaveOccurred())
			for _, c := range []*participant{ada, grace} {
				c.elsewhere = anotherPod(victim.Name)
			}
			stream(ctx, g, ada, grace, func() error { return cluster.Delete(ctx, &victim, kind.options...) })

			checkHeard(g, ada, grace)
			g.Expect(cluster.AwaitReady(ctx, project)).To(Succeed())
			firstTry := 1 - float64(len(ada.repeated)+len(grace.repeated))/float64(ada.sent+grace.sent)
			figures.add("pod "+kind.name+" under 80 messages/s: longest gap", "%d ms", grace.longestGap.Milliseconds())
			figures.add("pod "+kind.name+" under 80 messages/s: acked at the first try", "%.2f %% of %d, %d acked in the end, %d heard again and dropped",
				100*firstTry, ada.sent+grace.sent, len(ada.acked)+len(grace.acked), grace.again)
		})
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

// stream lets both clients send while something happens, until the second one
// has connected again and everything is acked and heard.
func stream(ctx context.Context, g *WithT, ada, grace *participant, happens func() error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sendCtx, stopSending := context.WithCancel(ctx)
	defer stopSending()
	var sending, listening errgroup.Group
	for _, c := range []*participant{ada, grace} {
		listening.Go(func() error { return c.listen(ctx) })
		sending.Go(func() error {
			ticker := time.NewTicker(sendInterval)
			defer ticker.Stop()
			for {
				select {
				case <-sendCtx.Done():
					return nil
				case <-ticker.C:
					c.send()
				}
			}
		})
	}
	time.Sleep(aWhile)
	g.Expect(happens()).To(Succeed())
	g.Eventually(ctx, func() int { _, _, _, times := grace.state(); return times }).
		WithTimeout(time.Minute).WithPolling(10*time.Millisecond).Should(Equal(1), "the session connects again")
	time.Sleep(aWhile)
	stopSending()
	g.Expect(sending.Wait()).To(Succeed())

	adaSent, _, _, _ := ada.state()
	graceSent, _, _, _ := grace.state()
	for _, c := range []*participant{ada, grace} {
		g.Eventually(ctx, func() []int { sent, acked, heard, _ := c.state(); return []int{sent - acked, heard} }).
			WithTimeout(30*time.Second).WithPolling(50*time.Millisecond).
			Should(Equal([]int{0, adaSent + graceSent}), "%s has everything acked and has heard everything", c.name)
	}
	cancel()
	ada.current().Close()
	grace.current().Close()
	g.Expect(listening.Wait()).To(Succeed())
}

// checkHeard compares what the clients heard with each other and with what was
// acked. Revs had to rise to be taken, so nothing can be out of order.
func checkHeard(g *WithT, ada, grace *participant) {
	g.Expect(grace.heard).To(Equal(ada.heard), "both hear the same order")
	byName := map[string]*participant{ada.name: ada, grace.name: grace}
	seen := map[string]bool{}
	for i, message := range grace.heard {
		g.Expect(message.Seq).To(BeEquivalentTo(i+1), "seqs are without holes")
		g.Expect(seen).NotTo(HaveKey(message.ClientID), "nothing is stored twice")
		seen[message.ClientID] = true
		name, number := split(g, message.ClientID)
		g.Expect(byName).To(HaveKey(name))
		g.Expect(byName[name].acked).To(HaveKeyWithValue(int64(number), message.Seq))
	}
}
