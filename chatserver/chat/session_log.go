package chat

import (
	"context"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const (
	// sessionLogInterval is how late a record of a session may be.
	sessionLogInterval = time.Second
	// maxSessionLog bounds the starts and ends that wait for the store.
	maxSessionLog = 10_000
	// maxUserAgent is how much of a client's description is kept, in characters.
	maxUserAgent = 256
	// sessionRetention is how long the record of an ended session is kept.
	sessionRetention = 30 * 24 * time.Hour
	// oldRecords bounds the rows that are deleted at once.
	oldRecords = 1000
)

// sessionLog stores the starts and ends of sessions in batches. One goroutine
// does it.
type sessionLog struct {
	dependencies Dependencies
	stop         chan struct{}
	done         chan struct{}

	mu      sync.Mutex
	started []model.SessionRecord
	ended   map[string]time.Time
}

func newSessionLog(dependencies Dependencies) *sessionLog {
	l := &sessionLog{
		dependencies: dependencies, stop: make(chan struct{}), done: make(chan struct{}),
		ended: make(map[string]time.Time),
	}
	go l.run()
	return l
}

// RecordUserSession notes that a connection of a user began and names it, for
// EndSession. It never blocks.
func (c *Chat) RecordUserSession(user model.UserID, userAgent string) string {
	return c.sessions.begin(model.SessionRecord{
		Kind: model.UserSession, User: user, UserAgent: shortened(userAgent, maxUserAgent),
	})
}

// RecordChatSession notes that a user, on the connection named parent, opened a
// conversation, and names this, for EndSession. It never blocks.
func (c *Chat) RecordChatSession(parent string, user model.UserID, conversation model.ConversationID) string {
	return c.sessions.begin(model.SessionRecord{
		Kind: model.ChatSession, User: user, Conversation: conversation, Parent: parent,
	})
}

// EndSession notes that what was recorded under the name is over. It never
// blocks.
func (c *Chat) EndSession(id string) { c.sessions.end(id) }

// shortened keeps what a client says of itself storable.
func shortened(text string, limit int) string {
	characters := []rune(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", ""))
	return string(characters[:min(len(characters), limit)])
}

func (l *sessionLog) begin(record model.SessionRecord) string {
	var random [16]byte
	if _, err := io.ReadFull(l.dependencies.Random, random[:]); err != nil {
		l.dependencies.Logger.Error("name a session", "error", err)
		return ""
	}
	record.ID = hex.EncodeToString(random[:])
	record.StartedAt = l.dependencies.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full() {
		return ""
	}
	l.started = append(l.started, record)
	return record.ID
}

func (l *sessionLog) end(id string) {
	if id == "" {
		return // its start was not recorded
	}
	now := l.dependencies.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.full() {
		l.ended[id] = now
	}
}

// full counts what is dropped.
func (l *sessionLog) full() bool {
	if len(l.started)+len(l.ended) < maxSessionLog {
		return false
	}
	l.dependencies.Metrics.unlogged.Inc()
	return true
}

func (l *sessionLog) run() {
	defer close(l.done)
	ticker := time.NewTicker(sessionLogInterval)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			l.flush()
			return
		case <-ticker.C:
			l.flush()
		}
	}
}

// flush stores what waits. What the store does not take now waits for the next
// time: storing it twice changes nothing.
func (l *sessionLog) flush() {
	l.mu.Lock()
	started, ended := l.started, l.ended
	l.started, l.ended = nil, make(map[string]time.Time)
	l.mu.Unlock()
	if len(started)+len(ended) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	err := l.dependencies.Store.RecordSessions(ctx, started, ended)
	if err == nil {
		return
	}
	l.dependencies.Logger.Warn("record sessions", "started", len(started), "ended", len(ended), "error", err)
	if !store.IsRetryable(err) {
		l.dependencies.Metrics.unlogged.Add(float64(len(started) + len(ended)))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, record := range started {
		if !l.full() {
			l.started = append(l.started, record)
		}
	}
	for id, at := range ended {
		if !l.full() {
			l.ended[id] = at
		}
	}
}

// close stores what is left and waits.
func (l *sessionLog) close() {
	close(l.stop)
	<-l.done
}

// deleteOldRecords deletes records that nobody needs any more, a bounded part.
func (c *Chat) deleteOldRecords(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	now := c.Now()
	if _, err := c.Store.DeleteSessions(ctx, now.Add(-sessionRetention), oldRecords); err != nil {
		c.Logger.Warn("delete old session records", "error", err)
	}
	if _, err := c.Store.DeleteExpired(ctx, now, oldRecords); err != nil {
		c.Logger.Warn("delete expired tokens", "error", err)
	}
}
