package bustest

import (
	"context"
	"sync"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
)

var lifecycleRules = []rule{
	{"after Close no method of the receiver runs", closeIsFinal},
	{"a closed bus refuses work and is not healthy", closedRefuses},
	{"subscribing again is no error", subscribeAgain},
	{"subscribing and unsubscribing at the same time ends as the last call wants", subscribeConcurrently},
}

// remoteRules are for engines whose Subscribe waits for a server.
var remoteRules = []rule{
	{"Subscribe with a context that ended returns, and Resubscribed is called later", subscribeCancelled},
}

func closeIsFinal(f *fixture) {
	publisher := f.pod()
	ctx, stop := context.WithCancel(f.t.Context())
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for ctx.Err() == nil {
			// It fails once the test stops it, and only then.
			_ = publisher.bus.Publish(ctx, []bus.Publication{{Channel: room, Payload: []byte("again")}})
		}
	})
	for range 5 {
		reader := f.pod()
		reader.subscribe(room)
		f.Eventually(func() []string { return reader.Payloads(room) }, Patience, "1ms").ShouldNot(BeEmpty())
		reader.close()
		// Payloads still flow while the others check theirs.
		another := f.pod()
		another.subscribe(room)
		f.Eventually(func() []string { return another.Payloads(room) }, Patience, "1ms").ShouldNot(BeEmpty())
		f.Expect(reader.Wrong()).To(BeEmpty())
	}
	stop()
	publishing.Wait()
}

func closedRefuses(f *fixture) {
	closed := f.pod()
	closed.subscribe(room)
	f.Eventually(closed.bus.Healthy, Patience, "1ms").Should(BeTrue())
	closed.close()
	f.Expect(closed.bus.Healthy()).To(BeFalse())
	f.Expect(closed.bus.Subscribe(f.t.Context(), []bus.Channel{other})).NotTo(Succeed())
	f.Expect(closed.bus.Publish(f.t.Context(), []bus.Publication{{Channel: room}})).NotTo(Succeed())
	closed.bus.Unsubscribe([]bus.Channel{room})
}

func subscribeAgain(f *fixture) {
	reader := f.pod()
	reader.subscribe(room)
	reader.subscribe(room, other, other)
	reader.publish(room, "once")
	reader.publish(other, "once")
	reader.publish(room, "more")
	reader.expect(room, "once", "more")
	reader.expect(other, "once")
	f.Expect(reader.Resubscriptions()).To(BeEmpty())
}

func subscribeConcurrently(f *fixture) {
	reader := f.pod()
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 25 {
				ctx, cancel := context.WithTimeout(f.t.Context(), Patience)
				// Another goroutine may end it meanwhile, which is an error.
				_ = reader.bus.Subscribe(ctx, []bus.Channel{room})
				f.Expect(ctx.Err()).NotTo(HaveOccurred(), "Subscribe hung")
				cancel()
				reader.bus.Unsubscribe([]bus.Channel{room})
			}
		})
	}
	running.Wait()
	reader.subscribe(room)
	reader.publish(room, "last")
	reader.expect(room, "last")
}

func subscribeCancelled(f *fixture) {
	reader := f.pod()
	ended, cancel := context.WithCancel(f.t.Context())
	cancel()
	f.Expect(reader.bus.Subscribe(ended, AllChannels())).To(MatchError(context.Canceled))
	f.Eventually(reader.Resubscriptions, Patience, "1ms").Should(HaveLen(len(AllChannels())))
	f.Expect(reader.bus.Healthy()).To(BeTrue())
	reader.publish(room, "late")
	reader.expect(room, "late")
}
