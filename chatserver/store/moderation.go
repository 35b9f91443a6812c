package store

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Moderation keeps invites, bans, reports and the audit. Invites and bans change
// under the lock of their conversation: see Change.
type Moderation interface {
	// Invite finds one invite.
	Invite(ctx context.Context, id model.InviteID) (model.Invite, error)
	// ListInvites reads a part of the invites, the latest first, and how many
	// there are in all. A cursor's ID is the invite; its Key is 0.
	ListInvites(ctx context.Context, filter InviteFilter, page model.ListPage) (invites []model.Invite, total int64, err error)
	// ListBans reads a part of a conversation's bans by ascending user id, and
	// how many there are in all. A cursor's ID is the user; its Key is 0.
	ListBans(ctx context.Context, conversation model.ConversationID, page model.ListPage) (bans []model.Ban, total int64, err error)
	// SaveReport stores a report; the earlier one of the same reporter about the
	// same message is replaced.
	SaveReport(ctx context.Context, report model.Report) (model.Report, error)
	// DeleteReport deletes a reporter's report about a message
	// (model.ErrReportNotFound).
	DeleteReport(ctx context.Context, conversation model.ConversationID, message model.MessageID, reporter model.UserID) error
	// ListReports reads a part of the reports, the latest first, and how many
	// there are in all. A cursor's ID is the report; its Key is 0.
	ListReports(ctx context.Context, filter ReportFilter, page model.ListPage) (reports []model.Report, total int64, err error)
	// AddAudit stores an audit event by the database's clock.
	AddAudit(ctx context.Context, event model.AuditEvent) error
	// ListAudit reads a part of the audit, the latest first, and how many events
	// there are in all. A cursor's ID is the event; its Key is 0.
	ListAudit(ctx context.Context, filter AuditFilter, page model.ListPage) (events []model.AuditEvent, total int64, err error)
}

// InviteFilter selects invites; zero fields select all.
type InviteFilter struct {
	Conversation model.ConversationID
	User         model.UserID
	Status       model.InviteStatus
}

// ReportFilter selects reports; zero fields select all.
type ReportFilter struct {
	Conversation model.ConversationID
	Message      model.MessageID
	Reporter     model.UserID
}

// AuditFilter selects audit events; zero fields select all.
type AuditFilter struct {
	Action       string
	Actor        model.UserID
	User         model.UserID
	Conversation model.ConversationID
	Since        time.Time
}
