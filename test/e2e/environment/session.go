package environment

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// silence is how long a session waits for a frame; the server's pings are none.
const silence = 30 * time.Second

// Frame is any frame that the server sends.
type Frame struct {
	Event string  `json:"event"`
	Rev   int64   `json:"rev"`
	Data  Message `json:"data"`

	ID    *int64 `json:"id"`
	OK    Answer `json:"ok"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// Message is what a test looks at in a message.
type Message struct {
	Seq      int64           `json:"seq"`
	ClientID string          `json:"clientId"`
	Content  json.RawMessage `json:"content"`
	Snapshot Answer          `json:"snapshot"` // of a hello
}

// Answer is what a test looks at in the answer to a request: of a send the seq
// and the rev, of a sync the epoch and what it could not bring up to date.
type Answer struct {
	Seq       int64    `json:"seq"`
	Rev       int64    `json:"rev"`
	Duplicate bool     `json:"duplicate"`
	Epoch     string   `json:"epoch"`
	Gone      []string `json:"gone"`
	Reset     []string `json:"reset"`
}

// Session is one connection to a pod. One goroutine may read while others write.
type Session struct {
	Hello      Frame
	connection *websocket.Conn
	writing    sync.Mutex
	lines      [][]byte
}

// Open connects and waits for the hello. With resume the server sends nothing
// else before the sync.
func (c Caller) Open(ctx context.Context, resume bool) (*Session, error) {
	url := fmt.Sprintf("ws%s/chat/v1/ws?resume=%t", strings.TrimPrefix(c.URL, "http"), resume)
	connection, response, err := websocket.DefaultDialer.DialContext(ctx, url, c.header())
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	if err != nil {
		return nil, fmt.Errorf("open a session at %s: %w", c.URL, err)
	}
	session := &Session{connection: connection}
	if session.Hello, err = session.Next(); err != nil {
		session.Close()
		return nil, fmt.Errorf("wait for the hello: %w", err)
	}
	if session.Hello.Event != "hello" {
		session.Close()
		return nil, fmt.Errorf("the first frame is %+v, not hello", session.Hello)
	}
	return session, nil
}

// Next returns the next frame. The error of a connection that the server closed
// is a *websocket.CloseError.
func (s *Session) Next() (Frame, error) {
	for len(s.lines) == 0 {
		if err := s.connection.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return Frame{}, err
		}
		_, message, err := s.connection.ReadMessage()
		if err != nil {
			return Frame{}, err
		}
		s.lines = bytes.Split(message, []byte{'\n'})
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	var frame Frame
	if err := json.Unmarshal(line, &frame); err != nil {
		return Frame{}, fmt.Errorf("decode a frame: %w", err)
	}
	return frame, nil
}

// Send sends a message; the answer carries the id.
func (s *Session) Send(id int64, conversation, clientID, text string) error {
	return s.write(map[string]any{
		"id": id, "op": "send", "conversation": conversation, "clientId": clientID, "content": map[string]string{"text": text},
	})
}

// Sync asks for everything after the rev.
func (s *Session) Sync(id int64, epoch, conversation string, rev int64) error {
	return s.write(map[string]any{
		"id": id, "op": "sync", "epoch": epoch, "conversations": map[string]int64{conversation: rev},
	})
}

func (s *Session) write(frame any) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.connection.WriteJSON(frame); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	return nil
}

// Close ends the connection without a goodbye.
func (s *Session) Close() { _ = s.connection.Close() }
