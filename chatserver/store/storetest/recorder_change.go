package storetest

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// changeRecorder is a change that notes which of its methods are called.
type changeRecorder struct {
	inner store.Change
	*coverage
}

func (r *changeRecorder) Conversation() *model.Conversation {
	r.called("Change.Conversation")
	return r.inner.Conversation()
}

func (r *changeRecorder) Next() int64 {
	r.called("Change.Next")
	return r.inner.Next()
}

func (r *changeRecorder) Now() time.Time {
	r.called("Change.Now")
	return r.inner.Now()
}

func (r *changeRecorder) Member(ctx context.Context, user model.UserID) (model.Member, error) {
	r.called("Change.Member")
	return r.inner.Member(ctx, user)
}

func (r *changeRecorder) SaveMember(ctx context.Context, member model.Member) (model.Member, error) {
	r.called("Change.SaveMember")
	return r.inner.SaveMember(ctx, member)
}

func (r *changeRecorder) Successor(ctx context.Context, leaving model.UserID) (model.Member, error) {
	r.called("Change.Successor")
	return r.inner.Successor(ctx, leaving)
}

func (r *changeRecorder) User(ctx context.Context, ref model.UserRef) (model.User, error) {
	r.called("Change.User")
	return r.inner.User(ctx, ref)
}

func (r *changeRecorder) Message(ctx context.Context, ref model.MessageRef) (model.Message, error) {
	r.called("Change.Message")
	return r.inner.Message(ctx, ref)
}

func (r *changeRecorder) SaveMessage(ctx context.Context, message model.Message) error {
	r.called("Change.SaveMessage")
	return r.inner.SaveMessage(ctx, message)
}

func (r *changeRecorder) MessagesFrom(ctx context.Context, sender model.UserID, afterSeq int64, limit int) ([]model.Message, error) {
	r.called("Change.MessagesFrom")
	return r.inner.MessagesFrom(ctx, sender, afterSeq, limit)
}

func (r *changeRecorder) AddReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error) {
	r.called("Change.AddReaction")
	return r.inner.AddReaction(ctx, seq, user, emoji)
}

func (r *changeRecorder) RemoveReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error) {
	r.called("Change.RemoveReaction")
	return r.inner.RemoveReaction(ctx, seq, user, emoji)
}

func (r *changeRecorder) ReactionsFrom(ctx context.Context, user model.UserID, limit int) ([]model.Reaction, error) {
	r.called("Change.ReactionsFrom")
	return r.inner.ReactionsFrom(ctx, user, limit)
}

func (r *changeRecorder) Ban(ctx context.Context, user model.UserID) (model.Ban, error) {
	r.called("Change.Ban")
	return r.inner.Ban(ctx, user)
}

func (r *changeRecorder) SaveBan(ctx context.Context, ban model.Ban) error {
	r.called("Change.SaveBan")
	return r.inner.SaveBan(ctx, ban)
}

func (r *changeRecorder) DeleteBan(ctx context.Context, user model.UserID) error {
	r.called("Change.DeleteBan")
	return r.inner.DeleteBan(ctx, user)
}

func (r *changeRecorder) Invite(ctx context.Context, id model.InviteID) (model.Invite, error) {
	r.called("Change.Invite")
	return r.inner.Invite(ctx, id)
}

func (r *changeRecorder) PendingInvite(ctx context.Context, user model.UserID) (model.Invite, error) {
	r.called("Change.PendingInvite")
	return r.inner.PendingInvite(ctx, user)
}

func (r *changeRecorder) SaveInvite(ctx context.Context, invite model.Invite) (model.Invite, error) {
	r.called("Change.SaveInvite")
	return r.inner.SaveInvite(ctx, invite)
}

func (r *changeRecorder) AddJob(ctx context.Context, job store.NewJob) (model.Job, error) {
	r.called("Change.AddJob")
	return r.inner.AddJob(ctx, job)
}

func (r *changeRecorder) AddAudit(ctx context.Context, event model.AuditEvent) error {
	r.called("Change.AddAudit")
	return r.inner.AddAudit(ctx, event)
}
