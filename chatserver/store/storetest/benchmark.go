package storetest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// BenchmarkAppend stores groups of fresh messages, each for a conversation of
// its own, one group after the other.
func BenchmarkAppend(b *testing.B, open func(b *testing.B) store.Store) {
	for _, size := range []int{1, 20, 100} {
		b.Run(fmt.Sprint("group of ", size), func(b *testing.B) {
			opened := open(b)
			user, err := opened.CreateUser(b.Context(), store.NewUser{})
			if err != nil {
				b.Fatal(err)
			}
			group := make([]store.NewMessage, size)
			for i := range group {
				made, err := opened.CreateConversation(b.Context(), store.NewConversation{
					Type: model.Group, CreatedBy: user.ID, Members: []store.NewMember{{User: user.ID, Role: model.RoleOwner}},
				})
				if err != nil {
					b.Fatal(err)
				}
				group[i] = store.NewMessage{
					Conversation: made.Conversation.ID, Sender: user.ID, Type: model.TextMessage,
					Content: json.RawMessage(`{"text":"The quick brown fox jumps over the lazy dog."}`),
				}
			}
			round := 0
			for b.Loop() {
				round++
				for i := range group {
					group[i].ClientID = fmt.Sprint(round, "-", i)
				}
				if _, err := opened.Append(b.Context(), group); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(round*size)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
