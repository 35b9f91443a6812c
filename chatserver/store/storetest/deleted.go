package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var deleted = []rule{
	{"no listing knows the rows of a deleted conversation", listingsOfDeleted},
	{"nothing can be changed in a deleted conversation", changesInDeleted},
}

func listingsOfDeleted(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.fill(people...)
	messages := f.history(room)
	f.deleteConversation(room)
	page := model.ListPage{Limit: 10}
	for name, count := range map[string]func() (int, int64, error){
		"ListMembers": func() (int, int64, error) {
			rows, total, err := f.store.ListMembers(f.ctx, room, store.MemberFilter{}, page)
			return len(rows), total, err
		},
		"Messages": func() (int, int64, error) {
			rows, err := f.store.Messages(f.ctx, room, store.MessageFilter{}, model.MessagePage{Limit: 10})
			return len(rows), 0, err
		},
		"CountMessages": func() (int, int64, error) {
			total, err := f.store.CountMessages(f.ctx, room, store.MessageFilter{})
			return 0, total, err
		},
		"ListReactions": func() (int, int64, error) {
			rows, total, err := f.store.ListReactions(f.ctx, room, messages[0].Seq, "", page)
			return len(rows), total, err
		},
		"ListReceipts": func() (int, int64, error) {
			rows, total, err := f.store.ListReceipts(f.ctx, room, 1, store.DeliveredReceipt, page)
			return len(rows), total, err
		},
		"ListBans": func() (int, int64, error) {
			rows, total, err := f.store.ListBans(f.ctx, room, page)
			return len(rows), total, err
		},
		"ListInvites": func() (int, int64, error) {
			rows, total, err := f.store.ListInvites(f.ctx, store.InviteFilter{User: people[1]}, page)
			return len(rows), total, err
		},
		"ListReports": func() (int, int64, error) {
			rows, total, err := f.store.ListReports(f.ctx, store.ReportFilter{}, page)
			return len(rows), total, err
		},
		"ListConversations": func() (int, int64, error) {
			rows, total, err := f.store.ListConversations(f.ctx, store.ConversationFilter{}, page)
			return len(rows), total, err
		},
		"Unread": func() (int, int64, error) {
			counts, err := f.store.Unread(f.ctx, people[0], []model.ConversationID{room})
			return len(counts), 0, err
		},
	} {
		rows, total, err := count()
		f.Expect(err).NotTo(HaveOccurred(), name)
		f.Expect(rows).To(BeZero(), name)
		f.Expect(total).To(BeZero(), name)
	}
}

func changesInDeleted(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	message := f.send(room, people[0], "a")
	f.deleteConversation(room)
	_, err := f.store.Message(f.ctx, room, model.MessageRef{ID: message.ID})
	f.Expect(err).To(MatchError(model.ErrMessageNotFound))
	_, err = f.store.Member(f.ctx, room, people[1])
	f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	for name, call := range map[string]func() error{
		"SaveOwn": func() error {
			_, err := f.store.SaveOwn(f.ctx, room, people[1], func(*model.Member) error { return nil })
			return err
		},
		"HideMessage": func() error { _, _, err := f.store.HideMessage(f.ctx, room, people[1], 1); return err },
		"MarkRead":    func() error { _, _, err := f.store.MarkRead(f.ctx, room, people[1], 1); return err },
		"MarkUnread":  func() error { _, _, err := f.store.MarkUnread(f.ctx, room, people[1], 1); return err },
	} {
		f.Expect(call()).To(Or(MatchError(model.ErrMemberNotFound), MatchError(model.ErrConversationNotFound)), name)
	}
	f.Expect(f.store.MarkDelivered(f.ctx, []store.DeliveredMark{{Conversation: room, User: people[1], Seq: 1}}, everySize)).To(BeEmpty())
}
