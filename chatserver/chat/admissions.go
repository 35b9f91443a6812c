package chat

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// admissionLifetime is how long a yes is remembered, so that typing costs no
// read of the store per keystroke.
const admissionLifetime = 2 * time.Second

// admissions remembers who may type where. It only ever admits: a refusal is
// never remembered.
type admissions struct {
	mu sync.Mutex
	// generation counts what this pod heard that may end an admission. One that
	// was read before is not remembered.
	generation uint64
	granted    map[admissionKey]admission
	pruned     time.Time
}

// admissionKey is who asked, and how the conversation was named.
type admissionKey struct {
	user         model.UserID
	admin        bool
	conversation model.ConversationRef
}

type admission struct {
	conversation model.ConversationID
	until        time.Time
}

func newAdmissions() admissions { return admissions{granted: make(map[admissionKey]admission)} }

// find reports false when the store has to be asked; what it says is then added
// with the generation.
func (a *admissions) find(key admissionKey, now time.Time) (id model.ConversationID, generation uint64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.granted[key]
	return found.conversation, a.generation, ok && now.Before(found.until)
}

func (a *admissions) add(key admissionKey, id model.ConversationID, generation uint64, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.pruned) >= admissionLifetime {
		a.pruned = now
		for old, found := range a.granted {
			if !now.Before(found.until) {
				delete(a.granted, old)
			}
		}
	}
	if generation == a.generation {
		a.granted[key] = admission{conversation: id, until: now.Add(admissionLifetime)}
	}
}

// drop forgets who may type in the conversation.
func (a *admissions) drop(id model.ConversationID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation++
	for key, found := range a.granted {
		if found.conversation == id {
			delete(a.granted, key)
		}
	}
}
