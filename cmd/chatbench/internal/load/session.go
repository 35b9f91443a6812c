package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/history"
)

// session is one connection. It does not connect again: a scenario that ends
// connections has participants (package client) instead.
type session struct {
	worker *worker
	user   int64
	socket *client.Session
	seen   *history.Session

	mu      sync.Mutex
	next    int64
	waiting map[int64]func(ack, string) // by the frame's id: takes the answer, or the code of an error
	ended   chan struct{}               // closed when the connection is over
}

// ack is what the answer to a send says.
type ack struct {
	ID  int64 `json:"id,string"`
	Seq int64 `json:"seq"`
	Rev int64 `json:"rev"`
}

// connect opens sessions and returns once each follows its conversations.
func (w *worker) connect(ctx context.Context, in Connect) (nothing, error) {
	opened := make([]*session, len(in.Sessions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, in.AtOnce))
	for i, wanted := range in.Sessions {
		group.Go(func() (err error) {
			opened[i], err = w.open(ctx, in.Key, wanted)
			return err
		})
	}
	err := group.Wait()
	w.sessions = append(w.sessions, opened...)
	return nothing{}, err
}

// open connects one session. It reads from the first moment on, because the server
// ends one that does not, and it stands once the server answers it: the hello
// comes before the server has caught up with all conversations.
func (w *worker) open(ctx context.Context, key string, wanted Session) (*session, error) {
	user := strconv.FormatInt(wanted.User, 10)
	caller := client.Caller{URL: wanted.URL, Key: key, User: user}
	if wanted.Token != "" {
		caller = client.Caller{URL: wanted.URL, Token: wanted.Token}
	}
	socket, err := caller.Open(ctx, false)
	if err != nil {
		return nil, err
	}
	s := &session{
		worker: w, user: wanted.User, socket: socket,
		seen: w.recorder.Session(user), waiting: make(map[int64]func(ack, string)), ended: make(chan struct{}),
	}
	s.begin()
	w.running.Go(s.read)
	answered := make(chan struct{})
	if err := s.ask(func(id int64) any { return pingFrame{id, "ping"} }, func(ack, string) { close(answered) }); err != nil {
		return s, err
	}
	select {
	case <-answered:
		return s, nil
	case <-s.ended:
		return s, errEnded
	case <-ctx.Done():
		return s, ctx.Err()
	}
}

var errEnded = errors.New("a session ended before it stood")

// pingFrame asks for an answer and nothing else.
type pingFrame struct {
	ID int64  `json:"id"`
	Op string `json:"op"`
}

// begin takes over what the hello says.
func (s *session) begin() {
	s.seen.Connected()
	for _, each := range s.socket.Snapshot.Conversations {
		s.seen.Follows(each.Conversation, each.Rev)
	}
	s.socket.Snapshot = client.Snapshot{}
}

var answerStart = []byte(`{"id"`)

// read takes what comes, to the end of the connection. Its end is an error of the
// load only when nobody wanted it.
func (s *session) read() error {
	defer close(s.ended)
	for {
		line, err := s.socket.Line()
		if err == nil {
			err = s.take(line)
		}
		if err != nil {
			if !s.worker.isClosing() {
				s.worker.counts.lose(err)
			}
			s.socket.Close()
			return nil
		}
	}
}

func (s *session) take(line []byte) error {
	s.worker.counts.frames.Add(1)
	if bytes.HasPrefix(line, answerStart) {
		return s.answered(line)
	}
	event, err := s.worker.frames.event(line)
	if err != nil || event.Rev == 0 {
		return err
	}
	s.seen.Delivered(event)
	s.worker.counts.deliveries.Add(1)
	s.worker.counts.bytes.Add(int64(len(line)))
	return nil
}

func (s *session) answered(line []byte) error {
	var frame struct {
		ID    int64 `json:"id"`
		OK    ack   `json:"ok"`
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	if err := json.Unmarshal(line, &frame); err != nil {
		return fmt.Errorf("decode an answer: %w", err)
	}
	s.mu.Lock()
	done := s.waiting[frame.ID]
	delete(s.waiting, frame.ID)
	s.mu.Unlock()
	if done == nil {
		return errUnasked
	}
	done(frame.OK, frame.Error.Code)
	return nil
}

var errUnasked = errors.New("an answer to a request that was not made")

// sendFrame asks to send a message.
type sendFrame struct {
	ID           int64           `json:"id"`
	Op           string          `json:"op"`
	Conversation int64           `json:"conversation,string"`
	ClientID     string          `json:"clientId"`
	Content      json.RawMessage `json:"content"`
}

// send has done called with the answer, by the goroutine that reads.
func (s *session) send(frame sendFrame, done func(ack, string)) error {
	return s.ask(func(id int64) any {
		frame.ID, frame.Op = id, "send"
		return frame
	}, done)
}

func (s *session) ask(frame func(id int64) any, done func(ack, string)) error {
	s.mu.Lock()
	s.next++
	id := s.next
	s.waiting[id] = done
	s.mu.Unlock()
	return s.socket.Write(frame(id))
}
