package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/history"
)

// garbagePercent lets a worker collect garbage rarely: it shares its processors
// with what it measures.
const garbagePercent = 400

// worker is one process of a crew.
type worker struct {
	number   int
	recorder *history.Recorder
	texts    *texts
	frames   frameCache
	counts   counts

	running      errgroup.Group // readers of sessions and sinks, participants
	sessions     []*session
	participants []*client.Participant
	leave        context.CancelFunc // ends the participants; nil without them
	sinks        []net.Listener

	mu      sync.Mutex
	records []*Record
	closing bool
}

// Work answers the requests of a crew until its input ends. The number tells
// workers of one crew apart.
func Work(ctx context.Context, number int, input io.Reader, output io.Writer) error {
	debug.SetGCPercent(garbagePercent)
	w := &worker{number: number, recorder: history.NewRecorder(), texts: newTexts(number)}
	decoder, encoder := json.NewDecoder(bufio.NewReader(input)), json.NewEncoder(output)
	for {
		var asked request
		if err := decoder.Decode(&asked); err != nil {
			return errors.Join(notEOF(err), w.close())
		}
		if err := encoder.Encode(w.answer(ctx, asked)); err != nil {
			return errors.Join(fmt.Errorf("answer a request: %w", err), w.close())
		}
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("read a request: %w", err)
}

func (w *worker) answer(ctx context.Context, asked request) response {
	operation, known := operations[asked.Operation]
	if !known {
		return response{Error: fmt.Sprintf("there is no operation %q", asked.Operation)}
	}
	body, err := operation(ctx, w, asked.Body)
	if err != nil {
		return response{Error: err.Error()}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return response{Error: err.Error()}
	}
	return response{Body: encoded}
}

type operation func(ctx context.Context, w *worker, body json.RawMessage) (any, error)

var operations = map[string]operation{
	operationConnect: decoded((*worker).connect),
	operationSend:    decoded((*worker).send),
	operationJoin:    decoded((*worker).join),
	operationOutlive: decoded((*worker).outlive),
	operationStats:   decoded((*worker).stats),
	operationSends:   decoded((*worker).sends),
	operationCheck:   decoded((*worker).check),
	operationSink:    decoded((*worker).sink),
	operationWrite:   decoded((*worker).write),
}

// nothing is the body of a request or an answer that needs none.
type nothing struct{}

// decoded makes an operation of a method that takes its body decoded.
func decoded[In, Out any](do func(*worker, context.Context, In) (Out, error)) operation {
	return func(ctx context.Context, w *worker, body json.RawMessage) (any, error) {
		var in In
		if len(body) > 0 {
			if err := json.Unmarshal(body, &in); err != nil {
				return nil, fmt.Errorf("decode a request: %w", err)
			}
		}
		return do(w, ctx, in)
	}
}

// close ends all sessions and waits for their readers.
func (w *worker) close() error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	for _, each := range w.sessions {
		if each != nil { // one that could not connect
			each.socket.Close()
		}
	}
	if w.leave != nil {
		w.leave()
	}
	for _, each := range w.sinks {
		_ = each.Close() // nobody reads from it any more
	}
	return w.running.Wait()
}

func (w *worker) isClosing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closing
}
