package tracing

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Tracer begins spans. All methods are safe for concurrent use. On a nil Tracer
// they do nothing and allocate nothing.
type Tracer struct{ tracer trace.Tracer }

// New makes a tracer whose spans go to the provider.
func New(provider trace.TracerProvider) *Tracer {
	return &Tracer{tracer: provider.Tracer("github.com/parley-chat/parley/chatserver")}
}

// Start begins a span inside the one of the context, or a trace where there is
// none. What happens under the returned context is inside the new span.
func (t *Tracer) Start(ctx context.Context, name string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, Span{span}
}

// StartRequest is Start for a request: it goes on with the trace that the
// caller's traceparent names. The caller's tracestate, which may hold any text,
// is left behind.
func (t *Tracer) StartRequest(ctx context.Context, header http.Header, name string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	remote := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header)))
	if remote.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, remote.WithTraceState(trace.TraceState{}))
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer))
	return ctx, Span{span}
}

// SpanOf returns the span of a context.
func (t *Tracer) SpanOf(ctx context.Context) Span {
	if t == nil {
		return Span{}
	}
	return Span{trace.SpanFromContext(ctx)}
}

// StartInside begins a span inside another one. It records nothing when the
// other is not sampled.
func (t *Tracer) StartInside(outer Span, name string) Span {
	if t == nil || !outer.Sampled() {
		return Span{}
	}
	_, span := t.tracer.Start(trace.ContextWithSpan(context.Background(), outer.span), name)
	return Span{span}
}

// StartJoint begins one span for what is done for several others at once. It is
// inside the first of them, and linked with each of them in both directions.
func (t *Tracer) StartJoint(others []Span, name string) Span {
	if t == nil || len(others) == 0 {
		return Span{}
	}
	links := make([]trace.Link, len(others))
	for i, other := range others {
		links[i] = trace.Link{SpanContext: other.span.SpanContext()}
	}
	_, joint := t.tracer.Start(trace.ContextWithSpan(context.Background(), others[0].span), name, trace.WithLinks(links...))
	for _, other := range others {
		other.span.AddLink(trace.Link{SpanContext: joint.SpanContext()})
	}
	return Span{joint}
}

// StartFrom begins a span, at the given time, inside one that another pod
// began. It records nothing without an origin.
func (t *Tracer) StartFrom(origin *Origin, name string, at time.Time) Span {
	if t == nil || origin == nil {
		return Span{}
	}
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: origin.trace, SpanID: origin.span, TraceFlags: trace.FlagsSampled, Remote: true,
	})
	_, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), remote), name,
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(at))
	return Span{span}
}
