package load

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// answers has a worker work through lines and returns what it answers.
func answers(t *testing.T, lines ...string) []response {
	t.Helper()
	g := NewWithT(t)
	var output strings.Builder
	g.Expect(Work(t.Context(), 0, strings.NewReader(strings.Join(lines, "\n")), &output)).To(Succeed())
	var all []response
	for decoder := json.NewDecoder(strings.NewReader(output.String())); decoder.More(); {
		var each response
		g.Expect(decoder.Decode(&each)).To(Succeed())
		all = append(all, each)
	}
	return all
}

func TestAWorkerAnswersEachRequestAndEndsWithItsInput(t *testing.T) {
	g := NewWithT(t)
	all := answers(t, `{"operation":"stats"}`, `{"operation":"dance"}`, `{"operation":"send","body":{"senders":[]}}`,
		`{"operation":"send","body":7}`, `{"operation":"sends"}`)
	g.Expect(all).To(HaveLen(5))
	g.Expect(all[0].Error).To(BeEmpty())
	g.Expect(string(all[0].Body)).To(ContainSubstring(`"deliveries":0`))
	g.Expect(all[1].Error).To(ContainSubstring("dance"))
	g.Expect(all[2].Error).To(Equal(errNoSenders.Error()))
	g.Expect(all[3].Error).To(ContainSubstring("decode a request"))
	g.Expect(string(all[4].Body)).To(Equal("[]"))
}

func TestAWorkerStopsAtWhatIsNoRequest(t *testing.T) {
	err := Work(t.Context(), 0, strings.NewReader("stop\n"), io.Discard)
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("read a request")))
}

func TestBareWritesAreCountedWithWhatTheyCost(t *testing.T) {
	g := NewWithT(t)
	w := &worker{}
	address, err := w.sink(t.Context(), nothing{})
	g.Expect(err).NotTo(HaveOccurred())
	for _, rounds := range []float64{0, 100} {
		written, err := w.write(t.Context(), Write{Address: address, Sockets: 3, Bytes: 200, Seconds: 0.1, RoundsPerSecond: rounds})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(written.Writes).To(BeNumerically(">=", 3))
		g.Expect(written.CPUNanoseconds).To(BeNumerically(">", 0))
	}
	g.Expect(w.close()).To(Succeed())
}

func TestSendersAreDividedAmongTheWorkersThatHaveTheirSessions(t *testing.T) {
	g := NewWithT(t)
	first, second, third := &hand{}, &hand{}, &hand{}
	crew := &Crew{workers: []*hand{first, second, third}}
	busy, orders := crew.divide(Send{
		Senders: []Sender{{Session: 0, Conversation: 10}, {Session: 3, Conversation: 11}, {Session: 5, Conversation: 12}},
		Seconds: 2, PerSecond: 30, Bytes: 40,
	})
	g.Expect(busy.workers).To(HaveExactElements(BeIdenticalTo(first), BeIdenticalTo(third)))
	g.Expect(orders).To(Equal([]Send{
		{Senders: []Sender{{Session: 0, Conversation: 10}, {Session: 1, Conversation: 11}}, Seconds: 2, PerSecond: 20, Bytes: 40},
		{Senders: []Sender{{Session: 1, Conversation: 12}}, Seconds: 2, PerSecond: 10, Bytes: 40},
	}))
}

func TestAnotherWorkerMakesTheSameTextAgain(t *testing.T) {
	g := NewWithT(t)
	there, here := newTexts(3), newTexts(3)
	g.Expect(there.clientID(7)).To(Equal("3-7"))
	g.Expect(there.content(7, 10)).To(Equal(`{"text":"3-7......."}`))
	g.Expect(there.content(7, 1)).To(Equal(`{"text":"3-7"}`))
	g.Expect(there.digest(7, 10)).To(Equal(here.digest(7, 10)))
	g.Expect(there.digest(7, 10)).NotTo(Equal(newTexts(4).digest(7, 10)))
}

func TestAFrameIsDecodedOnceForAllSessions(t *testing.T) {
	g := NewWithT(t)
	line := []byte(`{"event":"message.created","conversation":"1000000000001","rev":2,"data":{"id":"1000000000005","conversation":"1000000000001","seq":1,"createdRev":2,"rev":2,"clientId":"0-0","sender":"1000000000000","content":{"text":"hi"}}}`)
	var cache frameCache
	first, err := cache.event(line)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(first.Rev).To(Equal(int64(2)))
	g.Expect(first.Message.Seq).To(Equal(int64(1)))
	second, err := cache.event(line)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(second).To(Equal(first))
	g.Expect(cache.young).To(HaveLen(1))
	signal, err := cache.event([]byte(`{"event":"presence.changed","conversation":"1000000000001","data":{}}`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(signal.Rev).To(BeZero())
	for _, bad := range []string{"", `{"event":"member.added","conversation":"1","rev":3,"data":{}}`, `{"event":"message.created","rev":3,"data":7}`} {
		_, err = cache.event([]byte(bad))
		g.Expect(err).To(HaveOccurred(), bad)
	}
}

func TestTheCacheOfFramesStaysBounded(t *testing.T) {
	g := NewWithT(t)
	var cache frameCache
	for rev := range 3 * cachedFrames {
		line, err := json.Marshal(map[string]any{"event": "typing.started", "data": rev})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = cache.event(line)
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(len(cache.young) + len(cache.older)).To(BeNumerically("<=", 2*cachedFrames))
}

func TestAWorkerThatFailsSaysWhy(t *testing.T) {
	g := NewWithT(t)
	requests, toWorker := io.Pipe()
	fromWorker, replies := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Work(context.WithoutCancel(t.Context()), 0, requests, replies) }()
	crew := &Crew{workers: []*hand{{encoder: json.NewEncoder(toWorker), decoder: json.NewDecoder(fromWorker)}}}
	_, err := crew.Send(Send{Senders: []Sender{{Session: 0}}, Seconds: 0.01, PerSecond: 1})
	g.Expect(err).To(MatchError(errWorker))
	g.Expect(err).To(MatchError(ContainSubstring("session")))
	g.Expect(toWorker.Close()).To(Succeed())
	g.Expect(<-ended).To(Succeed())
}
