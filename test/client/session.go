package client

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

const (
	// silence is how long a session waits for a frame. The server's pings are
	// none, so a session that nothing happens to ends after it.
	silence = 90 * time.Second
	// writeTime bounds one frame, and dialTime the way to a session.
	writeTime = 10 * time.Second
	dialTime  = 10 * time.Second
)

// Frame is any frame that the server sends.
type Frame struct {
	Event        string          `json:"event"`
	Conversation int64           `json:"conversation,string"`
	Rev          int64           `json:"rev"`
	Data         json.RawMessage `json:"data"`

	ID    *int64          `json:"id"`
	OK    json.RawMessage `json:"ok"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// Snapshot is what a session stands on: a hello has it, or the answer to a sync.
type Snapshot struct {
	Epoch         string `json:"epoch"`
	Conversations []struct {
		Conversation int64 `json:"conversation,string"`
		Rev          int64 `json:"rev"`
	} `json:"conversations"`
	Added, Gone, Reset []string
}

// Session is one connection to a pod. One goroutine may read while others write.
type Session struct {
	Snapshot   Snapshot // of the hello, empty when it is to be resumed
	connection *websocket.Conn
	writing    sync.Mutex
	lines      [][]byte
}

// dialer keeps little for each of many connections.
var dialer = &websocket.Dialer{HandshakeTimeout: dialTime, ReadBufferSize: 1024, WriteBufferPool: new(sync.Pool)}

// Open connects and waits for the hello. With resume the server sends nothing
// else before the sync.
func (c Caller) Open(ctx context.Context, resume bool) (*Session, error) {
	url := fmt.Sprintf("ws%s/chat/v1/ws?resume=%t", strings.TrimPrefix(c.URL, "http"), resume)
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	connection, response, err := dialer.DialContext(ctx, url, c.header())
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	if err != nil {
		return nil, fmt.Errorf("open a session at %s: %w", c.URL, err)
	}
	session := &Session{connection: connection}
	if err := session.greet(); err != nil {
		session.Close()
		return nil, fmt.Errorf("wait for the hello: %w", err)
	}
	return session, nil
}

func (s *Session) greet() error {
	frame, err := s.Next()
	if err != nil {
		return err
	}
	if frame.Event != "hello" {
		return fmt.Errorf("the first frame is %q, not hello", frame.Event)
	}
	var hello struct {
		Snapshot Snapshot `json:"snapshot"`
	}
	err = json.Unmarshal(frame.Data, &hello)
	s.Snapshot = hello.Snapshot
	return err
}

// Next returns the next frame. The error of a connection that the server closed
// is a *websocket.CloseError.
func (s *Session) Next() (Frame, error) {
	line, err := s.Line()
	if err != nil {
		return Frame{}, err
	}
	var frame Frame
	if err := json.Unmarshal(line, &frame); err != nil {
		return Frame{}, fmt.Errorf("decode a frame: %w", err)
	}
	return frame, nil
}

// Line is Next for one who decodes frames by itself. The bytes are the caller's.
func (s *Session) Line() ([]byte, error) {
	for len(s.lines) == 0 {
		if err := s.connection.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return nil, err
		}
		_, message, err := s.connection.ReadMessage()
		if err != nil {
			return nil, err
		}
		s.lines = bytes.Split(message, []byte{'\n'})
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	return line, nil
}

// Write sends a frame.
func (s *Session) Write(frame any) error {
	encoded, err := json.Marshal(frame)
	if err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.connection.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	if err := s.connection.WriteMessage(websocket.TextMessage, encoded); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	return nil
}

// Close ends the connection without a goodbye.
func (s *Session) Close() { _ = s.connection.Close() }
