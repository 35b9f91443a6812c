package pod

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// hangGuard ends a test whose frame never comes. With a fault on that is what is
// expected, and waiting long would only cost time.
func hangGuard() time.Duration {
	if os.Getenv("PARLEY_FAULT") != "" {
		return 3 * time.Second
	}
	return 30 * time.Second
}

// Frame is any frame of the native wire.
type Frame struct {
	Event        string          `json:"event"`
	Conversation string          `json:"conversation"`
	Rev          int64           `json:"rev"`
	Data         json.RawMessage `json:"data"`
	ID           *int64          `json:"id"`
	OK           json.RawMessage `json:"ok"`
	Error        *struct {
		Code         string `json:"code"`
		Message      string `json:"message"`
		RetryAfterMs int64  `json:"retryAfterMs"`
	} `json:"error"`
}

// Socket is a client of the native WebSocket.
type Socket struct {
	tb         testing.TB
	connection *websocket.Conn
	observer   Observer
	pending    [][]byte
	// Presence lets signals of presence through, which every connection of
	// another member causes. Without it they are read and left out.
	Presence bool
}

// Header builds request headers from pairs of name and value.
func Header(pairs ...string) http.Header {
	header := http.Header{}
	for i := 0; i+1 < len(pairs); i += 2 {
		header.Set(pairs[i], pairs[i+1])
	}
	return header
}

// Bearer is the header that carries a user token.
func Bearer(token string) http.Header { return Header("Authorization", "Bearer "+token) }

// Dial opens a WebSocket; the path may carry a query.
func Dial(tb testing.TB, url, path string, header http.Header) *Socket {
	tb.Helper()
	connection, response, err := websocket.DefaultDialer.DialContext(tb.Context(), "ws"+strings.TrimPrefix(url, "http")+path, header)
	if err != nil {
		tb.Fatalf("dial %s: %v (%v)", path, err, response)
	}
	must(tb, response.Body.Close())
	socket := &Socket{tb: tb, connection: connection, observer: observerFor(tb)}
	tb.Cleanup(func() { _ = connection.Close() })
	return socket
}

// Open is Dial of /chat/v1/ws that waits for the hello.
func (p *Pod) Open(tb testing.TB, header http.Header) *Socket {
	tb.Helper()
	socket := Dial(tb, p.URL, "/chat/v1/ws", header)
	if hello := socket.Next(); hello.Event != "hello" {
		tb.Fatalf("the first frame is %+v, not hello", hello)
	}
	return socket
}

// Send writes one frame.
func (s *Socket) Send(frame any) {
	s.tb.Helper()
	encoded, err := json.Marshal(frame)
	must(s.tb, err)
	s.SendRaw(websocket.TextMessage, encoded)
}

// SendRaw writes one WebSocket message as it is.
func (s *Socket) SendRaw(kind int, message []byte) {
	s.tb.Helper()
	s.observer.Sent(message)
	must(s.tb, s.connection.WriteMessage(kind, message))
}

// Next reads the next frame and fails the test when there is none. It passes
// over who comes online, because that is true of every socket a test opens.
func (s *Socket) Next() Frame {
	s.tb.Helper()
	return s.Await(func(frame Frame) bool { return frame.Event != "presence.changed" })
}

// TryNext reads the next frame; the error of a closed connection is a
// *websocket.CloseError.
func (s *Socket) TryNext() (Frame, error) {
	for {
		frame, err := s.read()
		if err != nil || s.Presence || !strings.HasPrefix(frame.Event, "presence.") {
			return frame, err
		}
	}
}

func (s *Socket) read() (Frame, error) {
	for len(s.pending) == 0 {
		if err := s.connection.SetReadDeadline(time.Now().Add(hangGuard())); err != nil {
			return Frame{}, err
		}
		_, message, err := s.connection.ReadMessage()
		if err != nil {
			return Frame{}, err
		}
		s.pending = bytes.Split(message, []byte{'\n'})
	}
	line := s.pending[0]
	s.pending = s.pending[1:]
	s.observer.Received(line)
	var frame Frame
	return frame, json.Unmarshal(line, &frame)
}

// Await reads on until a frame that the condition accepts.
func (s *Socket) Await(wanted func(Frame) bool) Frame {
	s.tb.Helper()
	for {
		frame, err := s.TryNext()
		must(s.tb, err)
		if wanted(frame) {
			return frame
		}
	}
}

// Event accepts frames of one event.
func Event(name string) func(Frame) bool {
	return func(frame Frame) bool { return frame.Event == name }
}

// Answer accepts the answer to one request.
func Answer(id int64) func(Frame) bool {
	return func(frame Frame) bool { return frame.ID != nil && *frame.ID == id }
}

// Close ends the connection without a goodbye.
func (s *Socket) Close() { must(s.tb, s.connection.Close()) }

// Subprotocol is what the server chose.
func (s *Socket) Subprotocol() string { return s.connection.Subprotocol() }
