package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var jobs = []rule{
	{"a job is read back and listed, the latest first, by state", jobsAreListed},
	{"jobs are claimed once each, the oldest first", jobIsClaimedOnce},
	{"a job whose lease is over is claimed by another worker, and the first one has lost it", leaseIsOver},
	{"saving renews the lease", leaseIsRenewed},
	{"a job that is done is claimed no more", jobIsDone},
	{"racing workers never share a job", claimRace},
}

const longLease = time.Hour

func (f *fixture) job() model.Job {
	room := f.group(f.user())
	job, err := change(f.ctx, f.store, room, func(change store.Change) (model.Job, error) {
		return change.AddJob(f.ctx, store.NewJob{Kind: model.EraseConversation, Conversation: room})
	})
	f.Expect(err).NotTo(HaveOccurred())
	return job
}

func (f *fixture) claim(worker string, lease time.Duration) (model.Job, bool) {
	job, found, err := f.store.ClaimJob(f.ctx, worker, lease)
	f.Expect(err).NotTo(HaveOccurred())
	return job, found
}

func (f *fixture) storedJob(id model.JobID) model.Job {
	job, err := f.store.Job(f.ctx, id)
	f.Expect(err).NotTo(HaveOccurred())
	return job
}

func jobsAreListed(_ *testing.T, f *fixture) {
	var ids []model.JobID
	for range 5 {
		job := f.job()
		f.Expect(job).To(Equal(model.Job{
			ID: job.ID, Kind: model.EraseConversation, Conversation: job.Conversation, State: model.JobRunning,
			CreatedAt: job.CreatedAt, UpdatedAt: job.CreatedAt,
		}))
		f.Expect(job.ID).To(BeNumerically(">=", model.FirstID))
		f.Expect(f.storedJob(job.ID)).To(Equal(job))
		ids = append([]model.JobID{job.ID}, ids...)
	}
	job, _ := f.claim("w", longLease)
	job.State = model.JobDone
	f.Expect(f.store.SaveJob(f.ctx, job, "w", longLease)).To(Succeed())
	for state, wanted := range map[model.JobState][]model.JobID{"": ids, model.JobRunning: ids[:4], model.JobDone: ids[4:]} {
		expectList(f, listing[model.Job, model.JobID]{
			read:   func(page model.ListPage) ([]model.Job, int64, error) { return f.store.ListJobs(f.ctx, state, page) },
			key:    func(job model.Job) model.JobID { return job.ID },
			cursor: func(job model.Job) model.ListCursor { return model.ListCursor{ID: int64(job.ID)} },
		}, wanted...)
	}
	_, err := f.store.Job(f.ctx, model.FirstID+99)
	f.Expect(err).To(MatchError(model.ErrJobNotFound))
}

func jobIsClaimedOnce(_ *testing.T, f *fixture) {
	_, found := f.claim("w", longLease)
	f.Expect(found).To(BeFalse())
	first, second := f.job(), f.job()
	for i, wanted := range []model.Job{first, second} {
		job, found := f.claim(fmt.Sprint("worker ", i), longLease)
		f.Expect(found).To(BeTrue())
		f.Expect(job.ID).To(Equal(wanted.ID))
		f.Expect(job.Conversation).To(Equal(wanted.Conversation))
	}
	_, found = f.claim("worker 0", longLease)
	f.Expect(found).To(BeFalse(), "all are claimed")
}

func leaseIsOver(_ *testing.T, f *fixture) {
	id := f.job().ID
	lost, found := f.claim("first", time.Microsecond)
	f.Expect(found).To(BeTrue())
	var job model.Job
	f.Eventually(func() bool {
		job, found = f.claim("second", longLease)
		return found
	}, hangTime).Should(BeTrue())
	f.Expect(job.ID).To(Equal(id))
	lost.Done = 99
	f.Expect(f.store.SaveJob(f.ctx, lost, "first", longLease)).To(MatchError(model.ErrJobNotFound))
	job.Done, job.Total = 5, 10
	f.Expect(f.store.SaveJob(f.ctx, job, "second", longLease)).To(Succeed())
	stored := f.storedJob(id)
	f.Expect(stored.Done).To(Equal(int64(5)))
	f.Expect(stored.Total).To(Equal(int64(10)))
	f.Expect(stored.State).To(Equal(model.JobRunning))
	f.Expect(stored.UpdatedAt).To(BeTemporally(">", stored.CreatedAt))
}

func leaseIsRenewed(_ *testing.T, f *fixture) {
	f.job()
	job, _ := f.claim("first", longLease)
	f.Expect(f.store.SaveJob(f.ctx, job, "first", longLease)).To(Succeed())
	_, found := f.claim("second", longLease)
	f.Expect(found).To(BeFalse())
	f.Expect(f.store.SaveJob(f.ctx, job, "first", time.Microsecond)).To(Succeed())
	f.Eventually(func() bool {
		_, found := f.claim("second", longLease)
		return found
	}, hangTime).Should(BeTrue(), "the lease is the last one that was asked for")
}

func jobIsDone(_ *testing.T, f *fixture) {
	f.job()
	job, _ := f.claim("first", longLease)
	job.State, job.Done, job.Total = model.JobDone, 3, 3
	f.Expect(f.store.SaveJob(f.ctx, job, "first", longLease)).To(Succeed())
	_, found := f.claim("second", longLease)
	f.Expect(found).To(BeFalse())
	f.Expect(f.storedJob(job.ID).State).To(Equal(model.JobDone))
	f.Expect(f.storedJob(job.ID).Done).To(Equal(int64(3)))
}

func claimRace(_ *testing.T, f *fixture) {
	const workers, count = 4, 12
	for range count {
		f.job()
	}
	var mu sync.Mutex
	claims := map[model.JobID]int{}
	var race errgroup.Group
	for worker := range workers {
		race.Go(func() error {
			for range count + 1 {
				job, found, err := f.store.ClaimJob(f.ctx, fmt.Sprint("worker ", worker), longLease)
				if err != nil || !found {
					return err
				}
				mu.Lock()
				claims[job.ID]++
				mu.Unlock()
			}
			return errors.New("there were more jobs than were stored")
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(claims).To(HaveLen(count))
	for id, times := range claims {
		f.Expect(times).To(Equal(1), "job %d", id)
	}
}
