package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const (
	// jobPoll is how often a pod looks for jobs that another one left.
	jobPoll = 30 * time.Second
	// jobLease is how long a job belongs to a pod that tells no progress.
	jobLease = 60 * time.Second
	// jobRelease bounds the hand-over of a job by a pod that stops.
	jobRelease = 2 * time.Second
	// jobTimeout bounds one step, or one question to the store.
	jobTimeout = 30 * time.Second
)

// jobStep does a bounded part of a job. It counts what it did in the job and
// sets its state with the last part. After a crash another pod begins anew, so
// doing a part twice must do nothing the second time.
type jobStep func(ctx context.Context, job *model.Job) error

// jobKinds makes, for each kind of job, the steps of one run.
var jobKinds = map[model.JobKind]func(*Chat) jobStep{
	model.EraseConversation: (*Chat).conversationErasureSteps,
	model.EraseUser:         (*Chat).userErasureSteps,
}

// project is the principal of what goes on in the background.
var project = Principal{Key: &keyset.Entry{Type: keyset.Secret}}

// worker does jobs, one at a time, and deletes records that are out of date.
// One goroutine of the pod runs it.
type worker struct {
	chat  *Chat
	name  string // tells this pod's claims from those of others
	lease time.Duration
	poll  time.Duration
	kick  chan struct{}

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
}

func newWorker(chat *Chat) *worker {
	ctx, cancel := context.WithCancel(context.Background())
	w := &worker{
		chat: chat, name: fmt.Sprintf("%016x", chat.Pod), lease: chat.JobLease, poll: chat.JobPoll,
		kick: make(chan struct{}, 1), ctx: ctx, cancel: cancel, done: make(chan struct{}),
	}
	if w.lease == 0 {
		w.lease = jobLease
	}
	if w.poll == 0 {
		w.poll = jobPoll
	}
	go w.run()
	return w
}

// wake makes the worker look for a job at once.
func (w *worker) wake() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

func (w *worker) run() {
	defer close(w.done)
	ticker := time.NewTicker(w.poll)
	defer ticker.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-w.kick:
		case <-ticker.C:
			w.chat.deleteOldRecords(w.ctx)
		}
		for w.ctx.Err() == nil && w.next() {
		}
	}
}

// next does one job. It reports false when there is none.
func (w *worker) next() bool {
	ctx, cancel := context.WithTimeout(w.ctx, jobTimeout)
	job, found, err := w.chat.Store.ClaimJob(ctx, w.name, w.lease)
	cancel()
	if err != nil {
		w.warn("claim a job", job, err)
		return false
	}
	if !found {
		return false
	}
	begin, known := jobKinds[job.Kind]
	if !known {
		// A later release made it, and does it once this claim is over.
		w.chat.Logger.Warn("leave a job of an unknown kind", "job", job.ID, "kind", job.Kind)
		return true
	}
	if err := w.finish(job, begin(w.chat)); err != nil {
		w.warn("do a job; it goes on when its lease is over", job, err)
	}
	return true
}

// finish does the steps of a job and tells their progress.
func (w *worker) finish(job model.Job, step jobStep) error {
	for {
		ctx, cancel := context.WithTimeout(w.ctx, jobTimeout)
		err := step(ctx, &job)
		if err == nil {
			err = w.chat.Store.SaveJob(ctx, job, w.name, w.lease)
		}
		cancel()
		if w.ctx.Err() != nil {
			return w.release(job)
		}
		if err != nil || job.State == model.JobDone {
			return err
		}
	}
}

// release lets another pod go on at once.
func (w *worker) release(job model.Job) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), jobRelease)
	defer cancel()
	err := w.chat.Store.SaveJob(ctx, job, w.name, time.Millisecond)
	if errors.Is(err, model.ErrJobNotFound) {
		return nil // it is done, or another pod has it
	}
	return err
}

func (w *worker) warn(what string, job model.Job, err error) {
	if w.ctx.Err() == nil {
		w.chat.Logger.Warn(what, "job", job.ID, "kind", job.Kind, "error", err)
	}
}

// close ends the worker after the step that it is at, and waits.
func (w *worker) close() {
	w.cancel()
	<-w.done
}

// AddJob stores a job, which a worker begins once the change is committed.
func (c *change) AddJob(ctx context.Context, job store.NewJob) (model.Job, error) {
	c.startsJob = true
	return c.Change.AddJob(ctx, job)
}

// Job finds a job.
func (c *Chat) Job(ctx context.Context, principal Principal, id model.JobID) (model.Job, error) {
	if _, err := c.administrator(ctx, principal); err != nil {
		return model.Job{}, err
	}
	job, err := c.Store.Job(ctx, id)
	return job, translate(err)
}

// ListJobs reads a part of the jobs in a state, or of all, the latest first, and
// how many there are.
func (c *Chat) ListJobs(ctx context.Context, principal Principal, state model.JobState, page model.ListPage) ([]model.Job, int64, error) {
	if _, err := c.administrator(ctx, principal); err != nil {
		return nil, 0, err
	}
	if state != "" && !state.Valid() {
		return nil, 0, model.Invalid("state", "must be running or done")
	}
	jobs, total, err := c.Store.ListJobs(ctx, state, page)
	return jobs, total, translate(err)
}
