package load

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
)

// counts is what all sessions of a worker have read.
type counts struct {
	frames, deliveries, bytes atomic.Int64

	mu      sync.Mutex
	lost    int
	lostWhy string
}

func (c *counts) lose(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost++; c.lost == 1 {
		c.lostWhy = why.Error()
	}
}

func (w *worker) stats(context.Context, nothing) (Stats, error) {
	used, err := measure.CPU(os.Getpid())
	w.counts.mu.Lock()
	defer w.counts.mu.Unlock()
	return Stats{
		Frames: int(w.counts.frames.Load()), Deliveries: int(w.counts.deliveries.Load()), Bytes: w.counts.bytes.Load(),
		Lost: w.counts.lost, LostWhy: w.counts.lostWhy,
		CPUMicroseconds: int64(used / time.Microsecond),
	}, err
}
