package storetest

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

func (r *recorder) Append(ctx context.Context, group []store.NewMessage) ([]store.AppendOutcome, error) {
	r.called("Append")
	return r.inner.Append(ctx, group)
}

func (r *recorder) Message(ctx context.Context, conversation model.ConversationID, ref model.MessageRef) (model.Message, error) {
	r.called("Message")
	return r.inner.Message(ctx, conversation, ref)
}

func (r *recorder) FindMessage(ctx context.Context, ref model.MessageRef) (model.Message, error) {
	r.called("FindMessage")
	return r.inner.FindMessage(ctx, ref)
}

func (r *recorder) Messages(ctx context.Context, conversation model.ConversationID, filter store.MessageFilter, page model.MessagePage) ([]model.Message, error) {
	r.called("Messages")
	return r.inner.Messages(ctx, conversation, filter, page)
}

func (r *recorder) CountMessages(ctx context.Context, conversation model.ConversationID, filter store.MessageFilter) (int64, error) {
	r.called("CountMessages")
	return r.inner.CountMessages(ctx, conversation, filter)
}

func (r *recorder) HideMessage(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (model.Member, bool, error) {
	r.called("HideMessage")
	return r.inner.HideMessage(ctx, conversation, user, seq)
}

func (r *recorder) ListReactions(ctx context.Context, conversation model.ConversationID, seq int64, emoji string, page model.ListPage) ([]model.Reaction, int64, error) {
	r.called("ListReactions")
	return r.inner.ListReactions(ctx, conversation, seq, emoji, page)
}

func (r *recorder) MarkRead(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (model.Member, bool, error) {
	r.called("MarkRead")
	return r.inner.MarkRead(ctx, conversation, user, seq)
}

func (r *recorder) MarkUnread(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (model.Member, bool, error) {
	r.called("MarkUnread")
	return r.inner.MarkUnread(ctx, conversation, user, seq)
}

func (r *recorder) MarkDelivered(ctx context.Context, marks []store.DeliveredMark, maxMembers int) ([]store.DeliveredMark, error) {
	r.called("MarkDelivered")
	return r.inner.MarkDelivered(ctx, marks, maxMembers)
}

func (r *recorder) ListReceipts(ctx context.Context, conversation model.ConversationID, seq int64, kind store.ReceiptKind, page model.ListPage) ([]model.Receipt, int64, error) {
	r.called("ListReceipts")
	return r.inner.ListReceipts(ctx, conversation, seq, kind, page)
}

func (r *recorder) Unread(ctx context.Context, user model.UserID, conversations []model.ConversationID) (map[model.ConversationID]int64, error) {
	r.called("Unread")
	return r.inner.Unread(ctx, user, conversations)
}

func (r *recorder) UnreadTotals(ctx context.Context, user model.UserID, types []model.ConversationType) (int64, int64, error) {
	r.called("UnreadTotals")
	return r.inner.UnreadTotals(ctx, user, types)
}

func (r *recorder) Invite(ctx context.Context, id model.InviteID) (model.Invite, error) {
	r.called("Invite")
	return r.inner.Invite(ctx, id)
}

func (r *recorder) ListInvites(ctx context.Context, filter store.InviteFilter, page model.ListPage) ([]model.Invite, int64, error) {
	r.called("ListInvites")
	return r.inner.ListInvites(ctx, filter, page)
}

func (r *recorder) ListBans(ctx context.Context, conversation model.ConversationID, page model.ListPage) ([]model.Ban, int64, error) {
	r.called("ListBans")
	return r.inner.ListBans(ctx, conversation, page)
}

func (r *recorder) SaveReport(ctx context.Context, report model.Report) (model.Report, error) {
	r.called("SaveReport")
	return r.inner.SaveReport(ctx, report)
}

func (r *recorder) DeleteReport(ctx context.Context, conversation model.ConversationID, message model.MessageID, reporter model.UserID) error {
	r.called("DeleteReport")
	return r.inner.DeleteReport(ctx, conversation, message, reporter)
}

func (r *recorder) ListReports(ctx context.Context, filter store.ReportFilter, page model.ListPage) ([]model.Report, int64, error) {
	r.called("ListReports")
	return r.inner.ListReports(ctx, filter, page)
}

func (r *recorder) AddAudit(ctx context.Context, event model.AuditEvent) error {
	r.called("AddAudit")
	return r.inner.AddAudit(ctx, event)
}

func (r *recorder) ListAudit(ctx context.Context, filter store.AuditFilter, page model.ListPage) ([]model.AuditEvent, int64, error) {
	r.called("ListAudit")
	return r.inner.ListAudit(ctx, filter, page)
}

func (r *recorder) Job(ctx context.Context, id model.JobID) (model.Job, error) {
	r.called("Job")
	return r.inner.Job(ctx, id)
}

func (r *recorder) ListJobs(ctx context.Context, state model.JobState, page model.ListPage) ([]model.Job, int64, error) {
	r.called("ListJobs")
	return r.inner.ListJobs(ctx, state, page)
}

func (r *recorder) ClaimJob(ctx context.Context, worker string, lease time.Duration) (model.Job, bool, error) {
	r.called("ClaimJob")
	return r.inner.ClaimJob(ctx, worker, lease)
}

func (r *recorder) SaveJob(ctx context.Context, job model.Job, worker string, lease time.Duration) error {
	r.called("SaveJob")
	return r.inner.SaveJob(ctx, job, worker, lease)
}

func (r *recorder) EraseConversationRows(ctx context.Context, conversation model.ConversationID, limit int) (int64, int64, error) {
	r.called("EraseConversationRows")
	return r.inner.EraseConversationRows(ctx, conversation, limit)
}

func (r *recorder) ConversationsOf(ctx context.Context, user model.UserID, after model.ConversationID, limit int) ([]model.ConversationID, error) {
	r.called("ConversationsOf")
	return r.inner.ConversationsOf(ctx, user, after, limit)
}

func (r *recorder) EraseUserRows(ctx context.Context, conversation model.ConversationID, user model.UserID) error {
	r.called("EraseUserRows")
	return r.inner.EraseUserRows(ctx, conversation, user)
}

func (r *recorder) Epoch(ctx context.Context) (string, error) {
	r.called("Epoch")
	return r.inner.Epoch(ctx)
}

func (r *recorder) Now(ctx context.Context) (time.Time, error) {
	r.called("Now")
	return r.inner.Now(ctx)
}

func (r *recorder) Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error) {
	r.called("Revs")
	return r.inner.Revs(ctx, conversations)
}

func (r *recorder) Changes(ctx context.Context, conversation model.ConversationID, since int64, limit int) (model.Changes, error) {
	r.called("Changes")
	return r.inner.Changes(ctx, conversation, since, limit)
}

func (r *recorder) MembershipsChanged(ctx context.Context, users []model.UserID, since time.Time) ([]store.UserMembership, error) {
	r.called("MembershipsChanged")
	return r.inner.MembershipsChanged(ctx, users, since)
}

func (r *recorder) RevokedSince(ctx context.Context, since time.Time) ([]store.UserEpoch, error) {
	r.called("RevokedSince")
	return r.inner.RevokedSince(ctx, since)
}

func (r *recorder) Ping(ctx context.Context) error {
	r.called("Ping")
	return r.inner.Ping(ctx)
}

func (r *recorder) Close() error {
	r.called("Close")
	return r.inner.Close()
}
