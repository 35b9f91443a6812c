package seed_test

import (
	"context"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

func TestAMixedGraphPutsEveryUserIntoAsManyConversations(t *testing.T) {
	g := NewWithT(t)
	graph := seed.Mixed(100, 7, 10)
	g.Expect(graph.Conversations).To(HaveLen(70))
	counts := make(map[int]int)
	for _, members := range graph.Conversations {
		g.Expect(members).To(HaveLen(10))
		distinct := make(map[int]bool)
		for _, member := range members {
			counts[member]++
			distinct[member] = true
		}
		g.Expect(distinct).To(HaveLen(10))
	}
	g.Expect(counts).To(HaveLen(100))
	for user, count := range counts {
		g.Expect(count).To(Equal(7), "user %d", user)
	}
	g.Expect(seed.Mixed(100, 7, 10)).To(Equal(graph), "the same each time")
}

func TestRoomsAreDisjointAndThoseAloneHaveTheirOwn(t *testing.T) {
	g := NewWithT(t)
	g.Expect(seed.Rooms(2, 3)).To(Equal(seed.Graph{Users: 6, Conversations: [][]int{{0, 1, 2}, {3, 4, 5}}}))
	g.Expect(seed.Alone(2, 2)).To(Equal(seed.Graph{Users: 2, Conversations: [][]int{{0}, {1}, {0}, {1}}}))
}

func TestWhatIsFilledInIsAsIfTheStoreHadMadeIt(t *testing.T) {
	g := NewWithT(t)
	dsn := services.Postgres(t)
	opened, err := postgres.Open(t.Context(), postgres.Options{
		DSN:    func(context.Context) (string, error) { return dsn, nil },
		Schema: "parley", Project: "demo", Logger: slog.New(slog.DiscardHandler),
	})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(opened.Close()).To(Succeed()) })
	graph := seed.Mixed(20, 3, 10)
	g.Expect(seed.Fill(t.Context(), dsn, "parley", graph)).To(Succeed())

	made, err := opened.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, Members: newMembers(graph.Conversations[0]),
	})
	g.Expect(err).NotTo(HaveOccurred(), "the ids go on behind those that were filled in")
	filled, err := opened.Conversation(t.Context(), model.ConversationRef{ID: model.ConversationID(seed.Conversation(0))})
	g.Expect(err).NotTo(HaveOccurred())
	for _, conversation := range []*model.Conversation{&filled, &made.Conversation} {
		conversation.ID, conversation.CreatedAt, conversation.UpdatedAt = 0, made.Conversation.CreatedAt, made.Conversation.UpdatedAt
		conversation.ActivityAt = made.Conversation.ActivityAt
	}
	g.Expect(filled).To(Equal(made.Conversation))
	memberships, err := opened.Memberships(t.Context(), model.UserID(seed.User(graph.Conversations[0][0])), 10)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(memberships).To(HaveLen(4), "three that were filled in, and the one that the store made")
	results, err := opened.Append(t.Context(), []store.NewMessage{{
		Conversation: model.ConversationID(seed.Conversation(0)), Sender: model.UserID(seed.User(graph.Conversations[0][0])),
		ClientID: "1", Type: "text", Content: []byte(`"hello"`),
	}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(results).To(HaveLen(1))
	g.Expect(results[0].Err).NotTo(HaveOccurred())
}

func newMembers(users []int) []store.NewMember {
	members := make([]store.NewMember, len(users))
	for i, user := range users {
		members[i] = store.NewMember{User: model.UserID(seed.User(user)), Role: model.RoleMember}
	}
	return members
}
