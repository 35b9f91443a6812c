//go:build e2e

package e2e

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
)

const (
	messagesEach = 500
	inFlightEach = 32
	// inFlightPoll is how often a talker looks whether it may go on.
	inFlightPoll = time.Millisecond
)

// Two sessions on pods of different shards talk over each other: both hear
// every message once, in the same order.
func TestSessionsOnDifferentShardsAgreeOnTheOrder(t *testing.T) {
	ctx, g := begin(t)
	caller := admin(ctx, g)
	found := 0.0
	var urls, metrics []string
	for shard := range 2 {
		pod, url := podOfShard(ctx, g, shard)
		address, err := cluster.MetricsURL(ctx, &pod)
		g.Expect(err).NotTo(HaveOccurred())
		urls, metrics = append(urls, url), append(metrics, address)
		found += metric(ctx, g, address, "chat_sweep_found_total")
	}
	talk := newStream(ctx, t, caller, []string{"order-ada", "order-grace"}, at(urls[0]), at(urls[1]))

	began := time.Now()
	var talking errgroup.Group
	for i, participant := range talk.participants {
		talking.Go(func() error {
			for number := range messagesEach {
				for participant.Pending() >= inFlightEach && ctx.Err() == nil {
					time.Sleep(inFlightPoll)
				}
				talk.say(i, number)
			}
			return ctx.Err()
		})
	}
	g.Expect(talking.Wait()).To(Succeed())
	talk.settled()
	took := time.Since(began)
	talk.finish()

	for i, address := range metrics {
		found -= metric(ctx, g, address, "chat_sweep_found_total")
		g.Expect(metric(ctx, g, address, "chat_bus_healthy")).To(Equal(1.0))
		g.Expect(metric(ctx, g, address, "chat_delivery_gaps_total")).To(BeZero())
		g.Expect(talk.participants[i].Stats().Connects).To(Equal(1))
	}
	g.Expect(found).To(BeZero(), "Redis carried the messages, not the comparison with the store")
	figures.add("two sessions on two shards, 2 x 500 messages, 64 in flight", "%.0f messages/s", 2*messagesEach/took.Seconds())
}
