package model

import "time"

// JobID identifies a job within the project.
type JobID int64

func (id JobID) String() string { return formatID(int64(id)) }

// MarshalText writes the id as decimal digits, so that JSON carries a string.
func (id JobID) MarshalText() ([]byte, error) { return appendID(int64(id)), nil }

// UnmarshalText reads decimal digits; anything else is an error.
func (id *JobID) UnmarshalText(text []byte) error { return parseID(text, (*int64)(id)) }

// JobKind says what a job does.
type JobKind string

// The kinds of job.
const (
	EraseConversation JobKind = "conversation.erase"
	EraseUser         JobKind = "user.erase"
)

// JobState is how far a job has come.
type JobState string

// The states of a job.
const (
	JobRunning JobState = "running" // or waiting for its turn
	JobDone    JobState = "done"
)

// Valid reports whether the state is one of those above.
func (s JobState) Valid() bool { return s == JobRunning || s == JobDone }

// Job is work that goes on in the background, survives the pod that does it, and
// ends by itself. Total may grow while the job finds more to do.
type Job struct {
	ID           JobID          `json:"id"`
	Kind         JobKind        `json:"kind"`
	Conversation ConversationID `json:"conversation,omitempty"`
	User         UserID         `json:"user,omitempty"`
	State        JobState       `json:"state"`
	Done         int64          `json:"done"`  // rows that were worked on
	Total        int64          `json:"total"` // rows that are known to be worked on
	CreatedAt    time.Time      `json:"createdAt"`
	UpdatedAt    time.Time      `json:"updatedAt"`
}
