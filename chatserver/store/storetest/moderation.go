package storetest

import (
	"encoding/json"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var moderation = []rule{
	{"a ban is stored, again, found when it is over, and deleted", banIsStored},
	{"bans are listed by user id", bansAreListed},
	{"an invite is read back, answered and found no more as pending", inviteIsStored},
	{"invites are listed, the latest first, by each filter", invitesAreListed},
	{"a report of the same reporter replaces the earlier one", reportIsReplaced},
	{"reports are listed, the latest first, by each filter", reportsAreListed},
	{"audit events are listed, the latest first, by each filter", auditIsListed},
}

func banIsStored(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(2, people[0])
	var wanted model.Ban
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[0], func(change store.Change) error {
		_, err := change.Ban(f.ctx, people[1])
		f.Expect(err).To(MatchError(model.ErrBanNotFound))
		wanted = model.Ban{
			Conversation: rooms[0], User: people[1], BannedBy: people[0], Reason: "spam",
			ExpiresAt: new(change.Now().Add(-time.Hour)), CreatedAt: change.Now(),
		}
		f.Expect(change.SaveBan(f.ctx, wanted)).To(Succeed())
		f.Expect(change.Ban(f.ctx, people[1])).To(Equal(wanted), "also one that is over")
		wanted.Reason, wanted.ExpiresAt, wanted.BannedBy = "", nil, 0
		return change.SaveBan(f.ctx, wanted)
	})).To(Succeed())
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[1], func(change store.Change) error {
		_, err := change.Ban(f.ctx, people[1])
		f.Expect(err).To(MatchError(model.ErrBanNotFound), "of another conversation")
		f.Expect(change.DeleteBan(f.ctx, people[1])).To(MatchError(model.ErrBanNotFound))
		return nil
	})).To(Succeed())
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[0], func(change store.Change) error {
		f.Expect(change.Ban(f.ctx, people[1])).To(Equal(wanted))
		f.Expect(change.DeleteBan(f.ctx, people[1])).To(Succeed())
		f.Expect(change.DeleteBan(f.ctx, people[1])).To(MatchError(model.ErrBanNotFound))
		return nil
	})).To(Succeed())
	bans, total, err := f.store.ListBans(f.ctx, rooms[0], model.ListPage{Limit: 10})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(bans).To(BeEmpty())
	f.Expect(total).To(BeZero())
}

func bansAreListed(_ *testing.T, f *fixture) {
	people := f.users(6)
	room := f.group(people[0])
	var bans []model.Ban
	for _, i := range []int{4, 1, 5, 2, 3} {
		bans = append(bans, f.ban(room, people[i], time.Duration(i)*time.Hour))
	}
	rows := expectList(f, listing[model.Ban, model.UserID]{
		read:   func(page model.ListPage) ([]model.Ban, int64, error) { return f.store.ListBans(f.ctx, room, page) },
		key:    func(ban model.Ban) model.UserID { return ban.User },
		cursor: func(ban model.Ban) model.ListCursor { return model.ListCursor{ID: int64(ban.User)} },
	}, people[1:]...)
	f.Expect(rows).To(ConsistOf(bans))
}

// invite stores a pending invite.
func (f *fixture) invite(room model.ConversationID, user, by model.UserID) model.Invite {
	invite, err := change(f.ctx, f.store, room, func(change store.Change) (model.Invite, error) {
		return change.SaveInvite(f.ctx, model.Invite{
			Conversation: room, User: user, InvitedBy: by, Role: model.RoleMember, Status: model.InvitePending,
			CreatedAt: change.Now(), UpdatedAt: change.Now(),
		})
	})
	f.Expect(err).NotTo(HaveOccurred())
	return invite
}

func inviteIsStored(_ *testing.T, f *fixture) {
	people := f.users(2)
	rooms := f.groups(2, people[0])
	invite := f.invite(rooms[0], people[1], people[0])
	f.Expect(invite.ID).To(BeNumerically(">=", model.FirstID))
	f.Expect(invite).To(Equal(model.Invite{
		ID: invite.ID, Conversation: rooms[0], User: people[1], InvitedBy: people[0], Role: model.RoleMember,
		Status: model.InvitePending, CreatedAt: invite.CreatedAt, UpdatedAt: invite.UpdatedAt,
	}))
	f.Expect(f.store.Invite(f.ctx, invite.ID)).To(Equal(invite))
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[1], func(change store.Change) error {
		_, err := change.Invite(f.ctx, invite.ID)
		f.Expect(err).To(MatchError(model.ErrInviteNotFound), "of another conversation")
		_, err = change.PendingInvite(f.ctx, people[1])
		f.Expect(err).To(MatchError(model.ErrInviteNotFound))
		return nil
	})).To(Succeed())
	answered, err := change(f.ctx, f.store, rooms[0], func(change store.Change) (model.Invite, error) {
		f.Expect(change.PendingInvite(f.ctx, people[1])).To(Equal(invite))
		found, err := change.Invite(f.ctx, invite.ID)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(found).To(Equal(invite))
		found.Status, found.UpdatedAt = model.InviteDeclined, change.Now()
		saved, err := change.SaveInvite(f.ctx, found)
		f.Expect(err).NotTo(HaveOccurred())
		_, err = change.PendingInvite(f.ctx, people[1])
		f.Expect(err).To(MatchError(model.ErrInviteNotFound))
		return saved, nil
	})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(answered.ID).To(Equal(invite.ID))
	f.Expect(answered.Status).To(Equal(model.InviteDeclined))
	f.Expect(f.store.Invite(f.ctx, invite.ID)).To(Equal(answered))
	f.Expect(f.invite(rooms[0], people[1], 0).ID).NotTo(Equal(invite.ID))
	_, err = f.store.Invite(f.ctx, model.FirstID+99)
	f.Expect(err).To(MatchError(model.ErrInviteNotFound))
}

func invitesAreListed(_ *testing.T, f *fixture) {
	people := f.users(4)
	rooms := f.groups(2, people[0])
	var ids []model.InviteID
	for _, room := range rooms {
		for _, user := range people[1:] {
			ids = append([]model.InviteID{f.invite(room, user, people[0]).ID}, ids...)
		}
	}
	f.Expect(f.store.ChangeConversation(f.ctx, rooms[0], func(change store.Change) error {
		invite, err := change.PendingInvite(f.ctx, people[1])
		f.Expect(err).NotTo(HaveOccurred())
		invite.Status = model.InviteAccepted
		_, err = change.SaveInvite(f.ctx, invite)
		return err
	})).To(Succeed())
	for _, selected := range []struct {
		filter store.InviteFilter
		wanted []model.InviteID
	}{
		{store.InviteFilter{}, ids},
		{store.InviteFilter{Conversation: rooms[0]}, ids[3:]},
		{store.InviteFilter{User: people[2]}, []model.InviteID{ids[1], ids[4]}},
		{store.InviteFilter{Status: model.InviteAccepted}, ids[5:]},
		{store.InviteFilter{Status: model.InvitePending}, ids[:5]},
		{store.InviteFilter{Conversation: rooms[1], User: people[1], Status: model.InvitePending}, ids[2:3]},
		{store.InviteFilter{Conversation: rooms[1], Status: model.InviteAccepted}, nil},
	} {
		expectList(f, listing[model.Invite, model.InviteID]{
			read: func(page model.ListPage) ([]model.Invite, int64, error) {
				return f.store.ListInvites(f.ctx, selected.filter, page)
			},
			key:    func(invite model.Invite) model.InviteID { return invite.ID },
			cursor: func(invite model.Invite) model.ListCursor { return model.ListCursor{ID: int64(invite.ID)} },
		}, selected.wanted...)
	}
}

func (f *fixture) report(room model.ConversationID, message model.MessageID, reporter model.UserID, reason string) model.Report {
	report, err := f.store.SaveReport(f.ctx, model.Report{
		Conversation: room, Message: message, Reporter: reporter, Reason: reason, Properties: json.RawMessage(`{"a": 1}`),
	})
	f.Expect(err).NotTo(HaveOccurred())
	return report
}

func (f *fixture) reportListing(filter store.ReportFilter) listing[model.Report, string] {
	return listing[model.Report, string]{
		read: func(page model.ListPage) ([]model.Report, int64, error) {
			return f.store.ListReports(f.ctx, filter, page)
		},
		key:    func(report model.Report) string { return report.Reason },
		cursor: func(report model.Report) model.ListCursor { return model.ListCursor{ID: int64(report.ID)} },
	}
}

func reportIsReplaced(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	message := f.send(room, people[0], "a").ID
	first := f.report(room, message, people[1], "first")
	f.Expect(first.ID).To(BeNumerically(">=", model.FirstID))
	f.Expect(first.CreatedAt).NotTo(BeZero())
	f.Expect(first).To(Equal(model.Report{
		ID: first.ID, Conversation: room, Message: message, Reporter: people[1], Reason: "first",
		Properties: json.RawMessage(`{"a": 1}`), CreatedAt: first.CreatedAt,
	}))
	f.Expect(expectList(f, f.reportListing(store.ReportFilter{}), "first")).To(Equal([]model.Report{first}))
	second := f.report(room, message, people[1], "second")
	f.Expect(expectList(f, f.reportListing(store.ReportFilter{}), "second")).To(Equal([]model.Report{second}))
	f.Expect(f.store.DeleteReport(f.ctx, room, message, people[0])).To(MatchError(model.ErrReportNotFound))
	f.Expect(f.store.DeleteReport(f.ctx, room, message, people[1])).To(Succeed())
	f.Expect(f.store.DeleteReport(f.ctx, room, message, people[1])).To(MatchError(model.ErrReportNotFound))
	expectList(f, f.reportListing(store.ReportFilter{}))
}

func reportsAreListed(_ *testing.T, f *fixture) {
	people := f.users(3)
	rooms := f.groups(2, people...)
	a, b := f.send(rooms[0], people[0], "a").ID, f.send(rooms[1], people[0], "b").ID
	f.report(rooms[0], a, people[1], "a1")
	f.report(rooms[1], b, people[2], "b2")
	f.report(rooms[0], a, people[2], "a2")
	f.report(rooms[1], b, people[1], "b1")
	for _, selected := range []struct {
		filter store.ReportFilter
		wanted []string
	}{
		{store.ReportFilter{}, []string{"b1", "a2", "b2", "a1"}},
		{store.ReportFilter{Conversation: rooms[0]}, []string{"a2", "a1"}},
		{store.ReportFilter{Message: b}, []string{"b1", "b2"}},
		{store.ReportFilter{Reporter: people[1]}, []string{"b1", "a1"}},
		{store.ReportFilter{Conversation: rooms[0], Message: a, Reporter: people[2]}, []string{"a2"}},
		{store.ReportFilter{Conversation: rooms[0], Message: b}, nil},
	} {
		expectList(f, f.reportListing(selected.filter), selected.wanted...)
	}
}

func auditIsListed(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	message := f.send(room, people[0], "a").ID
	since, err := f.store.Now(f.ctx)
	f.Expect(err).NotTo(HaveOccurred())
	full := model.AuditEvent{
		Action: "message.deleted", Key: "key-1", Actor: people[0], User: people[1], Conversation: room, Message: message,
		Details: json.RawMessage(`{"a": 1}`),
	}
	for _, event := range []model.AuditEvent{full, {Action: "user.updated", User: people[0]}} {
		f.Expect(f.store.AddAudit(f.ctx, event)).To(Succeed())
	}
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		return change.AddAudit(f.ctx, model.AuditEvent{Action: "conversation.updated", Actor: people[1], Conversation: room})
	})).To(Succeed())
	list := func(filter store.AuditFilter) listing[model.AuditEvent, string] {
		return listing[model.AuditEvent, string]{
			read: func(page model.ListPage) ([]model.AuditEvent, int64, error) {
				return f.store.ListAudit(f.ctx, filter, page)
			},
			key:    func(event model.AuditEvent) string { return event.Action },
			cursor: func(event model.AuditEvent) model.ListCursor { return model.ListCursor{ID: event.ID} },
		}
	}
	rows := expectList(f, list(store.AuditFilter{}), "conversation.updated", "user.updated", "message.deleted")
	f.Expect(rows[2].CreatedAt).To(BeTemporally(">=", since))
	full.ID, full.CreatedAt = rows[2].ID, rows[2].CreatedAt
	f.Expect(rows[2]).To(Equal(full))
	for _, selected := range []struct {
		filter store.AuditFilter
		wanted []string
	}{
		{store.AuditFilter{Action: "user.updated"}, []string{"user.updated"}},
		{store.AuditFilter{Actor: people[0]}, []string{"message.deleted"}},
		{store.AuditFilter{User: people[0]}, []string{"user.updated"}},
		{store.AuditFilter{Conversation: room}, []string{"conversation.updated", "message.deleted"}},
		{store.AuditFilter{Since: rows[1].CreatedAt}, []string{"conversation.updated", "user.updated"}},
		{store.AuditFilter{Action: "message.deleted", Actor: people[0], User: people[1], Conversation: room, Since: since}, []string{"message.deleted"}},
		{store.AuditFilter{Action: "user.updated", Conversation: room}, nil},
	} {
		expectList(f, list(selected.filter), selected.wanted...)
	}
}
