package hub

import (
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// TypingLifetime is how long somebody types without a renewal. Each pod ends
	// it for its own sessions, so that a pod which dies leaves nobody typing.
	TypingLifetime = 5 * time.Second
	// MaxTypists is how many users are shown to type in one conversation at a
	// time.
	MaxTypists = 20
	// typingInterval is how often it is looked for those who stopped.
	typingInterval = 250 * time.Millisecond
)

// typist is one who types: the body is that of both signals and names the user
// and the thread.
type typist struct {
	user model.UserID
	body string
}

// passTyping keeps account of who types. It reports false for a signal that
// tells the sessions nothing new.
func (s *shard) passTyping(f *feed, signal model.Signal) bool {
	one := typist{signal.From, string(signal.Body)}
	_, typing := f.typing[one]
	switch signal.Kind {
	case model.TypingStarted:
		if !typing && len(f.typing) >= MaxTypists {
			return false
		}
		if f.typing == nil {
			f.typing = make(map[typist]time.Time)
		}
		f.typing[one] = s.hub.now().Add(TypingLifetime)
		s.lively[f] = struct{}{}
		return !typing
	case model.TypingStopped:
		delete(f.typing, one)
		return typing
	}
	return true
}

// stopTypingOf ends the typing of one who has sent the message, or who follows
// no more.
func (s *shard) stopTypingOf(f *feed, change envelope.Change) {
	if len(f.typing) == 0 {
		return
	}
	if change.Kind == model.MessageCreated {
		s.stopTyping(f, change.From)
	} else if ending := s.endingOf(change); ending.user != 0 {
		s.stopTyping(f, ending.user)
	}
}

func (s *shard) stopTyping(f *feed, user model.UserID) {
	for one := range f.typing {
		if one.user == user {
			s.stop(f, one)
		}
	}
}

func (s *shard) stop(f *feed, one typist) {
	delete(f.typing, one)
	s.spread(f, model.Signal{
		Kind: model.TypingStopped, Conversation: f.id, From: one.user, Body: json.RawMessage(one.body),
	})
}

// sendTyping tells a session that begins to follow who types already.
func (s *shard) sendTyping(f *feed, a *attachment) {
	for one := range f.typing {
		if f.direct || !a.session.ignores(one.user) {
			a.session.SendFleeting(a.session.wire.Signal(model.Signal{
				Kind: model.TypingStarted, Conversation: f.id, From: one.user, Body: json.RawMessage(one.body),
			}))
		}
	}
}

func (h *Hub) expireTyping() {
	ticker := time.NewTicker(typingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
		}
		now := h.now()
		for _, s := range h.shards {
			s.expireTyping(now)
		}
	}
}

func (s *shard) expireTyping(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range s.lively {
		for one, until := range f.typing {
			if !now.Before(until) {
				s.stop(f, one)
			}
		}
		if len(f.typing) == 0 {
			delete(s.lively, f)
			f.typing = nil
		}
	}
}
