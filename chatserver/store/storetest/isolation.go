package storetest

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var isolation = []rule{
	{"rows of another conversation never appear", conversationsAreApart},
	{"rows of another user never appear", usersAreApart},
}

// rowsOf calls every listing of a conversation and gives the rows as they are,
// by the name of the method.
func (f *fixture) rowsOf(room model.ConversationID, people []model.UserID) map[string][]any {
	page := model.ListPage{Limit: 100}
	rows := map[string][]any{}
	for _, message := range f.history(room) {
		rows["Messages"] = append(rows["Messages"], message)
		reactions, _, err := f.store.ListReactions(f.ctx, room, message.Seq, "", page)
		f.Expect(err).NotTo(HaveOccurred())
		rows["ListReactions"] = append(rows["ListReactions"], toAny(reactions)...)
		for _, kind := range []store.ReceiptKind{store.ReadReceipt, store.DeliveredReceipt} {
			receipts, _, err := f.store.ListReceipts(f.ctx, room, message.Seq, kind, page)
			f.Expect(err).NotTo(HaveOccurred())
			rows["ListReceipts "+string(kind)] = append(rows["ListReceipts "+string(kind)], toAny(receipts)...)
		}
	}
	for _, person := range people {
		filter := store.MessageFilter{Viewer: person}
		found, err := f.store.Messages(f.ctx, room, filter, model.MessagePage{Limit: 100})
		f.Expect(err).NotTo(HaveOccurred())
		rows["Messages of a viewer"] = append(rows["Messages of a viewer"], toAny(keysOf(found, bare))...)
		count, err := f.store.CountMessages(f.ctx, room, filter)
		f.Expect(err).NotTo(HaveOccurred())
		rows["CountMessages"] = append(rows["CountMessages"], count)
		unread, err := f.store.Unread(f.ctx, person, []model.ConversationID{room})
		f.Expect(err).NotTo(HaveOccurred())
		rows["Unread"] = append(rows["Unread"], unread[room])
		standing, err := f.store.Standing(f.ctx, model.ConversationRef{ID: room}, person)
		f.Expect(err).NotTo(HaveOccurred())
		rows["Standing"] = append(rows["Standing"], standing)
	}
	members, _, err := f.store.ListMembers(f.ctx, room, store.MemberFilter{}, page)
	f.Expect(err).NotTo(HaveOccurred())
	rows["ListMembers"] = toAny(members)
	bans, _, err := f.store.ListBans(f.ctx, room, page)
	f.Expect(err).NotTo(HaveOccurred())
	rows["ListBans"] = toAny(bans)
	invites, _, err := f.store.ListInvites(f.ctx, store.InviteFilter{Conversation: room}, page)
	f.Expect(err).NotTo(HaveOccurred())
	rows["ListInvites"] = toAny(invites)
	reports, _, err := f.store.ListReports(f.ctx, store.ReportFilter{Conversation: room}, page)
	f.Expect(err).NotTo(HaveOccurred())
	rows["ListReports"] = toAny(reports)
	return f.changesOf(rows, room, people)
}

// changesOf adds what is read by rev and inside a change.
func (f *fixture) changesOf(rows map[string][]any, room model.ConversationID, people []model.UserID) map[string][]any {
	changes, err := f.store.Changes(f.ctx, room, 0, 100)
	f.Expect(err).NotTo(HaveOccurred())
	rows["Changes"] = append([]any{*changes.Conversation}, toAny(changes.Members)...)
	rows["Changes"] = append(rows["Changes"], toAny(keysOf(changes.Messages, bare))...)
	audit, _, err := f.store.ListAudit(f.ctx, store.AuditFilter{Conversation: room}, model.ListPage{Limit: 100})
	f.Expect(err).NotTo(HaveOccurred())
	rows["ListAudit"] = toAny(audit)
	sessions, _, err := f.store.ListSessions(f.ctx, store.SessionFilter{Conversation: room}, model.ListPage{Limit: 100})
	f.Expect(err).NotTo(HaveOccurred())
	rows["ListSessions"] = toAny(sessions)
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
		rows["MessagesFrom"], rows["ReactionsFrom"] = nil, nil
		for _, person := range people {
			found, err := change.MessagesFrom(f.ctx, person, 0, 100)
			f.Expect(err).NotTo(HaveOccurred())
			rows["MessagesFrom"] = append(rows["MessagesFrom"], toAny(keysOf(found, bare))...)
			reactions, err := change.ReactionsFrom(f.ctx, person, 100)
			f.Expect(err).NotTo(HaveOccurred())
			rows["ReactionsFrom"] = append(rows["ReactionsFrom"], toAny(reactions)...)
		}
		return nil
	})).To(Succeed())
	return rows
}

func toAny[Row any](rows []Row) []any { return keysOf(rows, func(row Row) any { return row }) }

func conversationsAreApart(_ *testing.T, f *fixture) {
	people := f.users(3)
	fill := func(id string) model.ConversationID {
		room := f.fill(people...)
		record := session(id, people[2], morning)
		record.Kind, record.Conversation = model.ChatSession, room
		f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{record}, nil)).To(Succeed())
		f.Expect(f.store.AddAudit(f.ctx, model.AuditEvent{Action: "member.banned", Conversation: room})).To(Succeed())
		return room
	}
	first := fill("s-1")
	alone := f.rowsOf(first, people)
	for name, rows := range alone {
		f.Expect(rows).NotTo(BeEmpty(), "%s shows nothing", name)
	}
	second := fill("s-2")
	beside := f.rowsOf(first, people)
	for name, rows := range alone {
		f.Expect(beside[name]).To(Equal(rows), name)
	}
	for name, rows := range f.rowsOf(second, people) {
		f.Expect(rows).To(HaveLen(len(alone[name])), name)
	}
}

func usersAreApart(_ *testing.T, f *fixture) {
	other := f.user()
	fill := func(words string) model.UserID {
		user := f.user()
		f.block(user, other)
		f.Expect(f.store.SetSecret(f.ctx, user, "name", []byte(words))).To(Succeed())
		f.login(user, words, words, morning.Add(time.Hour))
		f.Expect(f.store.RecordSessions(f.ctx, []model.SessionRecord{session(words, user, morning)}, nil)).To(Succeed())
		f.sendMany(f.group(user, other), other, 2)
		return user
	}
	read := func(user model.UserID) []any {
		blocks, total, err := f.store.ListBlocks(f.ctx, user, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		memberships, err := f.store.Memberships(f.ctx, user, 10)
		f.Expect(err).NotTo(HaveOccurred())
		changed, err := f.store.MembershipsChanged(f.ctx, []model.UserID{user}, morning.AddDate(-50, 0, 0))
		f.Expect(err).NotTo(HaveOccurred())
		secret, err := f.store.Secret(f.ctx, user, "name")
		f.Expect(err).NotTo(HaveOccurred())
		sessions, _, err := f.store.ListSessions(f.ctx, store.SessionFilter{User: user}, model.ListPage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		conversations, messages, err := f.store.UnreadTotals(f.ctx, user, nil)
		f.Expect(err).NotTo(HaveOccurred())
		of, err := f.store.ConversationsOf(f.ctx, user, 0, 10)
		f.Expect(err).NotTo(HaveOccurred())
		return []any{f.person(user), blocks, total, memberships, changed, secret, sessions, conversations, messages, of}
	}
	first := fill("first")
	alone := read(first)
	f.eraseUser(fill("second"))
	third := fill("third")
	_, err := f.store.RevokeTokens(f.ctx, third)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(read(first)).To(Equal(alone))
	_, err = f.rotate("first", "next", morning)
	f.Expect(err).NotTo(HaveOccurred(), "another user's revocation is not concerned")
}
