package chat

import (
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// ReportMessage is the input of Chat.ReportMessage.
type ReportMessage struct {
	Conversation model.ConversationRef
	Message      model.MessageRef
	Reason       string
	Properties   json.RawMessage
}

// ReportMessage stores the complaint of the principal's user about a message that
// the user sees. It replaces an earlier one about the same message.
func (c *Chat) ReportMessage(ctx context.Context, principal Principal, in ReportMessage) (model.Report, error) {
	if principal.User == 0 {
		return model.Report{}, needsUser(principal)
	}
	f := fields{limits: c.Limits}
	f.text("reason", in.Reason, MaxReasonLength)
	f.properties(in.Properties)
	if err := f.err(); err != nil {
		return model.Report{}, err
	}
	message, err := c.Message(ctx, principal, in.Conversation, in.Message)
	if err != nil {
		return model.Report{}, err
	}
	if message.Deleted() {
		return model.Report{}, model.ErrMessageDeleted
	}
	report, err := c.Store.SaveReport(ctx, model.Report{
		Conversation: message.Conversation, Message: message.ID, Reporter: principal.User,
		Reason: in.Reason, Properties: propertiesOrEmpty(in.Properties),
	})
	return report, translate(err)
}

// WithdrawReport deletes the report of the principal's user about a message.
func (c *Chat) WithdrawReport(ctx context.Context, principal Principal, conversationRef model.ConversationRef, messageRef model.MessageRef) error {
	if principal.User == 0 {
		return needsUser(principal)
	}
	found, err := c.standing(ctx, principal, conversationRef)
	if err != nil {
		return err
	}
	id := messageRef.ID
	if id == 0 {
		message, err := c.Store.Message(ctx, found.conversation.ID, messageRef)
		if err != nil {
			return translate(err)
		}
		id = message.ID
	}
	return translate(c.Store.DeleteReport(ctx, found.conversation.ID, id, principal.User))
}

// ReportFilter selects reports; zero fields select all.
type ReportFilter struct {
	Conversation model.ConversationRef
	Message      model.MessageRef
	Reporter     model.UserRef
}

// Reports reads a part of the project's reports, the latest first, and how many
// there are in all. Those who administer or moderate the project may.
func (c *Chat) Reports(ctx context.Context, principal Principal, in ReportFilter, page model.ListPage) ([]model.Report, int64, error) {
	if err := c.moderatesProject(ctx, principal); err != nil {
		return nil, 0, err
	}
	var filter store.ReportFilter
	var err error
	if in.Conversation != (model.ConversationRef{}) {
		if filter.Conversation, err = c.conversationID(ctx, in.Conversation); err != nil {
			return nil, 0, err
		}
	}
	return c.listReports(ctx, filter, in, page)
}

// ConversationReports is Reports for one conversation, whose moderators may.
func (c *Chat) ConversationReports(ctx context.Context, principal Principal, in ReportFilter, page model.ListPage) ([]model.Report, int64, error) {
	found, err := c.standing(ctx, principal, in.Conversation)
	if err != nil {
		return nil, 0, err
	}
	if !found.moderates() {
		return nil, 0, model.Forbidden("only moderators read the reports of a conversation")
	}
	if in.Message.ExternalID != "" {
		// A name that stands for a message elsewhere says nothing here.
		message, err := c.Store.Message(ctx, found.conversation.ID, in.Message)
		if err != nil {
			return nil, 0, translate(err)
		}
		in.Message = model.MessageRef{ID: message.ID}
	}
	return c.listReports(ctx, store.ReportFilter{Conversation: found.conversation.ID}, in, page)
}

func (c *Chat) listReports(ctx context.Context, filter store.ReportFilter, in ReportFilter, page model.ListPage) (reports []model.Report, total int64, err error) {
	filter.Message = in.Message.ID
	if in.Message.ExternalID != "" {
		message, err := c.Store.FindMessage(ctx, in.Message)
		if err != nil {
			return nil, 0, translate(err)
		}
		filter.Message = message.ID
	}
	if filter.Reporter, err = c.userID(ctx, in.Reporter); err != nil {
		return nil, 0, err
	}
	reports, total, err = c.Store.ListReports(ctx, filter, page)
	return reports, total, translate(err)
}

// moderatesProject refuses all but those who administer or moderate the project.
func (c *Chat) moderatesProject(ctx context.Context, principal Principal) error {
	if principal.Admin() {
		return nil
	}
	if principal.PublicKeyOnly() {
		return needsUser(principal)
	}
	user, err := c.Store.User(ctx, model.UserRef{ID: principal.User})
	if err != nil {
		return translate(err)
	}
	if !administers(user) && user.Role != model.UserModerator {
		return model.Forbidden("this needs a secret key, or a user whose role in the project is moderator or higher")
	}
	return nil
}
