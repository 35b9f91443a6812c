package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// DefaultExpiry is how long a pod that died keeps its users online.
	DefaultExpiry = 30 * time.Second
	// DefaultRefresh is how often a pod renews what it holds.
	DefaultRefresh = 10 * time.Second
	// ChoiceLifetime is how long a choice is remembered after it was made.
	ChoiceLifetime = 30 * 24 * time.Hour
	// MaxSample is how many users Present names at most.
	MaxSample = 100
)

// Present is who is in a conversation now.
type Present struct {
	Users []model.UserID // some of them, in no order
	Count int            // distinct users on all pods
}

// Registry is one pod's part in the project's presence. The engine counts
// sessions: every Connect wants its Disconnect, and every Enter its Leave.
//
// No method fails because a server does not answer, and none waits for one for
// long: then the answer is what this pod knows by itself, and the rest is made
// up for later. A call goes through even if its context has ended.
//
// A result tells what the call itself changed across all pods, so that its
// caller, and nobody else, announces that. All methods are safe for concurrent
// use.
type Registry interface {
	// Connect counts one more session of the user on this pod. A status is
	// chosen as SetStatus would; an empty one keeps what the user chose before.
	// The error is about the status; then nothing is counted.
	Connect(ctx context.Context, user model.UserID, status Status) (Change, error)
	// Disconnect counts one session less. Without a session it does nothing.
	Disconnect(ctx context.Context, user model.UserID) Change
	// SetStatus chooses the user's status, with or without a session. The error
	// is about the status.
	SetStatus(ctx context.Context, user model.UserID, status Status) (Change, error)
	// Statuses answers for each of the users, for unknown ones too.
	Statuses(ctx context.Context, users []model.UserID) map[model.UserID]Presence

	// Enter counts one more session of the user in the conversation, and
	// reports whether the user was in it with no other session on any pod.
	// Statuses play no part: do not enter a user who is invisible, and leave
	// for one who becomes so.
	Enter(ctx context.Context, conversation model.ConversationID, user model.UserID) bool
	// Leave counts one session less in the conversation, and reports whether it
	// was the user's last one on any pod.
	Leave(ctx context.Context, conversation model.ConversationID, user model.UserID) bool
	// Present counts who is in the conversation and names at most limit of
	// them, and never more than MaxSample.
	Present(ctx context.Context, conversation model.ConversationID, limit int) Present

	// Close stops renewing and waits for the engine's goroutines: what is still
	// counted expires. No Announcer method runs after it returned.
	Close() error
}

// Announcer is told of changes that no call's result told: those of pods that
// died, and those that could not be told while a server did not answer. What it
// is told may have been announced on this pod before.
//
// Its methods are called from the engine's goroutines, several at a time, must
// not block for long, and must not close the registry.
type Announcer interface {
	// PresenceChanged says that what others see of the user changed.
	PresenceChanged(user model.UserID, change Change)
	// Entered says that the user is in the conversation now.
	Entered(conversation model.ConversationID, user model.UserID)
	// Left says that the user is in the conversation no more.
	Left(conversation model.ConversationID, user model.UserID)
}
