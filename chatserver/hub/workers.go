package hub

import "sync/atomic"

// maxIdleWorkers is how many goroutines are kept for the tasks to come.
const maxIdleWorkers = 64

// workers are goroutines that do one task after the other. A goroutine begins
// with a stack of 2 KiB, and what a write takes is more: to grow costs as much as
// a good part of the work, again for each new goroutine.
type workers struct {
	tasks chan func()
	idle  atomic.Int32
}

func newWorkers() workers { return workers{tasks: make(chan func())} }

// do runs a task of a session that has not left, in a goroutine that is kept for
// the purpose or a new one. The task may block: no other waits for it.
func (h *Hub) do(task func()) {
	select {
	case h.workers.tasks <- task:
	default:
		h.running.Go(func() { h.work(task) })
	}
}

// work does a task, and those that come up while few are idle.
func (h *Hub) work(task func()) {
	w := &h.workers
	for {
		task()
		if w.idle.Add(1) > maxIdleWorkers {
			w.idle.Add(-1)
			return
		}
		select {
		case task = <-w.tasks:
			w.idle.Add(-1)
		case <-h.ctx.Done():
			return
		}
	}
}
