//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/test/e2e/environment"
)

const (
	messagesEach = 500
	inFlightEach = 32
)

// peer is one of the sessions: it sends its messages, a few at a time, and keeps
// everything that it hears, in the order of arrival.
type peer struct {
	name    string
	session *environment.Session
	heard   []environment.Message
	acked   map[int64]bool // the seqs of its own messages
}

// Two sessions on pods of different shards talk over each other: both hear
// every message once, in the same order.
func TestSessionsOnDifferentShardsAgreeOnTheOrder(t *testing.T) {
	ctx, g := begin(t)
	caller := admin(ctx, g)
	conversation, err := caller.Conversation(ctx, "order-ada", "order-grace")
	g.Expect(err).NotTo(HaveOccurred())

	var peers []*peer
	found := 0.0
	var metrics []string
	for shard, name := range []string{"order-ada", "order-grace"} {
		pod, url := podOfShard(ctx, g, shard)
		session, err := caller.As(name).At(url).Open(ctx, false)
		g.Expect(err).NotTo(HaveOccurred())
		defer session.Close()
		peers = append(peers, &peer{name: name, session: session, acked: map[int64]bool{}})
		address, err := cluster.MetricsURL(ctx, &pod)
		g.Expect(err).NotTo(HaveOccurred())
		metrics = append(metrics, address)
		found += metric(ctx, g, address, "chat_sweep_found_total")
	}

	began := time.Now()
	var running errgroup.Group
	for _, p := range peers {
		running.Go(func() error { return p.talk(conversation) })
	}
	g.Expect(running.Wait()).To(Succeed())
	took := time.Since(began)

	g.Expect(peers[0].heard).To(Equal(peers[1].heard), "both hear the same order")
	for _, p := range peers {
		p.check(g)
	}
	for _, address := range metrics {
		found -= metric(ctx, g, address, "chat_sweep_found_total")
		g.Expect(metric(ctx, g, address, "chat_bus_healthy")).To(Equal(1.0))
		g.Expect(metric(ctx, g, address, "chat_delivery_gaps_total")).To(BeZero())
	}
	g.Expect(found).To(BeZero(), "Redis carried the messages, not the comparison with the store")
	figures.add("two sessions on two shards, 2 x 500 messages, 64 in flight", "%.0f messages/s", 2*messagesEach/took.Seconds())
}

// talk sends all messages and returns when all have been heard and acked.
func (p *peer) talk(conversation string) error {
	free := make(chan struct{}, inFlightEach)
	var sending errgroup.Group
	sending.Go(func() error {
		for i := range messagesEach {
			free <- struct{}{}
			if err := p.session.Send(int64(i), conversation, fmt.Sprintf("%s-%d", p.name, i), "hello"); err != nil {
				return err
			}
		}
		return nil
	})
	for len(p.heard) < 2*messagesEach || len(p.acked) < messagesEach {
		frame, err := p.session.Next()
		switch {
		case err != nil:
			p.session.Close()
			return fmt.Errorf("%s heard %d messages and has %d acked: %w", p.name, len(p.heard), len(p.acked), err)
		case frame.Error != nil:
			return fmt.Errorf("%s was refused: %s", p.name, frame.Error.Message)
		case frame.ID != nil:
			p.acked[frame.OK.Seq] = true
			<-free
		case frame.Event == "message.created":
			p.heard = append(p.heard, frame.Data)
		}
	}
	return sending.Wait()
}

func (p *peer) check(g *WithT) {
	next := map[string]int{}
	for i, message := range p.heard {
		g.Expect(message.Seq).To(BeEquivalentTo(i+1), "%s hears seqs without holes", p.name)
		sender, number := split(g, message.ClientID)
		g.Expect(number).To(Equal(next[sender]), "%s hears %s's messages in the order of sending", p.name, sender)
		next[sender]++
		if sender == p.name {
			g.Expect(p.acked).To(HaveKey(message.Seq))
		}
	}
	g.Expect(next).To(HaveLen(2))
}
