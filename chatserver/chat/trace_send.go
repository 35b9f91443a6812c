package chat

import (
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// endSend ends the span of a send with what it came to.
func endSend(span tracing.Span, sent Sent, err error) {
	if err == nil {
		span.Number("parley.conversation", int64(sent.Message.Conversation))
		span.Number("parley.message", int64(sent.Message.ID))
		span.Number("parley.rev", sent.Message.Rev)
	}
	span.End(err)
}

// startCommit begins the span of a group, which its sampled messages share.
func (a *appender) startCommit(group []*pendingSend) tracing.Span {
	if a.tracer == nil {
		return tracing.Span{}
	}
	var sampled []tracing.Span
	for _, pending := range group {
		if pending.span.Sampled() {
			sampled = append(sampled, pending.span)
		}
	}
	span := a.tracer.StartJoint(sampled, "commit")
	span.Number("parley.group_size", int64(len(group)))
	return span
}

// startPublish begins the span of one change's way to the bus, inside that of
// the message. The pods that deliver it go on from there.
func (p *publisher) startPublish(event model.Event, message tracing.Span) tracing.Span {
	span := p.dependencies.Tracer.StartInside(message, "publish")
	span.Number("parley.conversation", int64(event.ConversationID))
	span.Number("parley.rev", event.Rev)
	return span
}

// endAll ends the spans of changes that went one way together.
func endAll(spans []tracing.Span, err error) {
	for _, span := range spans {
		span.End(err)
	}
}
