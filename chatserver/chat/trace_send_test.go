package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/tracing"
)

func newTracer() (*tracing.Tracer, *tracetest.InMemoryExporter) {
	spans := tracetest.NewInMemoryExporter()
	return tracing.New(sdk.NewTracerProvider(sdk.WithSyncer(spans), tracing.Sampling(1))), spans
}

func named(spans *tracetest.InMemoryExporter, name string) tracetest.SpanStubs {
	return slices.DeleteFunc(spans.GetSpans(), func(span tracetest.SpanStub) bool { return span.Name != name })
}

func TestACommitIsOneSpanThatIsLinkedWithEachOfItsMessages(t *testing.T) {
	g := NewWithT(t)
	tracer, spans := newTracer()
	b := newTracedBench(t, nil, tracer)
	conversation := b.group(t)
	began, release := make(chan struct{}, 8), make(chan struct{})
	b.store.append = func(_ context.Context, _ []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		began <- struct{}{}
		<-release
		return next()
	}
	results := []<-chan result{b.submit(t.Context(), conversation, "alone")}
	<-began
	for i := range 3 {
		results = append(results, b.submit(t.Context(), conversation, fmt.Sprint(i)))
	}
	close(release)
	for _, each := range results {
		g.Expect((<-each).err).NotTo(HaveOccurred())
	}
	sends, commits := named(spans, "send"), named(spans, "commit")
	g.Expect(sends).To(HaveLen(4))
	g.Expect(commits).To(HaveLen(2))
	group := commits[1]
	g.Expect(group.Links).To(HaveLen(3))
	for i, send := range sends[1:] {
		g.Expect(group.Links[i].SpanContext.Equal(send.SpanContext)).To(BeTrue())
		g.Expect(send.Links).To(HaveLen(1))
		g.Expect(send.Links[0].SpanContext.Equal(group.SpanContext)).To(BeTrue())
	}
	b.chat.Close()
	for i, change := range b.local.changes {
		publish := named(spans, "publish")[i].SpanContext
		traceID, spanID := publish.TraceID(), publish.SpanID()
		g.Expect(change.Origin.AppendBinary(nil)).To(Equal(slices.Concat(traceID[:], spanID[:])), "who delivers goes on from there")
	}
}

func TestASendThatIsNotSampledLeavesNoSpanAndNoOrigin(t *testing.T) {
	g := NewWithT(t)
	b := newBench(t, nil)
	g.Expect((<-b.submit(t.Context(), b.group(t), "hi")).err).NotTo(HaveOccurred())
	g.Expect(b.local.changes).To(HaveLen(1))
	g.Expect(b.local.changes[0].Origin).To(BeNil())
}

func TestEachAttemptToCommitIsASpanWithItsResult(t *testing.T) {
	g := NewWithT(t)
	tracer, spans := newTracer()
	b := newTracedBench(t, nil, tracer)
	failures := 1
	b.store.append = func(_ context.Context, _ []store.NewMessage, next func() ([]store.AppendOutcome, error)) ([]store.AppendOutcome, error) {
		if failures > 0 {
			failures--
			return nil, fmt.Errorf("connection lost: %w", store.ErrRetryable)
		}
		return next()
	}
	g.Expect((<-b.submit(t.Context(), b.group(t), "hi")).err).NotTo(HaveOccurred())
	commits := named(spans, "commit")
	g.Expect(commits).To(HaveLen(2))
	g.Expect(commits[0].Status).To(Equal(sdk.Status{Code: codes.Error, Description: "unavailable"}))
	g.Expect(commits[1].Status.Code).To(Equal(codes.Unset))
}

// brokenBus publishes nothing.
type brokenBus struct{ bus.Bus }

func (brokenBus) Publish(context.Context, []bus.Publication) error { return errors.New("a-secret") }

func TestAPublicationThatFailsEndsItsSpanWithAnError(t *testing.T) {
	g := NewWithT(t)
	tracer, spans := newTracer()
	b := newTracedBench(t, brokenBus{memory.New(noReceiver{})}, tracer)
	g.Expect((<-b.submit(t.Context(), b.group(t), "hi")).err).NotTo(HaveOccurred())
	b.chat.Close()
	published := named(spans, "publish")
	g.Expect(published).To(HaveLen(1))
	g.Expect(published[0].Status).To(Equal(sdk.Status{Code: codes.Error, Description: "internal"}))
}
