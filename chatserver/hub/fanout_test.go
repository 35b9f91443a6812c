package hub_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/test/pod"
)

// fannedOut reads the histogram of a pod's fan-outs: how many there were from
// the source, and their seconds together.
func fannedOut(t *testing.T, target *pod.Pod, source string) (count uint64, seconds float64) {
	t.Helper()
	families, err := target.Metrics.Gather()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() != "chat_fanout_seconds" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetLabel()[0].GetValue() == source {
				return metric.GetHistogram().GetSampleCount(), metric.GetHistogram().GetSampleSum()
			}
		}
	}
	t.Fatalf("there is no fan-out from %s", source)
	return 0, 0
}

func TestAChangeIsTimedOncePerPodHoweverManySessionsFollow(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{Timing: slow})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	sender, reader := project.Start(t), project.Start(t)
	var sockets []*pod.Socket
	for _, target := range []*pod.Pod{sender, reader, sender, reader, reader} {
		sockets = append(sockets, target.Open(t, pod.Bearer(project.Token(t, ada))))
	}
	const messages = 3
	for i := range messages {
		send(t, sender, ada, conversation.ID, fmt.Sprint(i))
	}
	for _, socket := range sockets {
		g.Expect(nextSeqs(t, socket, messages)).To(Equal(upTo(messages)))
	}
	count := func(target *pod.Pod, source string) func() uint64 {
		return func() uint64 {
			count, _ := fannedOut(t, target, source)
			return count
		}
	}
	g.Eventually(count(sender, "local")).Should(BeEquivalentTo(messages))
	g.Eventually(count(reader, "bus")).Should(BeEquivalentTo(messages))
	g.Expect(count(sender, "bus")()).To(BeZero(), "what a pod published itself is not another's")
	g.Expect(count(reader, "local")()).To(BeZero())
}

// hasChange tells a publication of a change from one that has signals only.
func hasChange(publication bus.Publication) bool {
	found := false
	any := func(byte, int64) bool { return true }
	err := envelope.Read(publication.Payload, 0, any, func(item envelope.Item) { found = found || item.Change != nil })
	return err == nil && found
}

func TestTheTimeOfAChangeHasTheWaitForALostOneInIt(t *testing.T) {
	g := NewWithT(t)
	var mu sync.Mutex
	dropped := false
	project := faultyProject(t, slow, func(_ *faultyBus, p bus.Publication) []bus.Publication {
		mu.Lock()
		defer mu.Unlock()
		if hasChange(p) && !dropped {
			dropped = true
			return nil
		}
		return []bus.Publication{p}
	})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	sender, reader := project.Start(t), project.Start(t)
	socket := reader.Open(t, pod.Bearer(project.Token(t, ada)))
	send(t, sender, ada, conversation.ID, "lost")
	g.Eventually(func() bool {
		mu.Lock()
		defer mu.Unlock()
		return dropped
	}).Should(BeTrue())
	send(t, sender, ada, conversation.ID, "early")
	g.Expect(nextSeqs(t, socket, 2)).To(Equal(upTo(2)))
	seconds := func() time.Duration {
		_, seconds := fannedOut(t, reader, "bus")
		return time.Duration(seconds * float64(time.Second))
	}
	g.Eventually(seconds).Should(BeNumerically(">=", slow.GapWait))
}
