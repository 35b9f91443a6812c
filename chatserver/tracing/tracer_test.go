package tracing_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// record makes a tracer that records the share of traces, and where they are.
func record(t *testing.T, ratio float64) (*tracing.Tracer, *tracetest.InMemoryExporter) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans), tracing.Sampling(ratio))
	return tracing.New(provider), spans
}

func TestTracingThatIsOffAllocatesNothing(t *testing.T) {
	g := NewWithT(t)
	var off *tracing.Tracer
	ctx, header, failure := t.Context(), http.Header{"Traceparent": {traceparent}}, error(model.ErrInternal)
	g.Expect(testing.AllocsPerRun(100, func() {
		// What a send, its commit and its delivery do.
		inside, span := off.Start(ctx, "send")
		span.Number("parley.rev", 1)
		publish := off.StartInside(off.SpanOf(inside), "publish")
		origin := publish.Origin()
		off.StartFrom(origin, "deliver", time.Time{}).End(nil)
		off.StartJoint(nil, "commit").End(failure)
		publish.End(nil)
		span.End(failure)
		_, request := off.StartRequest(ctx, header, "request")
		request.Word("http.route", "/")
		request.End(nil)
	})).To(BeZero())
}

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestARequestGoesOnWithTheTraceOfItsCaller(t *testing.T) {
	g := NewWithT(t)
	tracer, spans := record(t, 1e-9)
	_, span := tracer.StartRequest(t.Context(), http.Header{
		"Traceparent": {traceparent}, "Tracestate": {"vendor=a-secret"}, "Baggage": {"key=a-secret"},
	}, "request")
	span.End(nil)
	g.Expect(spans.GetSpans()).To(HaveLen(1), "the caller's choice to sample stands")
	got := spans.GetSpans()[0]
	g.Expect(got.SpanContext.TraceID().String()).To(Equal("0af7651916cd43dd8448eb211c80319c"))
	g.Expect(got.Parent.SpanID().String()).To(Equal("b7ad6b7169203331"))
	g.Expect(got.SpanContext.TraceState().Len()+got.Parent.TraceState().Len()).To(BeZero(), "a tracestate may hold any text")
}

func TestATraceparentThatIsNoneBeginsATrace(t *testing.T) {
	g := NewWithT(t)
	tracer, spans := record(t, 1)
	for _, header := range []string{"", "00-0-0-01", "ff-" + traceparent[3:], "a-secret"} {
		spans.Reset()
		_, span := tracer.StartRequest(t.Context(), http.Header{"Traceparent": {header}}, "request")
		span.End(nil)
		g.Expect(spans.GetSpans()).To(HaveLen(1))
		g.Expect(spans.GetSpans()[0].Parent.IsValid()).To(BeFalse(), header)
	}
}

func TestTheShareOfTracesIsRecorded(t *testing.T) {
	for _, example := range []struct {
		rule     string
		ratio    float64
		min, max int // of 1000
	}{{"all", 1, 1000, 1000}, {"about half", 0.5, 300, 700}, {"next to none", 1e-9, 0, 1}} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			tracer, spans := record(t, example.ratio)
			for range 1000 {
				_, span := tracer.Start(t.Context(), "send")
				span.End(nil)
			}
			g.Expect(len(spans.GetSpans())).To(And(BeNumerically(">=", example.min), BeNumerically("<=", example.max)))
		})
	}
}

func TestAJointSpanIsLinkedWithEachThatItIsFor(t *testing.T) {
	g := NewWithT(t)
	tracer, spans := record(t, 1)
	_, first := tracer.Start(t.Context(), "first")
	_, second := tracer.Start(t.Context(), "second")
	joint := tracer.StartJoint([]tracing.Span{first, second}, "joint")
	joint.End(nil)
	first.End(nil)
	second.End(nil)
	recorded := spans.GetSpans()
	g.Expect(recorded).To(HaveLen(3))
	g.Expect(recorded[0].Parent.SpanID()).To(Equal(recorded[1].SpanContext.SpanID()))
	for i, other := range recorded[1:] {
		g.Expect(recorded[0].Links[i].SpanContext.Equal(other.SpanContext)).To(BeTrue())
		g.Expect(other.Links).To(HaveLen(1))
		g.Expect(other.Links[0].SpanContext.Equal(recorded[0].SpanContext)).To(BeTrue())
	}
}

func TestAnotherPodGoesOnFromTheOriginOfASpan(t *testing.T) {
	g := NewWithT(t)
	here, spans := record(t, 1)
	there, delivered := record(t, 1e-9)
	_, span := here.Start(t.Context(), "publish")
	encoded, err := span.Origin().AppendBinary([]byte("before"))
	g.Expect(err).NotTo(HaveOccurred())
	var origin tracing.Origin
	g.Expect(origin.UnmarshalBinary(encoded[len("before"):])).To(Succeed())
	arrived := time.Now().Add(-time.Minute)
	there.StartFrom(&origin, "deliver", arrived).End(nil)
	span.End(nil)
	g.Expect(delivered.GetSpans()).To(HaveLen(1))
	g.Expect(delivered.GetSpans()[0].Parent.SpanID()).To(Equal(spans.GetSpans()[0].SpanContext.SpanID()))
	g.Expect(delivered.GetSpans()[0].SpanContext.TraceID()).To(Equal(spans.GetSpans()[0].SpanContext.TraceID()))
	g.Expect(delivered.GetSpans()[0].StartTime).To(BeTemporally("==", arrived))
}

func TestWhatIsNotSampledHasNoOrigin(t *testing.T) {
	g := NewWithT(t)
	tracer, spans := record(t, 1e-9)
	_, span := tracer.Start(t.Context(), "send")
	g.Expect(span.Origin()).To(BeNil())
	inside := tracer.StartInside(span, "publish")
	g.Expect(inside.Origin()).To(BeNil())
	inside.End(nil)
	span.End(nil)
	g.Expect(spans.GetSpans()).To(BeEmpty())
}

func TestAnOriginThatIsDamagedIsRefused(t *testing.T) {
	for rule, encoded := range map[string][]byte{
		"nothing": nil, "too short": make([]byte, 23), "too long": make([]byte, 25), "zero ids": make([]byte, 24),
		"a zero span": append([]byte{15: 1}, make([]byte, 8)...),
	} {
		t.Run(rule, func(t *testing.T) {
			NewWithT(t).Expect(new(tracing.Origin).UnmarshalBinary(encoded)).NotTo(Succeed())
		})
	}
}

func TestOfAnErrorASpanKeepsTheCodeAlone(t *testing.T) {
	for _, example := range []struct {
		rule   string
		err    error
		code   string
		status codes.Code
	}{
		{"the client's fault", model.Invalid("text", "a-secret"), "invalid_request", codes.Unset},
		{"the server's fault", errors.New("a-secret"), "internal", codes.Error},
		{"an outage", model.ErrUnavailable.Because(errors.New("a-secret")), "unavailable", codes.Error},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			tracer, spans := record(t, 1)
			_, span := tracer.Start(t.Context(), "send")
			span.End(example.err)
			got := spans.GetSpans()[0]
			g.Expect(got.Status.Code).To(Equal(example.status))
			g.Expect(got.Status.Description).NotTo(ContainSubstring("a-secret"))
			g.Expect(got.Attributes).To(HaveLen(1))
			g.Expect(got.Attributes[0].Value.AsString()).To(Equal(example.code))
			g.Expect(got.Events).To(BeEmpty())
		})
	}
}
