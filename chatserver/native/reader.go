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
)

// socketReader reads one connection and does what its frames say, in order.
type socketReader struct {
	api       *API
	socket    *socket
	session   *hub.Session
	principal chat.Principal
	context   context.Context
	inFlight  chan struct{}
}

// run owns the connection until it is over.
func (r *socketReader) run(resume bool) {
	defer r.session.Leave()
	defer r.socket.connection.Close()
	if err := r.socket.extend(); err != nil {
		return
	}
	if !r.greet(resume) {
		return
	}
	for {
		kind, message, err := r.socket.connection.ReadMessage()
		if err != nil {
			return
		}
		if r.session.Closing() {
			// The goodbye is under way: only the client's answer to it counts.
			continue
		}
		if err := r.socket.extend(); err != nil {
			return
		}
		if kind != websocket.TextMessage {
			r.session.Send(errorFrame(nil, errBinary))
			continue
		}
		r.handle(message)
	}
}

var errBinary = model.Invalid("frame", "must be text: one JSON object")

// greet says hello. Without resume the session follows its conversations at
// once, else from the sync that the client sends.
func (r *socketReader) greet(resume bool) bool {
	hello := helloData{User: r.principal.User, Resume: resume}
	if resume {
		return r.session.Send(eventFrame("hello", hello))
	}
	ctx, cancel := context.WithTimeout(r.context, operationTimeout)
	defer cancel()
	err := r.session.Sync(ctx, nil, func(snapshot hub.Snapshot) {
		hello.Snapshot = newSnapshotData(snapshot)
		r.session.Send(eventFrame("hello", hello))
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
	frame, err := decodeFrame(message)
	if err != nil {
		r.session.Send(errorFrame(frame.ID, err))
		return
	}
	switch frame.Op {
	case opPing:
		r.session.Send(okFrame(frame.ID, struct{}{}))
	case opSend:
		r.send(frame)
	case opSync:
		r.sync(frame)
	}
}

// send does not wait for the commit: the ack follows when it is done, and later
// frames are read meanwhile.
func (r *socketReader) send(frame clientFrame) {
	r.inFlight <- struct{}{}
	ctx, cancel := context.WithTimeout(r.context, operationTimeout)
	r.api.Chat.Submit(ctx, r.principal, chat.SendMessage{
		Conversation: model.ParseConversationRef(frame.Conversation),
		ClientID:     frame.ClientID, ExternalID: frame.ExternalID,
		Content: frame.Content, Properties: frame.Properties,
	}, func(sent chat.Sent, err error) {
		cancel()
		if err != nil {
			r.session.Send(errorFrame(frame.ID, err))
		} else {
			r.session.Send(okFrame(frame.ID, newAckData(sent)))
		}
		<-r.inFlight
	})
}

func (r *socketReader) sync(frame clientFrame) {
	ctx, cancel := context.WithTimeout(r.context, operationTimeout)
	defer cancel()
	if err := r.api.Chat.AllowRequest(r.principal); err != nil {
		r.session.Send(errorFrame(frame.ID, err))
		return
	}
	var state *hub.ResumeState
	if frame.Conversations != nil {
		state = &hub.ResumeState{Epoch: frame.Epoch, Conversations: frame.Conversations}
	}
	err := r.session.Sync(ctx, state, func(snapshot hub.Snapshot) {
		r.session.Send(okFrame(frame.ID, newSnapshotData(snapshot)))
	})
	if err != nil {
		r.api.Logger.Warn("sync a session", "error", err)
		r.session.Send(errorFrame(frame.ID, model.ErrUnavailable))
	}
}
