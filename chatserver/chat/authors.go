package chat

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const (
	// authorTTL is for how long a pod may show a name that another pod changed.
	authorTTL = 30 * time.Second
	// maxAuthors bounds the memory: some hundred bytes for each.
	maxAuthors = 10_000
)

// authors remembers for a while what goes along with the messages of those who
// write, so that a send reads no user.
type authors struct {
	store store.Users
	now   func() time.Time

	mu        sync.Mutex
	known     map[model.UserID]knownAuthor
	forgotten int64 // counts, so that a read from before is not kept
}

type knownAuthor struct {
	author *model.Author // never changed
	until  time.Time
}

func newAuthors(users store.Users, now func() time.Time) *authors {
	return &authors{store: users, now: now, known: make(map[model.UserID]knownAuthor)}
}

// of gives the author of what the user writes: nil for nobody, an unknown user,
// or when the store does not answer, which must not keep a message back.
func (a *authors) of(ctx context.Context, user model.UserID) *model.Author {
	if user == 0 {
		return nil
	}
	now := a.now()
	a.mu.Lock()
	known, forgotten := a.known[user], a.forgotten
	a.mu.Unlock()
	if known.author != nil && now.Before(known.until) {
		return known.author
	}
	found, err := a.store.UsersByID(ctx, []model.UserID{user})
	if err != nil || len(found) == 0 {
		return nil
	}
	author := found[0].Author()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.forgotten == forgotten {
		a.makeRoom(now)
		a.known[user] = knownAuthor{author: &author, until: now.Add(authorTTL)}
	}
	return &author
}

// forget makes the next message of the user carry what the user is now. Whoever
// changes a user calls it.
func (a *authors) forget(user model.UserID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forgotten++
	delete(a.known, user)
}

// makeRoom drops what is over, or else any one.
func (a *authors) makeRoom(now time.Time) {
	if len(a.known) < maxAuthors {
		return
	}
	var last model.UserID
	for user, known := range a.known {
		if last = user; !now.Before(known.until) {
			delete(a.known, user)
		}
	}
	delete(a.known, last)
}
