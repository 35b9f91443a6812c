//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/parley-chat/parley/test/e2e/environment"
)

// resyncID is the id of the sync frames; those of sends are not negative.
const resyncID = -1

// participant sends at a steady rate and listens, and goes on at another pod when it
// loses its connection, as an application does.
type participant struct {
	name         string
	caller       environment.Caller
	conversation string
	elsewhere    func(context.Context) (url string, err error)

	mu          sync.Mutex
	session     *environment.Session
	epoch       string
	sent        int64
	pending     map[int64]bool  // sent and not acked yet, by id
	repeated    map[int64]bool  // sent more than once
	acked       map[int64]int64 // the seq by id
	heard       []environment.Message
	rev         int64 // the last one heard
	again       int   // deliveries of what was heard before
	reconnected int
	lastHeard   time.Time
	longestGap  time.Duration
}

func newParticipant(ctx context.Context, name, conversation string, caller environment.Caller) (*participant, error) {
	p := &participant{
		name: name, conversation: conversation, caller: caller.As(name),
		pending: map[int64]bool{}, repeated: map[int64]bool{}, acked: map[int64]int64{},
	}
	session, err := p.caller.Open(ctx, false)
	if err != nil {
		return nil, err
	}
	p.session, p.epoch = session, session.Hello.Data.Snapshot.Epoch
	return p, nil
}

// send sends the next message. One that finds the connection gone stays pending
// and is sent after the next connect.
func (p *participant) send() {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.sent
	p.sent++
	p.pending[id] = true
	_ = p.write(id)
}

func (p *participant) write(id int64) error {
	return p.session.Send(id, p.conversation, fmt.Sprintf("%s-%d", p.name, id), "hello")
}

// listen takes what comes until the context ends, over as many connections as it
// needs.
func (p *participant) listen(ctx context.Context) error {
	for ctx.Err() == nil {
		frame, err := p.current().Next()
		switch {
		case err == nil:
			err = p.take(frame)
		case ctx.Err() == nil:
			err = p.reconnect(ctx)
		default:
			err = nil // the test is over and has closed the connection
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (p *participant) current() *environment.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

func (p *participant) take(frame environment.Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case frame.Error != nil:
		return fmt.Errorf("refused: %s", frame.Error.Message)
	case frame.ID != nil && *frame.ID == resyncID:
		if len(frame.OK.Reset)+len(frame.OK.Gone) > 0 {
			return fmt.Errorf("the sync could not bring everything up to date: %+v", frame.OK)
		}
		p.epoch = frame.OK.Epoch
	case frame.ID != nil:
		p.acked[*frame.ID] = frame.OK.Seq
		delete(p.pending, *frame.ID)
	case frame.Event == "message.created" && frame.Rev <= p.rev:
		p.again++
	case frame.Event == "message.created":
		now := time.Now()
		if len(p.heard) > 0 {
			p.longestGap = max(p.longestGap, now.Sub(p.lastHeard))
		}
		p.heard, p.rev, p.lastHeard = append(p.heard, frame.Data), frame.Rev, now
	}
	return nil
}

// reconnect resumes at another pod: it asks for what it missed and sends again
// what was not acked, under the same client ids.
func (p *participant) reconnect(ctx context.Context) error {
	for {
		url, err := p.elsewhere(ctx)
		if err != nil {
			return err
		}
		session, err := p.caller.At(url).Open(ctx, true)
		if err == nil {
			return p.resume(session)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p *participant) resume(session *environment.Session) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session.Close()
	p.session = session
	p.reconnected++
	if err := session.Sync(resyncID, p.epoch, p.conversation, p.rev); err != nil {
		return err
	}
	for id := int64(0); id < p.sent; id++ {
		if p.pending[id] {
			p.repeated[id] = true
			if err := p.write(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// state is what a test waits for.
func (p *participant) state() (sent, acked, heard, reconnected int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int(p.sent), len(p.acked), len(p.heard), p.reconnected
}
