package tracing

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/parley-chat/parley/chatserver/model"
)

// Span is a piece of work that is recorded, if it is sampled. The zero value
// records nothing. All methods are safe for concurrent use.
type Span struct{ span trace.Span }

// Sampled reports whether the span is recorded.
func (s Span) Sampled() bool { return s.span != nil && s.span.SpanContext().IsSampled() }

// Number notes a number, such as an id that the server gave.
func (s Span) Number(key string, value int64) {
	if s.Sampled() {
		s.span.SetAttributes(attribute.Int64(key, value))
	}
}

// Word notes one of a closed set of words. It is not for what clients say.
func (s Span) Word(key, value string) {
	if s.Sampled() {
		s.span.SetAttributes(attribute.String(key, value))
	}
}

// End ends the span. Of an error it keeps the code, which is one of a closed
// set, and whether the server is at fault; never the text.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil && s.Sampled() {
		known := model.AsError(err)
		s.Word("error.type", known.Code)
		if known.Kind == model.KindInternal || known.Kind == model.KindUnavailable {
			s.span.SetStatus(codes.Error, known.Code)
		}
	}
	s.span.End()
}

// Origin returns what names the span to other pods: nil when it is not sampled.
func (s Span) Origin() *Origin {
	if !s.Sampled() {
		return nil
	}
	named := s.span.SpanContext()
	return &Origin{trace: named.TraceID(), span: named.SpanID()}
}
