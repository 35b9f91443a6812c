package hub

import "github.com/parley-chat/parley/chatserver/bus/envelope"

// fannedOut notes that a change is queued to every session that follows its
// conversation. Once per change, not per session: it costs the same in a room of
// thousands. What a sweep found has no arrival and is counted elsewhere.
func (h *Hub) fannedOut(f *feed, change envelope.Change) {
	if change.Arrival.At.IsZero() {
		return
	}
	if h.tracer != nil && change.Origin != nil {
		h.traceDelivery(f, change)
	}
	took := h.now().Sub(change.Arrival.At).Seconds()
	if change.Arrival.FromBus {
		h.metrics.fanoutFromBus.Observe(took)
		return
	}
	h.metrics.fanoutLocal.Observe(took)
}

// traceDelivery records a change's way through this pod. It begins when the
// change arrived, so that the wait for a lost one before it shows.
func (h *Hub) traceDelivery(f *feed, change envelope.Change) {
	span := h.tracer.StartFrom(change.Origin, "deliver", change.Arrival.At)
	span.Number("parley.conversation", int64(change.Conversation))
	span.Number("parley.rev", change.Rev)
	span.Number("parley.sessions", int64(len(f.attachments)))
	span.End(nil)
}
