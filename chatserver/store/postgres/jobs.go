package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const jobColumns = `
	job.id, job.kind, job.conversation_id, job.user_id, job.state, job.done, job.total, job.created_at, job.updated_at`

func scanJob(row pgx.CollectableRow) (model.Job, error) { return pgx.RowToStructByPos[model.Job](row) }

const insertJob = `
	INSERT INTO jobs AS job (
		kind, conversation_id, user_id, state, done, total, worker, created_at, updated_at
	)
	SELECT $1, $2, $3, 'running', 0, 0, '', now.at, now.at
	FROM (SELECT clock_timestamp() AS at) AS now
	RETURNING` + jobColumns

func jobArguments(job store.NewJob) []any { return []any{job.Kind, job.Conversation, job.User} }

// Job finds one job.
func (s *Store) Job(ctx context.Context, id model.JobID) (model.Job, error) {
	return queryOne(ctx, s, scanJob, model.ErrJobNotFound, "SELECT"+jobColumns+" FROM jobs AS job WHERE job.id = $1", id)
}

// ListJobs reads a part of the jobs.
func (s *Store) ListJobs(ctx context.Context, state model.JobState, page model.ListPage) ([]model.Job, int64, error) {
	var where selection
	if state != "" {
		where.and("job.state = ?", state)
	}
	return list(ctx, s, scanJob, listing{
		columns: jobColumns, from: " FROM jobs AS job", where: where, id: "job.id", descending: true,
	}, page)
}

// ClaimJob gives the oldest free job to a worker. Jobs that others are claiming
// at this moment are passed over.
func (s *Store) ClaimJob(ctx context.Context, worker string, lease time.Duration) (job model.Job, found bool, err error) {
	jobs, err := queryAll(ctx, s, scanJob, `
		UPDATE jobs AS job
		SET worker = $1, lease_until = clock_timestamp() + make_interval(secs => $2)
		WHERE job.id = (
			SELECT free.id
			FROM jobs AS free
			WHERE free.state = 'running' AND (free.lease_until IS NULL OR free.lease_until <= clock_timestamp())
			ORDER BY free.id
			LIMIT 1
			FOR UPDATE SKIP LOCKED
		)
		RETURNING`+jobColumns, worker, lease.Seconds())
	if err != nil || len(jobs) == 0 {
		return model.Job{}, false, err
	}
	return jobs[0], true, nil
}

// SaveJob stores the progress of a job.
func (s *Store) SaveJob(ctx context.Context, job model.Job, worker string, lease time.Duration) error {
	done := job.State == model.JobDone
	saved, err := s.execute(ctx, `
		UPDATE jobs
		SET state = $3, done = $4, total = $5, updated_at = clock_timestamp(),
			worker = CASE WHEN $6 THEN '' ELSE worker END,
			lease_until = CASE WHEN NOT $6 THEN clock_timestamp() + make_interval(secs => $7) END
		WHERE id = $1 AND worker = $2 AND state = 'running'`,
		job.ID, worker, job.State, job.Done, job.Total, done, lease.Seconds())
	if err == nil && saved == 0 {
		return model.ErrJobNotFound
	}
	return err
}
