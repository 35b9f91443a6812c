package scenario

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

func TestEverybodySendsInTurnOverAllConversations(t *testing.T) {
	g := NewWithT(t)
	senders := everybody(seed.Graph{Users: 3, Conversations: [][]int{{0, 1, 2}, {2}}})
	g.Expect(senders).To(Equal([]load.Sender{
		{Session: 0, Conversation: seed.Conversation(0)}, {Session: 2, Conversation: seed.Conversation(1)},
		{Session: 1, Conversation: seed.Conversation(0)}, {Session: 2, Conversation: seed.Conversation(0)},
	}))
	mixed := shuffled(everybody(seed.Rooms(10, 10)))
	g.Expect(mixed).To(ConsistOf(everybody(seed.Rooms(10, 10))))
	g.Expect(mixed).To(Equal(shuffled(everybody(seed.Rooms(10, 10)))), "the same each time")
}

func TestUsageIsCountedFromAnEarlierMomentOn(t *testing.T) {
	g := NewWithT(t)
	before := usage{pods: 1, postgres: 2, redis: 3, load: 4, stats: load.Stats{Deliveries: 5, Frames: 6, Bytes: 7}}
	after := usage{pods: 11, postgres: 22, redis: 33, load: 44, stats: load.Stats{Deliveries: 55, Frames: 66, Bytes: 77}}
	g.Expect(after.since(before)).To(Equal(usage{
		pods: 10, postgres: 20, redis: 30, load: 40, stats: load.Stats{Deliveries: 50, Frames: 60, Bytes: 70},
	}))
	g.Expect(each(3*time.Millisecond, 2)).To(Equal(1500.0))
	g.Expect(each(time.Millisecond, 0)).To(BeZero(), "nothing was done")
}

func TestEveryScenarioHasANameOfItsOwn(t *testing.T) {
	g := NewWithT(t)
	names := make(map[string]bool)
	for _, scenario := range All() {
		g.Expect(names).NotTo(HaveKey(scenario.Name))
		names[scenario.Name] = true
	}
}
