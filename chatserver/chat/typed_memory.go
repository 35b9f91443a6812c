package chat

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// typedMemory remembers what typing this pod announced within TypingRenewal.
type typedMemory struct {
	mu     sync.Mutex
	told   map[typedKey]map[model.MessageID]time.Time // when, by thread
	pruned time.Time
}

// typedKey is who types where.
type typedKey struct {
	conversation model.ConversationID
	user         model.UserID
}

func newTypedMemory() typedMemory {
	return typedMemory{told: make(map[typedKey]map[model.MessageID]time.Time)}
}

// isNews reports whether it is to be announced, and notes that it was.
func (m *typedMemory) isNews(key typedKey, thread model.MessageID, active bool, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prune(now)
	if !active {
		delete(m.told[key], thread)
		return true
	}
	if told, ok := m.told[key][thread]; ok && now.Sub(told) < TypingRenewal {
		return false
	}
	if m.told[key] == nil {
		m.told[key] = make(map[model.MessageID]time.Time, 1)
	}
	m.told[key][thread] = now
	return true
}

// prune keeps the memory as small as the number of those who type now.
func (m *typedMemory) prune(now time.Time) {
	if now.Sub(m.pruned) < TypingRenewal {
		return
	}
	m.pruned = now
	for key, threads := range m.told {
		for thread, told := range threads {
			if now.Sub(told) >= TypingRenewal {
				delete(threads, thread)
			}
		}
		if len(threads) == 0 {
			delete(m.told, key)
		}
	}
}

// forget makes the next typing of the user news.
func (m *typedMemory) forget(conversation model.ConversationID, user model.UserID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.told, typedKey{conversation, user})
}
