package tracing

import (
	"fmt"

	"go.opentelemetry.io/otel/trace"
)

// Origin names a sampled span to other pods.
type Origin struct {
	trace trace.TraceID
	span  trace.SpanID
}

// originLength is the bytes of both ids.
const originLength = 16 + 8

// AppendBinary adds the form in which an origin travels: the two ids of W3C Trace
// Context, 24 bytes. The error is always nil.
func (o Origin) AppendBinary(into []byte) ([]byte, error) {
	return append(append(into, o.trace[:]...), o.span[:]...), nil
}

// UnmarshalBinary reads what AppendBinary wrote.
func (o *Origin) UnmarshalBinary(encoded []byte) error {
	if len(encoded) != originLength {
		return fmt.Errorf("read the origin of a span: %d bytes are not %d", len(encoded), originLength)
	}
	copy(o.trace[:], encoded)
	copy(o.span[:], encoded[len(o.trace):])
	if !o.trace.IsValid() || !o.span.IsValid() {
		return fmt.Errorf("read the origin of a span: an id is zero")
	}
	return nil
}
