package native

import (
	"context"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// maxInFlight bounds the sends of one session that wait for their commit;
	// beyond it the connection is not read.
	maxInFlight = 64
	// operationTimeout bounds what one frame may cost.
	operationTimeout = 15 * time.Second
	// syncTimeout bounds how long a session takes to follow its conversations. It
	// waits its turn when a pod's sessions all come at once; to send it away before
	// that would only have it come again.
	syncTimeout = time.Minute
)

// socketReader reads one connection and does what its frames say, in order.
type socketReader struct {
	api       *API
	socket    *socket
	session   *hub.Session
	live      *chat.LiveSession
	principal chat.Principal
	context   context.Context
	inFlight  chan struct{} // made with the first send
}

// begin brings the connection to where it is read. To catch up takes a deep
// stack, which a goroutine keeps for long: reading begins with a new one.
func (r *socketReader) begin(resume bool, userAgent string) {
	if r.socket.extend() != nil || !r.greet(resume) {
		r.end()
		return
	}
	r.live = r.api.Chat.Connect(r.context, r.principal, r.session)
	r.live.RecordUnder(r.api.Chat.RecordUserSession(r.principal.User, userAgent))
	go r.run()
}

func (r *socketReader) end() {
	r.socket.connection.Close()
	r.session.Leave()
}

// run owns the connection until it is over. To wait takes little stack, to handle
// a message takes more, which stays: once the client does nothing but live, a new
// goroutine goes on.
func (r *socketReader) run() {
	for {
		if !r.socket.buffer.isFull() {
			r.socket.readable.wait()
		}
		spoke, open := r.read()
		switch {
		case !open:
			r.live.End()
			r.end()
			return
		case !spoke:
			go r.run()
			return
		}
	}
}

// read handles what has come. Spoke is false when that was signs of life only,
// and open at the end of the connection.
func (r *socketReader) read() (spoke, open bool) {
	r.socket.buffer.fill()
	for {
		if r.socket.takeControl() {
			open = r.socket.extend() == nil
		} else {
			spoke, open = true, r.next()
		}
		if !open || r.socket.buffer.empty() {
			return spoke, open
		}
	}
}

// next handles one message. It reports false at the end of the connection.
func (r *socketReader) next() bool {
	kind, message, err := r.socket.connection.ReadMessage()
	if err != nil {
		return false
	}
	if r.session.Closing() {
		// The goodbye is under way: only the client's answer to it counts.
		return true
	}
	if err := r.socket.extend(); err != nil {
		return false
	}
	if kind != websocket.TextMessage {
		r.session.Send(errorFrame(nil, errBinary))
		return true
	}
	r.handle(message)
	return true
}

var errBinary = model.Invalid("frame", "must be text: one JSON object")

// greet says hello. Without resume the session follows its conversations at
// once, else from the sync that the client sends.
func (r *socketReader) greet(resume bool) bool {
	hello := helloData{User: r.principal.User, Resume: resume}
	if resume {
		return r.session.Send(eventFrame(eventHello, hello))
	}
	ctx, cancel := context.WithTimeout(r.context, syncTimeout)
	defer cancel()
	err := r.session.Sync(ctx, nil, func(snapshot hub.Snapshot) {
		hello.Snapshot = newSnapshotData(snapshot)
		r.session.Send(eventFrame(eventHello, hello))
	})
	if err != nil {
		r.api.Logger.Warn("greet a session", "error", err)
		r.session.Send(errorFrame(nil, model.ErrUnavailable))
		r.session.Close(hub.CloseDrain)
		return false
	}
	return true
}

func (r *socketReader) handle(message []byte) {
	head, call, err := decodeFrame(message)
	if err != nil {
		r.fail(head, err)
		return
	}
	call.do(r)
}

// fail answers a frame with an error. What a client must not see goes to the log.
func (r *socketReader) fail(frame frameHead, err error) {
	if model.AsError(err).Kind == model.KindInternal {
		r.api.Logger.Error("frame failed", "op", frame.Op, "error", err)
	}
	r.session.Send(errorFrame(frame.ID, err))
}
