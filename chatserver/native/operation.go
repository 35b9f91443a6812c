package native

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chatserver/model"
)

// operations are all ops of a client frame, by name, in the areas of
// asyncapi.yaml. The op NAME has a file of its own, op_NAME.go, with its frame,
// its checks and what it does.
var operations = map[string]operation{
	// -- messages --

	"delete": requestOp(deleteMessage),
	"edit":   requestOp(edit),
	"event":  requestOp(trigger),
	"send":   frameOp((*socketReader).send),

	// -- reactions and reports --

	"react": requestOp(react),

	// -- receipts and unread --

	"read": requestOp(answerRead),

	// -- presence and typing --

	"attach":     attachOp,
	"detach":     requestOp(answerDetach),
	"keystrokes": requestOp(answerKeystrokes),
	"presence":   requestOp(answerPresence),
	"typing":     requestOp(answerTyping),

	// -- sockets --

	"auth": requestOp(answerAuth),
	"ping": requestOp(answerPing),
	"sync": frameOp((*socketReader).sync),
}

// operation reads a frame of one op strictly: a field that the op does not have
// is refused.
type operation func(message []byte) (call, error)

// call is a decoded frame with what it asks for.
type call struct {
	frame clientFrame
	do    func(*socketReader)
}

// frameOp makes an operation that answers by itself, at once or later. It runs
// in the goroutine of the reader: until it returns, no later frame is read.
func frameOp[F clientFrame](do func(*socketReader, F)) operation {
	return func(message []byte) (call, error) {
		var frame F
		if err := decodeJSON("frame", message, &frame); err != nil {
			return call{}, err
		}
		return call{frame: frame, do: func(r *socketReader) { do(r, frame) }}, frame.check()
	}
}

// requestOp makes an operation that is one use case and its answer, an object or
// an error. It counts as a request of the principal. The context ends after operationTimeout; frames are done in order.
func requestOp[F clientFrame](use func(context.Context, *socketReader, F) (any, error)) operation {
	return frameOp(func(r *socketReader, frame F) {
		ctx, cancel := context.WithTimeout(r.context, operationTimeout)
		defer cancel()
		ctx, span := r.traceOp(ctx, frame.head())
		var answer any
		err := r.api.Chat.AllowRequest(r.principal)
		if err == nil {
			answer, err = use(ctx, r, frame)
		}
		span.End(err)
		if err != nil {
			r.fail(frame.head(), err)
			return
		}
		r.session.Send(okFrame(frame.head().ID, answer))
	})
}

// errUnknownOp names the ops that there are.
func errUnknownOp() error {
	names := slices.Sorted(maps.Keys(operations))
	last := len(names) - 1
	return model.Invalid("op", "must be %s or %s", strings.Join(names[:last], ", "), names[last])
}
