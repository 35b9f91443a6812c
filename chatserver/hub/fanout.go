package hub

import "github.com/parley-chat/parley/chatserver/bus/envelope"

// fannedOut notes that a change is queued to every session that follows its
// conversation. Once per change, not per session: it costs the same in a room of
// thousands. What a sweep found has no arrival and is counted elsewhere.
func (h *Hub) fannedOut(change envelope.Change) {
	if change.Arrival.At.IsZero() {
		return
	}
	took := h.now().Sub(change.Arrival.At).Seconds()
	if change.Arrival.FromBus {
		h.metrics.fanoutFromBus.Observe(took)
		return
	}
	h.metrics.fanoutLocal.Observe(took)
}
