package storetest

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var history = []rule{
	{"a page is a part of the history by ascending seq", historyPages},
	{"revs are those of known conversations", presentRevs},
}

func historyPages(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	other := f.group(person)
	f.send(other, person, "elsewhere")
	var group []store.NewMessage
	for i := range 10 {
		group = append(group, text(room, person, fmt.Sprint(i), ""))
	}
	f.append(group...)

	for _, page := range []struct {
		wanted model.MessagePage
		seqs   []int64
	}{
		{model.MessagePage{Limit: 3}, []int64{8, 9, 10}},
		{model.MessagePage{Limit: 100}, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{model.MessagePage{Before: 8, Limit: 3}, []int64{5, 6, 7}},
		{model.MessagePage{Before: 1, Limit: 3}, []int64{}},
		{model.MessagePage{Oldest: true, Limit: 3}, []int64{1, 2, 3}},
		{model.MessagePage{After: 8, Limit: 3}, []int64{9, 10}},
		{model.MessagePage{After: 2, Limit: 3}, []int64{3, 4, 5}},
		{model.MessagePage{After: 10, Limit: 3}, []int64{}},
	} {
		messages, err := f.store.Messages(f.ctx, room, store.MessageFilter{}, page.wanted)
		f.Expect(err).NotTo(HaveOccurred())
		seqs := []int64{}
		for _, message := range messages {
			f.Expect(message.Conversation).To(Equal(room))
			seqs = append(seqs, message.Seq)
		}
		f.Expect(seqs).To(Equal(page.seqs), "%+v", page.wanted)
	}
}

func presentRevs(_ *testing.T, f *fixture) {
	person := f.user()
	rooms := f.groups(3, person)
	f.send(rooms[1], person, "a")
	f.Expect(f.store.Revs(f.ctx, []model.ConversationID{rooms[0], rooms[1], model.FirstID + 99})).
		To(Equal(map[model.ConversationID]int64{rooms[0]: 1, rooms[1]: 2}))
	f.Expect(f.store.Revs(f.ctx, nil)).To(BeEmpty())
}
