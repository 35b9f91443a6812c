package chat

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// queueBench is a queue whose groups a test takes itself, on a clock that moves
// only while everybody waits.
type queueBench struct {
	*sendQueue
	started time.Time
}

// inQueueBench runs a test in which a first group has just begun: the next one
// has to keep the pace.
func inQueueBench(t *testing.T, test func(g Gomega, q queueBench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		q := queueBench{sendQueue: newSendQueue(time.Now), started: time.Now()}
		q.say("0:first")
		g.Expect(q.take(g)).To(Equal("0:first"))
		g.Expect(q.elapsed()).To(BeZero(), "a quiet server adds no delay")
		test(g, q)
	})
}

// say adds messages, each written as conversation:text.
func (q queueBench) say(messages ...string) {
	for _, message := range messages {
		conversation, _, _ := strings.Cut(message, ":")
		id, _ := strconv.ParseInt(conversation, 10, 64)
		q.add(&pendingSend{message: store.NewMessage{Conversation: model.ConversationID(id), Content: []byte(message)}})
	}
}

// take gives the next group as one line.
func (q queueBench) take(g Gomega) string {
	group, open := q.next()
	g.Expect(open).To(BeTrue())
	return written(group)
}

func (q queueBench) elapsed() time.Duration { return time.Since(q.started) }

func written(group []*pendingSend) string {
	texts := make([]string, len(group))
	for i, pending := range group {
		texts[i] = string(pending.message.Content)
	}
	return strings.Join(texts, " ")
}

func TestACommitBeginsNoSoonerThanThePaceAfterTheOneBefore(t *testing.T) {
	inQueueBench(t, func(g Gomega, q queueBench) {
		q.say("1:a")
		go func() {
			time.Sleep(commitPace / 2)
			q.say("2:b")
		}()
		g.Expect(q.take(g)).To(Equal("1:a 2:b"), "what comes meanwhile goes along")
		g.Expect(q.elapsed()).To(Equal(commitPace))

		time.Sleep(commitPace)
		q.say("3:c")
		g.Expect(q.take(g)).To(Equal("3:c"))
		g.Expect(q.elapsed()).To(Equal(2*commitPace), "after a quiet time there is no delay")
	})
}

func TestManyMessagesDoNotWaitForThePace(t *testing.T) {
	inQueueBench(t, func(g Gomega, q queueBench) {
		for i := range promptGroup - 1 {
			q.say(strconv.Itoa(i+1) + ":x")
		}
		go func() {
			time.Sleep(time.Millisecond)
			q.say("100:last")
		}()
		g.Expect(strings.Fields(q.take(g))).To(HaveLen(promptGroup))
		g.Expect(q.elapsed()).To(Equal(time.Millisecond))

		q.say("200:a")
		g.Expect(q.take(g)).To(Equal("200:a"))
		g.Expect(q.elapsed()).To(Equal(time.Millisecond+commitPace), "that there were many before does not count")
	})
}

func TestAConversationIsInOneGroupAtATime(t *testing.T) {
	inQueueBench(t, func(g Gomega, q queueBench) {
		q.say("1:a")
		first, _ := q.next()
		q.say("1:b", "2:x", "1:c")
		g.Expect(q.take(g)).To(Equal("2:x"))
		taken := make(chan string)
		go func() { taken <- q.take(g) }()
		synctest.Wait()
		g.Expect(taken).NotTo(Receive())
		q.finished(first)
		g.Expect(<-taken).To(Equal("1:b 1:c"))
	})
}

func TestAGroupIsBoundedAndLeavesTheRestInOrder(t *testing.T) {
	inQueueBench(t, func(g Gomega, q queueBench) {
		var said []string
		for i := range maxGroup + 10 {
			said = append(said, "1:"+strconv.Itoa(i))
		}
		q.say(said...)
		q.say("2:x")
		group, _ := q.next()
		g.Expect(written(group)).To(Equal(strings.Join(said[:maxGroup], " ")))
		g.Expect(q.take(g)).To(Equal("2:x"))
		q.finished(group)
		g.Expect(q.take(g)).To(Equal(strings.Join(said[maxGroup:], " ")))
	})
}

func TestAClosedQueueGivesWhatWaitsAndThenEndsForEverybody(t *testing.T) {
	inQueueBench(t, func(g Gomega, q queueBench) {
		q.say("1:a")
		first, _ := q.next()
		q.say("1:b", "2:x")
		var groups []string
		ended := make(chan []string)
		for range committers {
			go func() {
				var mine []string
				for {
					group, open := q.next()
					if !open {
						break
					}
					mine = append(mine, written(group))
					q.finished(group)
				}
				ended <- mine
			}()
		}
		q.close()
		g.Expect(q.add(&pendingSend{})).To(BeFalse())
		time.Sleep(commitPace)
		synctest.Wait()
		g.Expect(ended).NotTo(Receive(), "a message waits for the group before it")
		q.finished(first)
		q.finished([]*pendingSend{{message: store.NewMessage{Conversation: 0}}})
		for range committers {
			groups = append(groups, <-ended...)
		}
		slices.Sort(groups)
		g.Expect(groups).To(Equal([]string{"1:b", "2:x"}))
	})
}
