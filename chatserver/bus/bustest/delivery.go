package bustest

import (
	"fmt"
	"strings"
	"sync"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
)

var deliveryRules = []rule{
	{"everything published after Subscribe returned arrives in order at every subscriber and the publisher", deliversInOrder},
	{"what is published right after Subscribe returned arrives", deliversAtOnce},
	{"a payload arrives as it was published", deliversBytes},
	{"the bytes of a payload may be used again once Publish returned", deliversCopies},
	{"one call of Publish may concern many channels", deliversGroups},
	{"a channel that is not subscribed to brings nothing", deliversOnlyWanted},
	{"after Unsubscribe and Subscribe again everything arrives", deliversAgain},
	{"all partitions of both families work at once", deliversAll},
	{"concurrent publishers each keep their order", deliversConcurrent},
}

var (
	room   = bus.Channel{Family: bus.Conversations, Partition: 17}
	other  = bus.Channel{Family: bus.Conversations, Partition: 255}
	person = bus.Channel{Family: bus.Users, Partition: 17}
)

func numbers(prefix string, count int) []string {
	var texts []string
	for i := range count {
		texts = append(texts, fmt.Sprint(prefix, i))
	}
	return texts
}

func deliversInOrder(f *fixture) {
	publisher, reader := f.pod(), f.pod()
	publisher.subscribe(room)
	reader.subscribe(room)
	payloads := numbers("m", 500)
	for i := 0; i < len(payloads); i += 5 {
		publisher.publish(room, payloads[i:i+5]...)
	}
	publisher.expect(room, payloads...)
	reader.expect(room, payloads...)
}

func deliversAtOnce(f *fixture) {
	publisher := f.pod()
	for i := range 10 {
		reader := f.pod()
		channel := bus.Channel{Family: bus.Conversations, Partition: uint8(i)}
		reader.subscribe(channel)
		publisher.publish(channel, "first")
		reader.expect(channel, "first")
	}
}

func deliversBytes(f *fixture) {
	reader := f.pod()
	reader.subscribe(room)
	payloads := []string{"", "\x00\xff\r\n$-1\r\n", strings.Repeat("long ", 100_000)}
	reader.publish(room, payloads...)
	reader.expect(room, payloads...)
}

func deliversCopies(f *fixture) {
	reader := f.pod()
	reader.subscribe(room)
	payload := []byte("000")
	var expected []string
	for i := range 200 {
		copy(payload, fmt.Sprintf("%03d", i))
		expected = append(expected, string(payload))
		f.Expect(reader.bus.Publish(f.t.Context(), []bus.Publication{{Channel: room, Payload: payload}})).To(Succeed())
	}
	reader.expect(room, expected...)
}

func deliversGroups(f *fixture) {
	publisher, reader := f.pod(), f.pod()
	channels := AllChannels()[:64]
	reader.subscribe(channels...)
	var publications []bus.Publication
	for _, payload := range []string{"a", "b"} {
		for _, channel := range channels {
			publications = append(publications, bus.Publication{Channel: channel, Payload: []byte(payload)})
		}
	}
	f.Expect(publisher.bus.Publish(f.t.Context(), publications)).To(Succeed())
	for _, channel := range channels {
		reader.expect(channel, "a", "b")
	}
	f.Expect(publisher.bus.Publish(f.t.Context(), nil)).To(Succeed())
}

func deliversOnlyWanted(f *fixture) {
	without, with := f.pod(), f.pod()
	without.subscribe(room)
	with.subscribe(room, other, person)
	for i := range 20 {
		without.publish(other, fmt.Sprint("o", i))
		without.publish(person, fmt.Sprint("p", i))
		without.publish(room, fmt.Sprint("r", i))
	}
	with.expect(other, numbers("o", 20)...)
	with.expect(person, numbers("p", 20)...)
	without.expect(room, numbers("r", 20)...)
	f.Expect(without.Payloads(other)).To(BeEmpty())
	f.Expect(without.Payloads(person)).To(BeEmpty())
}

func deliversAgain(f *fixture) {
	publisher, reader := f.pod(), f.pod()
	for i := range 50 {
		reader.subscribe(room, person)
		publisher.publish(room, fmt.Sprint("m", i))
		reader.expect(room, numbers("m", i+1)...)
		reader.bus.Unsubscribe([]bus.Channel{room})
	}
	// Without waiting in between: only the last answer of the server counts.
	for range 50 {
		reader.bus.Unsubscribe([]bus.Channel{other})
		reader.subscribe(other)
	}
	publisher.publish(other, "last")
	reader.expect(other, "last")
	f.Expect(reader.Resubscriptions()).To(BeEmpty())
}

func deliversAll(f *fixture) {
	publisher, reader := f.pod(), f.pod()
	reader.subscribe(AllChannels()...)
	for _, channel := range AllChannels() {
		publisher.publish(channel, channel.String())
	}
	for _, channel := range AllChannels() {
		reader.expect(channel, channel.String())
	}
	f.Expect(reader.bus.Healthy()).To(BeTrue())
}

func deliversConcurrent(f *fixture) {
	const publishers, each = 8, 100
	pods := []*pod{f.pod(), f.pod()}
	for _, one := range pods {
		one.subscribe(room, other)
	}
	var running sync.WaitGroup
	for publisher := range publishers {
		running.Go(func() {
			for i := range each {
				payload := []byte(fmt.Sprintf("%d:%d", publisher, i))
				f.Expect(pods[publisher%2].bus.Publish(f.t.Context(), []bus.Publication{
					{Channel: room, Payload: payload}, {Channel: other, Payload: payload},
				})).To(Succeed())
			}
		})
	}
	running.Wait()
	for _, one := range pods {
		for _, channel := range []bus.Channel{room, other} {
			f.Eventually(func() []string { return one.Payloads(channel) }, Patience, "5ms").Should(HaveLen(publishers * each))
			next := make(map[string]int)
			for _, payload := range one.Payloads(channel) {
				publisher, number, _ := strings.Cut(payload, ":")
				f.Expect(number).To(Equal(fmt.Sprint(next[publisher])))
				next[publisher]++
			}
		}
	}
}
