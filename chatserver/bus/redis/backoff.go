package redis

import (
	"math/rand/v2"
	"time"
)

// backoff spaces out attempts that fail. The jitter keeps the pods of a project
// from coming back at the same moment.
type backoff struct {
	attempts  int
	notBefore time.Time
}

func (b *backoff) failed(now time.Time, shortest, longest time.Duration) {
	pause := longest
	if b.attempts < 16 {
		pause = min(longest, shortest<<b.attempts)
	}
	b.attempts++
	b.notBefore = now.Add(pause/2 + rand.N(pause/2+1))
}
