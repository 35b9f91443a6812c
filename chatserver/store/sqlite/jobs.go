package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const jobColumns = " id, kind, conversation_id, user_id, state, done, total, created_at, updated_at"

func scanJob(from row) (model.Job, error) {
	var job model.Job
	var createdAt, updatedAt instant
	err := from.Scan(&job.ID, &job.Kind, &job.Conversation, &job.User, &job.State, &job.Done, &job.Total, &createdAt, &updatedAt)
	job.CreatedAt, job.UpdatedAt = createdAt.time(), updatedAt.time()
	return job, err
}

func (s *Store) insertJob(ctx context.Context, tx *sql.Tx, job store.NewJob) (model.Job, error) {
	return selectOne(ctx, tx, scanJob, model.ErrJobNotFound, `
		INSERT INTO jobs (kind, conversation_id, user_id, state, done, total, worker, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, 0, 0, '', ?5, ?5)
		RETURNING`+jobColumns, job.Kind, job.Conversation, job.User, model.JobRunning, s.instant())
}

// Job finds one job.
func (s *Store) Job(ctx context.Context, id model.JobID) (job model.Job, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		job, err = selectOne(ctx, tx, scanJob, model.ErrJobNotFound, "SELECT"+jobColumns+" FROM jobs WHERE id = ?", id)
		return err
	})
	return job, err
}

// ListJobs reads a part of the jobs.
func (s *Store) ListJobs(ctx context.Context, state model.JobState, page model.ListPage) ([]model.Job, int64, error) {
	var where selection
	if state != "" {
		where.and("state = ?", state)
	}
	return listPage(ctx, s, scanJob, listing{columns: jobColumns, from: " FROM jobs", where: where, id: "id", descending: true}, page)
}

// ClaimJob gives a running job to the worker.
func (s *Store) ClaimJob(ctx context.Context, worker string, lease time.Duration) (job model.Job, found bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		now := s.instant()
		job, err = selectOne(ctx, tx, scanJob, model.ErrJobNotFound, `
			UPDATE jobs SET worker = ?1, lease_until = ?2
			WHERE id = (
				SELECT free.id FROM jobs AS free
				WHERE free.state = 'running' AND (free.lease_until IS NULL OR free.lease_until <= ?3)
				ORDER BY free.id LIMIT 1)
			RETURNING`+jobColumns, worker, int64(now)+lease.Microseconds(), now)
		return err
	})
	if errors.Is(err, model.ErrJobNotFound) {
		return model.Job{}, false, nil
	}
	return job, err == nil, err
}

// SaveJob stores the progress of a job.
func (s *Store) SaveJob(ctx context.Context, job model.Job, worker string, lease time.Duration) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := s.instant()
		var until any
		if job.State == model.JobRunning {
			until = int64(now) + lease.Microseconds()
		}
		saved, err := execute(ctx, tx, `
			UPDATE jobs SET state = ?, done = ?, total = ?, lease_until = ?, updated_at = ?
			WHERE id = ? AND worker = ? AND state = 'running'`, job.State, job.Done, job.Total, until, now, job.ID, worker)
		if err == nil && saved == 0 {
			return model.ErrJobNotFound
		}
		return err
	})
}
