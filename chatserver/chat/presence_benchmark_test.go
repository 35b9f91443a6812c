package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// benchmarkSessions is how many sessions follow the room on this pod.
const benchmarkSessions = 1000

// BenchmarkPresenceChange changes the status of one member of a room. It waits
// until the change has come to a reader in the member's other, small group,
// which is told together with the room.
func BenchmarkPresenceChange(b *testing.B) {
	for _, members := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			project := pod.New(b, pod.Options{})
			people := []model.User{project.User(b, "ada")}
			in := store.NewConversation{Type: model.Group, Properties: []byte("{}"), CreatedBy: people[0].ID}
			for i := range members - 1 {
				people = append(people, project.User(b, fmt.Sprintf("member-%d", i)))
			}
			for _, person := range people {
				in.Members = append(in.Members, store.NewMember{User: person.ID, Role: model.RoleMember})
			}
			if _, err := project.Store.CreateConversation(b.Context(), in); err != nil {
				b.Fatal(err)
			}
			project.Group(b, people[0], people[1])
			target := project.Start(b)
			for i := range benchmarkSessions {
				socket := target.Open(b, pod.Bearer(project.Token(b, people[2+i%(members-2)])))
				go drain(socket)
			}
			reader := target.Open(b, pod.Bearer(project.Token(b, people[1])))
			principal := chat.Principal{User: people[0].ID}
			statuses := []presence.Status{presence.Away, presence.Online}
			target.Open(b, pod.Bearer(project.Token(b, people[0])))
			b.ResetTimer()
			for i := range b.N {
				if _, err := target.Chat.SetPresence(b.Context(), principal, model.UserRef{ID: people[0].ID}, statuses[i%2]); err != nil {
					b.Fatal(err)
				}
				reader.Await(func(frame pod.Frame) bool { return frame.Event == "presence.changed" })
			}
		})
	}
}

// drain reads until the connection ends.
func drain(socket *pod.Socket) {
	for {
		if _, err := socket.TryNext(); err != nil {
			return
		}
	}
}
