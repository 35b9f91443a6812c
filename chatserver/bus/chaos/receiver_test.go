package chaos_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/chaos"
)

// arrivals notes what arrives, and is a bus.Receiver.
type arrivals struct {
	mu   sync.Mutex
	list []string
}

func (a *arrivals) Receive(channel bus.Channel, payload []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, channel.String()+":"+string(payload))
}

func (a *arrivals) Resubscribed(bus.Channel) {}

func (a *arrivals) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}

var channel = bus.Channel{Family: bus.Conversations, Partition: 7}

// receive sends numbered payloads through a plan and returns what arrived.
func receive(t *testing.T, text string, count int) []string {
	t.Helper()
	plan, err := chaos.ParsePlan(text)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Log("seed", plan.Seed)
	var target arrivals
	receiver := chaos.NewReceiver(plan, &target)
	for number := range count {
		receiver.Receive(channel, fmt.Appendf(nil, "%d", number))
	}
	receiver.Close()
	return target.all()
}

// inOrder compares numbered payloads of one channel.
func inOrder(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func TestWithoutAPlanEverythingArrivesInOrder(t *testing.T) {
	NewWithT(t).Expect(receive(t, "", 3)).To(Equal([]string{"c7:0", "c7:1", "c7:2"}))
}

func TestNothingArrivesWhileItIsMute(t *testing.T) {
	g := NewWithT(t)
	mute := filepath.Join(t.TempDir(), "mute")
	g.Expect(receive(t, "mute="+mute, 2)).To(HaveLen(2))
	g.Expect(os.WriteFile(mute, nil, 0o600)).To(Succeed())
	g.Expect(receive(t, "mute="+mute, 2)).To(BeEmpty())
}

func TestAPlanDropsDoublesAndReorders(t *testing.T) {
	g := NewWithT(t)
	g.Expect(len(receive(t, "drop=0.5", 1000))).To(BeNumerically("~", 500, 100))
	g.Expect(len(receive(t, "double=0.5", 1000))).To(BeNumerically("~", 1500, 100))
	reordered := receive(t, "reorder=0.5", 1001)
	g.Expect(len(reordered)).To(BeNumerically(">=", 1000))
	g.Expect(slices.IsSortedFunc(reordered, inOrder)).To(BeFalse())
}

func TestALatePayloadArrivesUnlessItIsClosedBefore(t *testing.T) {
	g := NewWithT(t)
	var target arrivals
	receiver := chaos.NewReceiver(chaos.Plan{Delay: time.Millisecond}, &target)
	receiver.Receive(channel, []byte("late"))
	g.Eventually(target.all).WithTimeout(10 * time.Second).Should(HaveLen(1))
	receiver.Close()
	g.Expect(receive(t, "delay=24h", 10)).To(BeEmpty())
}

func TestAPlanThatCannotBeReadIsAnError(t *testing.T) {
	for _, text := range []string{"drop", "drop=often", "delay=5", "lose=0.1"} {
		_, err := chaos.ParsePlan(text)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring(strings.SplitN(text, "=", 2)[0])))
	}
}
