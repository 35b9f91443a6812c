//go:build unix

package guarantees_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
)

// follower is one connection that is never replaced, and all that came over it.
type follower struct {
	session *client.Session
	over    chan struct{} // closed when the connection is

	mu     sync.Mutex
	frames []client.Frame
	closed time.Time // when it was
	code   int       // that it was closed with
}

// follow opens a connection, which ends with the test.
func follow(ctx context.Context, t *testing.T, caller client.Caller) *follower {
	t.Helper()
	session, err := caller.Open(ctx, false)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	f := &follower{session: session, over: make(chan struct{})}
	go f.read()
	t.Cleanup(func() {
		session.Close()
		<-f.over
	})
	return f
}

func (f *follower) read() {
	defer close(f.over)
	for {
		frame, err := f.session.Next()
		f.mu.Lock()
		if err != nil {
			var closing *websocket.CloseError
			f.closed = time.Now()
			if errors.As(err, &closing) {
				f.code = closing.Code
			}
			f.mu.Unlock()
			return
		}
		f.frames = append(f.frames, frame)
		f.mu.Unlock()
	}
}

// revOf is the rev of the first event of a kind in a conversation, or 0.
func (f *follower) revOf(event string, conversation int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, frame := range f.frames {
		if frame.Event == event && frame.Conversation == conversation {
			return frame.Rev
		}
	}
	return 0
}

// heardAfter counts the events of a conversation above a rev.
func (f *follower) heardAfter(conversation, rev int64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	count := 0
	for _, frame := range f.frames {
		if frame.Conversation == conversation && frame.Rev > rev {
			count++
		}
	}
	return count
}

// answers are those to requests of the connection's own, by the codes of refusals;
// what was accepted counts under the empty one.
func (f *follower) answers() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	codes := make(map[string]int)
	for _, frame := range f.frames {
		switch {
		case frame.ID == nil:
		case frame.Error != nil:
			codes[frame.Error.Code]++
		default:
			codes[""]++
		}
	}
	return codes
}
