package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/parley-chat/parley/test/history"
)

const (
	// pace is how often a paced worker looks what is due.
	pace = 2 * time.Millisecond
	// answerTime is how long answers may take once the sending is over.
	answerTime = 15 * time.Second
)

// sending is one Send that runs.
type sending struct {
	worker *worker
	in     Send
	until  time.Time

	mu     sync.Mutex
	result Sent
	open   int
	err    error
	quiet  chan struct{} // closed when nothing is open after the end
	ended  bool
}

var (
	errNoSenders = errors.New("a send without senders")
	errNoSession = errors.New("there is no such session")
)

// send returns when every message has its answer, or when answers have taken too
// long.
func (w *worker) send(ctx context.Context, in Send) (Sent, error) {
	if len(in.Senders) == 0 {
		return Sent{}, errNoSenders
	}
	for _, sender := range in.Senders {
		if sender.Session < 0 || sender.Session >= len(w.sessions) {
			return Sent{}, fmt.Errorf("%w: %d of %d", errNoSession, sender.Session, len(w.sessions))
		}
	}
	duration := time.Duration(in.Seconds * float64(time.Second))
	s := &sending{worker: w, in: in, until: time.Now().Add(duration), quiet: make(chan struct{})}
	if in.PerSecond > 0 {
		s.paced(ctx)
	} else {
		s.closedLoop(ctx)
	}
	s.end()
	select {
	case <-s.quiet:
	case <-time.After(answerTime):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.result, s.err
}

// paced sends what is due, whatever becomes of it. A message counts as sent when
// it was due, so that one which had to wait is not flattered.
func (s *sending) paced(ctx context.Context) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	begin := time.Now()
	interval := time.Duration(float64(time.Second) / s.in.PerSecond)
	for number := 0; ; {
		for due := begin.Add(time.Duration(number) * interval); !due.After(time.Now()); due = begin.Add(time.Duration(number) * interval) {
			if due.After(s.until) {
				return
			}
			s.one(s.in.Senders[number%len(s.in.Senders)], due, nil)
			number++
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// closedLoop has every sender send again when it has its answer.
func (s *sending) closedLoop(ctx context.Context) {
	for _, sender := range s.in.Senders {
		s.again(sender)
	}
	select {
	case <-time.After(time.Until(s.until)):
	case <-ctx.Done():
	}
}

func (s *sending) again(sender Sender) {
	if now := time.Now(); now.Before(s.until) {
		s.one(sender, now, func() { s.again(sender) })
	}
}

// one sends one message, and calls then, unless that is nil, after its answer.
func (s *sending) one(sender Sender, due time.Time, then func()) {
	from := s.worker.sessions[sender.Session]
	record := s.worker.newRecord(Record{Bytes: s.in.Bytes, Conversation: sender.Conversation, Sender: from.user})
	texts := s.worker.texts
	content := texts.content(record.Number, record.Bytes)
	clientID := texts.clientID(record.Number)
	s.worker.recorder.Sent(record.Conversation, record.Sender, clientID, history.Digest([]byte(content)))
	s.mu.Lock()
	s.result.Offered++
	s.open++
	s.mu.Unlock()
	err := from.send(sendFrame{
		Conversation: sender.Conversation, ClientID: clientID, Content: json.RawMessage(content),
	}, func(answer ack, code string) {
		s.worker.record(record, answer, code)
		s.answered(due, code)
		if then != nil {
			then()
		}
	})
	if err != nil {
		s.failed(fmt.Errorf("send: %w", err))
	}
}

func (s *sending) answered(due time.Time, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code == "" {
		s.result.Acked++
		if !s.ended {
			s.result.AckedInTime++
		}
		s.result.Latencies = append(s.result.Latencies, time.Since(due).Microseconds())
	} else {
		s.result.Refused++
	}
	s.open--
	s.settle()
}

func (s *sending) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = errors.Join(s.err, err)
}

func (s *sending) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.settle()
}

// settle says once that nothing is open. The caller holds the lock.
func (s *sending) settle() {
	if s.ended && s.open == 0 && s.quiet != nil {
		select {
		case <-s.quiet:
		default:
			close(s.quiet)
		}
	}
}

// newRecord numbers a message.
func (w *worker) newRecord(record Record) *Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	record.Number, record.Worker = len(w.records), w.number
	w.records = append(w.records, &record)
	return &record
}

// record writes an answer down.
func (w *worker) record(record *Record, answer ack, code string) {
	w.mu.Lock()
	record.ID, record.Seq, record.Rev, record.Code = answer.ID, answer.Seq, answer.Rev, code
	w.mu.Unlock()
	record.tell(w.recorder, w.texts)
}

// sends lists what was sent so far.
func (w *worker) sends(context.Context, nothing) ([]Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Record, len(w.records))
	for i, record := range w.records {
		all[i] = *record
	}
	return all, nil
}
