package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Users keeps the users of the project.
type Users interface {
	// CreateUser stores a user at version 1. A taken username or externalId
	// gives model.ErrUserExists. Usernames are compared without regard to case.
	CreateUser(ctx context.Context, user NewUser) (model.User, error)
	// User finds one user.
	User(ctx context.Context, ref model.UserRef) (model.User, error)
	// UserIDs resolves references, in their order, in one read. The first one
	// that is unknown gives an UnknownReferenceError that wraps
	// model.ErrUserNotFound.
	UserIDs(ctx context.Context, refs []model.UserRef) ([]model.UserID, error)
	// UserIDsByUsername resolves usernames, without regard to case, in one read.
	// The answer has the names as they were given; unknown ones are absent.
	UserIDsByUsername(ctx context.Context, usernames []string) (map[string]model.UserID, error)
	// UsersByID reads users by id, in no particular order. Unknown ones are
	// absent.
	UsersByID(ctx context.Context, ids []model.UserID) ([]model.User, error)
	// ListUsers reads a part of the users by ascending id, and how many there
	// are in all. A cursor's ID is a user id; its Key is 0.
	ListUsers(ctx context.Context, filter UserFilter, page model.ListPage) (users []model.User, total int64, err error)
	// UpdateUser changes a user under the lock of its row. The change function
	// gets the present state and changes it in place; its error stops the
	// update. When it changed anything, Version and UpdatedAt move on. A taken
	// username or externalId gives model.ErrUserExists.
	UpdateUser(ctx context.Context, user model.UserID, change func(*model.User) error) (model.User, error)
	// TouchUsers records when users were last active. A time never moves back.
	TouchUsers(ctx context.Context, active map[model.UserID]time.Time) error
	// EraseUser blanks a user's row, so that nothing but the id is left of it,
	// revokes the user's tokens, and deletes the user's secrets, blocks in both
	// directions, refresh tokens and session records. The job and the audit
	// event are stored with it. What the user wrote is the job's to erase.
	EraseUser(ctx context.Context, user model.UserID, job NewJob, audit model.AuditEvent) (model.Job, error)
}

// NewUser is a user to be stored.
type NewUser struct {
	ExternalID  string
	Username    string
	DisplayName string
	Email       string
	Avatar      string
	Properties  json.RawMessage // a JSON object
	Role        model.UserRole  // empty: model.UserPlain
	Permissions model.Permissions
	Guest       bool
}

// UserFilter selects users; the zero value selects all.
type UserFilter struct {
	// Search is how the display name or the username begins, without regard to
	// case.
	Search        string
	DisplayName   string // exactly this one, without regard to case
	Roles         []model.UserRole
	AccountStatus model.AccountStatus
	Guest         *bool
	IDs           []model.UserID // among these
	ActiveSince   time.Time
}
