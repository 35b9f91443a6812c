package chat_test

import (
	"context"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	dto "github.com/prometheus/client_model/go"

	"github.com/parley-chat/parley/chatserver/store"
)

// metric reads the only series of a metric.
func (b *bench) metric(t *testing.T, name string) *dto.Metric {
	t.Helper()
	families, err := b.registry.Gather()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() == name {
			NewWithT(t).Expect(family.GetMetric()).To(HaveLen(1))
			return family.GetMetric()[0]
		}
	}
	t.Fatalf("there is no metric %s", name)
	return nil
}

func TestASendIsPendingUntilItIsAnsweredAndTimedWhenItIsAccepted(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	conversation := b.group(t)
	began, release := make(chan struct{}, 1), make(chan struct{})
	failures := 1
	b.store.append = func(_ context.Context, _ []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		if failures > 0 {
			failures--
			return nil, fmt.Errorf("connection lost: %w", store.ErrRetryable)
		}
		began <- struct{}{}
		<-release
		return next()
	}
	answer := b.submit(t.Context(), conversation, "hi")
	<-began
	g.Expect(b.metric(t, "chat_sends_pending").GetGauge().GetValue()).To(BeEquivalentTo(1))
	close(release)
	g.Expect((<-answer).err).NotTo(HaveOccurred())
	g.Expect(b.metric(t, "chat_sends_pending").GetGauge().GetValue()).To(BeZero())
	g.Expect(b.metric(t, "chat_append_failures_total").GetCounter().GetValue()).To(BeEquivalentTo(1))

	g.Expect((<-b.submit(t.Context(), conversation+1, "into the void")).err).To(HaveOccurred())
	g.Expect(b.metric(t, "chat_send_seconds").GetHistogram().GetSampleCount()).To(BeEquivalentTo(1), "what is refused is not timed")
	g.Expect(b.metric(t, "chat_sends_pending").GetGauge().GetValue()).To(BeZero())
}
