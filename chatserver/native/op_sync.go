package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
)

// syncFrame asks to follow the user's conversations: from what the client saw
// last, or, without conversations, from now on.
type syncFrame struct {
	frameHead
	Epoch         string                         `json:"epoch,omitzero"`
	Conversations map[model.ConversationID]int64 `json:"conversations,omitzero"`
}

func (f syncFrame) check() error {
	if f.Epoch != "" && f.Conversations == nil {
		return model.Invalid("conversations", "is missing: an epoch alone says nothing; leave it out to follow from now on")
	}
	for _, rev := range f.Conversations {
		if rev < 0 {
			return model.Invalid("conversations", "a rev must not be negative")
		}
	}
	return nil
}

// state is nil when the client remembers nothing.
func (f syncFrame) state() *hub.ResumeState {
	if f.Conversations == nil {
		return nil
	}
	return &hub.ResumeState{Epoch: f.Epoch, Conversations: f.Conversations}
}

// snapshotData is what a session stands on once it follows its conversations.
type snapshotData struct {
	Epoch         string                 `json:"epoch"`
	Conversations []model.Membership     `json:"conversations"`
	Added         []model.ConversationID `json:"added,omitempty"`
	Gone          []model.ConversationID `json:"gone,omitempty"`
	Reset         []model.ConversationID `json:"reset,omitempty"`
}

func newSnapshotData(snapshot hub.Snapshot) *snapshotData {
	data := snapshotData(snapshot)
	if data.Conversations == nil {
		data.Conversations = []model.Membership{}
	}
	return &data
}

// sync answers before the first missed change is queued.
func (r *socketReader) sync(frame syncFrame) {
	ctx, cancel := context.WithTimeout(r.context, syncTimeout)
	defer cancel()
	if err := r.api.Chat.AllowRequest(r.principal); err != nil {
		r.fail(frame.frameHead, err)
		return
	}
	err := r.session.Sync(ctx, frame.state(), func(snapshot hub.Snapshot) {
		r.session.Send(okFrame(frame.ID, newSnapshotData(snapshot)))
	})
	if err != nil {
		r.api.Logger.Warn("sync a session", "error", err)
		r.session.Send(errorFrame(frame.ID, model.ErrUnavailable))
	}
}
