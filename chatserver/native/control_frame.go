package native

import (
	"time"

	"github.com/gorilla/websocket"
)

const (
	finalFrame    = 0x80 // in the first byte
	maskedFrame   = 0x80 // in the second byte
	controlHeader = 6    // bytes of a masked control frame before its payload
	maxControl    = 125  // bytes of payload
)

// takeControl takes a pong or a ping where a message may begin, and reports
// whether there was one. The library would go on to the message after it and wait
// for that with a deep stack; most of what comes on an idle connection is pongs.
func (s *socket) takeControl() bool {
	reader := &s.buffer.reader
	head, err := reader.Peek(2)
	if err != nil || head[1] < maskedFrame || head[1] > maskedFrame|maxControl {
		return false
	}
	kind := head[0]
	if kind != finalFrame|websocket.PongMessage && kind != finalFrame|websocket.PingMessage {
		return false
	}
	frame, err := reader.Peek(controlHeader + int(head[1]-maskedFrame))
	if err != nil {
		return false
	}
	if kind == finalFrame|websocket.PingMessage {
		s.answerPing(frame)
	}
	_, _ = reader.Discard(len(frame)) // it is there
	return true
}

// answerPing sends the payload back. When that fails, so does what follows.
func (s *socket) answerPing(frame []byte) {
	mask, payload := frame[2:controlHeader], make([]byte, len(frame)-controlHeader)
	for i, masked := range frame[controlHeader:] {
		payload[i] = masked ^ mask[i%len(mask)]
	}
	_ = s.connection.WriteControl(websocket.PongMessage, payload, time.Now().Add(closeTimeout))
}
