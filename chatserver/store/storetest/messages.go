package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var messages = []rule{
	{"each filter of messages selects, alone and together", messagesAreFiltered},
	{"a viewer sees neither hidden messages nor those of blocked senders", messagesOfViewer},
	{"in a direct conversation blocks hide nothing", directBlocksHideNothing},
	{"an offset skips messages that are there, and tombstones go", messagesByOffset},
	{"authors go along with messages, as they are now", messageAuthors},
	{"a message is found wherever it is", messageIsFound},
	{"every field of a message can be changed, its place cannot", messageIsSaved},
	{"a message is hidden once, and from one member", messageIsHidden},
}

// expectMessages reads a filter's messages whole and in pages of every kind.
func (f *fixture) expectMessages(room model.ConversationID, filter store.MessageFilter, wanted ...int64) {
	read := func(page model.MessagePage) []int64 {
		found, err := f.store.Messages(f.ctx, room, filter, page)
		f.Expect(err).NotTo(HaveOccurred())
		return keysOf(found, func(message model.Message) int64 { return message.Seq })
	}
	some := func(seqs []int64) []int64 { return append([]int64{}, seqs...) }
	n := len(wanted)
	f.Expect(read(model.MessagePage{Limit: 1000})).To(Equal(some(wanted)), "%+v", filter)
	f.Expect(read(model.MessagePage{Limit: 2})).To(Equal(some(wanted[max(0, n-2):])), "%+v", filter)
	f.Expect(read(model.MessagePage{Oldest: true, Limit: 2})).To(Equal(some(wanted[:min(2, n)])), "%+v", filter)
	if n > 0 {
		f.Expect(read(model.MessagePage{After: wanted[0], Limit: 1})).To(Equal(some(wanted[min(1, n):min(2, n)])), "%+v", filter)
		f.Expect(read(model.MessagePage{Before: wanted[n-1], Limit: 1})).To(Equal(some(wanted[max(0, n-2):n-1])), "%+v", filter)
	}
	live := filter
	live.Live = true
	alive, err := f.store.Messages(f.ctx, room, live, model.MessagePage{Limit: 1000})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.store.CountMessages(f.ctx, room, filter)).To(Equal(int64(len(alive))), "%+v", filter)
}

func messagesAreFiltered(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people...)
	kinds := []model.MessageType{model.TextMessage, model.FileMessage, model.ThreadMessage}
	var times []time.Time
	for i := range 6 {
		message := text(room, people[i%2], fmt.Sprint(i), "")
		message.Type = kinds[i%3]
		if i >= 3 {
			message.GroupTag = "late"
		}
		if i == 1 || i == 4 {
			message.Mentions = []model.Mention{{Conversation: room}, {User: people[2], Start: 1, End: 2}}
		}
		if i == 2 {
			message.Mentions = []model.Mention{{User: people[1]}}
		}
		times = append(times, f.append(message)[0].Message.CreatedAt)
	}
	_, err := f.delete(f.ctx, room, model.MessageRef{ID: f.history(room)[5].ID})
	f.Expect(err).NotTo(HaveOccurred())
	for _, selected := range []struct {
		filter store.MessageFilter
		wanted []int64
	}{
		{store.MessageFilter{}, []int64{1, 2, 3, 4, 5, 6}},
		{store.MessageFilter{Live: true}, []int64{1, 2, 3, 4, 5}},
		{store.MessageFilter{Floor: 4}, []int64{5, 6}},
		{store.MessageFilter{Floor: 6}, nil},
		{store.MessageFilter{Types: []model.MessageType{model.FileMessage}}, []int64{2, 5}},
		{store.MessageFilter{Types: []model.MessageType{model.FileMessage, model.TextMessage}}, []int64{1, 2, 4, 5}},
		{store.MessageFilter{Sender: people[0]}, []int64{1, 3, 5}},
		{store.MessageFilter{Sender: people[2]}, nil},
		{store.MessageFilter{GroupTag: "late", Live: true}, []int64{4, 5}},
		{store.MessageFilter{Mentions: people[2]}, []int64{2, 5}},
		{store.MessageFilter{Mentions: people[1]}, []int64{3}},
		{store.MessageFilter{Mentions: people[0]}, nil},
		{store.MessageFilter{Since: times[3]}, []int64{4, 5, 6}},
		{store.MessageFilter{Until: times[3]}, []int64{1, 2, 3}},
		{store.MessageFilter{Since: times[1], Until: times[4]}, []int64{2, 3, 4}},
		{store.MessageFilter{
			Viewer: people[2], Floor: 1, Types: []model.MessageType{model.FileMessage}, Sender: people[0], GroupTag: "late",
			Mentions: people[2], Since: times[0], Until: times[5], Live: true, NoReplies: true,
		}, []int64{5}},
		{store.MessageFilter{Sender: people[0], GroupTag: "late", Types: []model.MessageType{model.TextMessage}}, nil},
	} {
		f.expectMessages(room, selected.filter, selected.wanted...)
	}
}

func messagesOfViewer(_ *testing.T, f *fixture) {
	people := f.users(3)
	room := f.group(people...)
	for i, sender := range []int{0, 1, 2, 1, 2} {
		f.send(room, people[sender], fmt.Sprint(i))
	}
	f.block(people[0], people[1])
	_, _, err := f.store.HideMessage(f.ctx, room, people[0], 3)
	f.Expect(err).NotTo(HaveOccurred())
	f.expectMessages(room, store.MessageFilter{Viewer: people[0]}, 1, 5)
	f.expectMessages(room, store.MessageFilter{Viewer: people[1]}, 1, 2, 3, 4, 5)
	f.expectMessages(room, store.MessageFilter{Viewer: people[2]}, 1, 2, 3, 4, 5)
	f.expectMessages(room, store.MessageFilter{}, 1, 2, 3, 4, 5)
}

func directBlocksHideNothing(_ *testing.T, f *fixture) {
	people := f.users(2)
	direct := f.create(conversationOf(model.Direct, people...)).Conversation.ID
	f.send(direct, people[0], "a")
	f.send(direct, people[1], "b")
	f.block(people[0], people[1])
	f.expectMessages(direct, store.MessageFilter{Viewer: people[0]}, 1, 2)
}

func messagesByOffset(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	for i := range 10 {
		f.send(room, person, fmt.Sprint(i))
	}
	for _, seq := range []int{9, 2} {
		_, err := f.delete(f.ctx, room, model.MessageRef{ID: f.history(room)[seq-1].ID})
		f.Expect(err).NotTo(HaveOccurred())
	}
	for _, asked := range []struct {
		page   model.MessagePage
		wanted []int64
	}{
		{model.MessagePage{Offset: 1, Limit: 3}, []int64{6, 7, 8}},
		{model.MessagePage{Offset: 7, Limit: 3}, []int64{1}},
		{model.MessagePage{Offset: 8, Limit: 3}, []int64{}},
		{model.MessagePage{Oldest: true, Offset: 1, Limit: 3}, []int64{3, 4, 5}},
		{model.MessagePage{After: 5, Offset: 2, Limit: 3}, []int64{8, 10}},
		{model.MessagePage{Before: 5, Offset: 1, Limit: 2}, []int64{1, 3}},
		{model.MessagePage{Oldest: true, Limit: 3}, []int64{1, 2, 3}},
	} {
		found, err := f.store.Messages(f.ctx, room, store.MessageFilter{}, asked.page)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(keysOf(found, func(message model.Message) int64 { return message.Seq })).To(Equal(asked.wanted), "%+v", asked.page)
	}
}

func messageAuthors(_ *testing.T, f *fixture) {
	named := f.created(store.NewUser{Username: "Anna", DisplayName: "Anna A.", Avatar: "https://example.org/a.png"})
	plain := f.user()
	room := f.group(named.ID, plain)
	first, second := f.send(room, named.ID, "a"), f.send(room, plain, "b")
	expect := func(wanted model.Author) {
		found, err := f.store.Messages(f.ctx, room, store.MessageFilter{}, model.MessagePage{Limit: 10})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(found[0].Author).To(HaveValue(Equal(wanted)))
		f.Expect(found[1].Author).To(HaveValue(Equal(model.Author{})))
		one, err := f.store.Message(f.ctx, room, model.MessageRef{ID: first.ID})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(one).To(Equal(found[0]))
		other, err := f.store.FindMessage(f.ctx, model.MessageRef{ID: second.ID})
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(bare(other)).To(Equal(second))
	}
	expect(model.Author{Username: "Anna", DisplayName: "Anna A.", Avatar: "https://example.org/a.png"})
	f.updateUser(named.ID, func(user *model.User) { user.DisplayName, user.Avatar = "Ann", "" })
	expect(model.Author{Username: "Anna", DisplayName: "Ann"})
}

func messageIsFound(_ *testing.T, f *fixture) {
	person := f.user()
	rooms := f.groups(2, person)
	for i, room := range rooms {
		message := text(room, person, "a", "")
		message.ExternalID = fmt.Sprint("m-", i)
		stored := f.append(message)[0].Message
		for _, ref := range []model.MessageRef{{ID: stored.ID}, {ExternalID: message.ExternalID}} {
			found, err := f.store.FindMessage(f.ctx, ref)
			f.Expect(err).NotTo(HaveOccurred())
			f.Expect(bare(found)).To(Equal(stored))
		}
	}
	for _, ref := range []model.MessageRef{{ID: model.FirstID + 99}, {ExternalID: "none"}, {}} {
		_, err := f.store.FindMessage(f.ctx, ref)
		f.Expect(err).To(MatchError(model.ErrMessageNotFound))
	}
}

func messageIsSaved(_ *testing.T, f *fixture) {
	people := f.users(2)
	room := f.group(people...)
	stored := f.send(room, people[0], "a")
	saved, err := f.changeMessage(f.ctx, room, model.MessageRef{ID: stored.ID}, func(change store.Change, message *model.Message) error {
		message.Content, message.Properties = json.RawMessage(`"new"`), json.RawMessage(`{"k": 1}`)
		message.Attachments = []model.Attachment{{URL: "https://example.org/f"}}
		message.Mentions = []model.Mention{{User: people[1], Start: 1, End: 2}}
		message.Links = []model.Link{{URL: "https://example.org", Start: 3, End: 4}}
		message.EditedAt, message.EditedBy = new(change.Now()), people[1]
		return nil
	})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.message(room, model.MessageRef{ID: stored.ID})).To(Equal(saved))
	f.Expect(saved.CreatedRev).To(Equal(stored.CreatedRev))
	f.expectMessages(room, store.MessageFilter{Mentions: people[1]}, 1)

	saved, err = f.changeMessage(f.ctx, room, model.MessageRef{ID: stored.ID}, func(change store.Change, message *model.Message) error {
		message.Content, message.Properties = nil, nil
		message.Attachments, message.Mentions, message.Links = nil, nil, nil
		message.DeletedAt, message.DeletedBy = new(change.Now()), people[1]
		return nil
	})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.message(room, model.MessageRef{ID: stored.ID})).To(Equal(saved))
	f.expectMessages(room, store.MessageFilter{Mentions: people[1]})
	f.expectMessages(room, store.MessageFilter{}, 1)
	f.expectMessages(room, store.MessageFilter{Live: true})
}

func messageIsHidden(_ *testing.T, f *fixture) {
	people := f.users(3)
	rooms := f.groups(2, people[:2]...)
	for _, room := range rooms {
		f.send(room, people[1], "a")
	}
	before := f.member(rooms[0], people[0])
	member, hidden, err := f.store.HideMessage(f.ctx, rooms[0], people[0], 1)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(hidden).To(BeTrue())
	f.Expect(member.OwnRev).To(Equal(before.OwnRev + 1))
	f.Expect(f.member(rooms[0], people[0])).To(Equal(member))
	again, hidden, err := f.store.HideMessage(f.ctx, rooms[0], people[0], 1)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(hidden).To(BeFalse())
	f.Expect(again).To(Equal(member))

	f.expectMessages(rooms[0], store.MessageFilter{Viewer: people[0]})
	f.expectMessages(rooms[1], store.MessageFilter{Viewer: people[0]}, 1)
	f.expectMessages(rooms[0], store.MessageFilter{Viewer: people[1]}, 1)
	f.Expect(f.conversation(rooms[0]).Rev).To(Equal(int64(2)))
	_, _, err = f.store.HideMessage(f.ctx, rooms[0], people[2], 1)
	f.Expect(err).To(MatchError(model.ErrMemberNotFound))
	for _, seq := range []int64{0, 2} {
		_, hidden, err = f.store.HideMessage(f.ctx, rooms[0], people[0], seq)
		f.Expect(err).To(MatchError(model.ErrMessageNotFound))
		f.Expect(hidden).To(BeFalse())
	}
	f.send(rooms[0], people[1], "b")
	f.expectMessages(rooms[0], store.MessageFilter{Viewer: people[0]}, 2)
}
