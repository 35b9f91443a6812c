package envelope

import (
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// originKind marks the origin of the change that follows it. It has the form of
// a change of an unknown kind, so that a pod of an earlier release skips it.
const originKind = firstSignalCode - 1

func appendOrigin(payload []byte, conversation model.ConversationID, origin *tracing.Origin) []byte {
	body, err := origin.AppendBinary(nil)
	if err != nil {
		// The change goes untraced.
		return payload
	}
	return appendItem(payload, originKind, int64(conversation), body, 0, 0, 0)
}

// readOrigin returns nil for what is no origin: it costs the trace and not the
// change.
func readOrigin(body []byte) *tracing.Origin {
	origin := new(tracing.Origin)
	if origin.UnmarshalBinary(body) != nil {
		return nil
	}
	return origin
}
