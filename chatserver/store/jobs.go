package store

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Jobs keeps the work that goes on in the background, and does its bounded steps.
type Jobs interface {
	// Job finds one job.
	Job(ctx context.Context, id model.JobID) (model.Job, error)
	// ListJobs reads a part of the jobs, the latest first, and how many there
	// are in all. A cursor's ID is the job; its Key is 0.
	ListJobs(ctx context.Context, state model.JobState, page model.ListPage) (jobs []model.Job, total int64, err error)
	// ClaimJob gives a running job to the worker until the lease ends by the
	// database's clock: one that nobody has claimed, or whose lease is over, the
	// oldest first. With none to be had, found is false.
	ClaimJob(ctx context.Context, worker string, lease time.Duration) (job model.Job, found bool, err error)
	// SaveJob stores the progress of a job and renews its lease; a job that is
	// done has none. A worker whose claim was lost gets model.ErrJobNotFound.
	SaveJob(ctx context.Context, job model.Job, worker string, lease time.Duration) error

	// EraseConversationRows deletes rows of a deleted conversation: messages and
	// what belongs to them, members, bans, invites and reports, at most limit.
	// It says how many, and how many are left.
	EraseConversationRows(ctx context.Context, conversation model.ConversationID, limit int) (deleted, left int64, err error)
	// ConversationsOf lists the conversations where the user is or was a member,
	// also deleted ones, by id after the given one, at most limit. They are all
	// where the user has written, because only members write and their rows are
	// kept. Erased users are known to it.
	ConversationsOf(ctx context.Context, user model.UserID, after model.ConversationID, limit int) ([]model.ConversationID, error)
	// EraseUserRows deletes what else is left of an erased user in the
	// conversation: receipts, hidden messages, reports, invites and bans.
	EraseUserRows(ctx context.Context, conversation model.ConversationID, user model.UserID) error
}

// NewJob is a job to be stored.
type NewJob struct {
	Kind         model.JobKind
	Conversation model.ConversationID
	User         model.UserID
}
