package chat

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/tracing"
)

const (
	// publishTimeout bounds one hand-over to the bus.
	publishTimeout = time.Second
	// maxPublishQueue bounds the changes that wait for a slow bus, in bytes.
	maxPublishQueue = 8 << 20
)

// publisher announces committed changes: at once to this pod's sessions, and
// through one goroutine, hence in order, to the other pods. While one hand-over
// is under way the next ones gather, so that a busy server publishes once per
// partition and group.
type publisher struct {
	dependencies Dependencies
	wake         chan struct{}
	done         chan struct{}

	mu     sync.Mutex
	queued bundle
	bytes  int
	closed bool
}

// announcement is what is told of one commit.
type announcement struct {
	events  []model.Event
	notices []envelope.Notice
	signals []model.Signal
	spans   []tracing.Span // by event, inside what its way is traced; as far as any is sampled
}

// bundle is announcements in the form of the bus.
type bundle struct {
	changes []envelope.Change
	notices []envelope.Notice
	signals []model.Signal
	spans   []tracing.Span // of the way of the sampled changes
}

func (b bundle) size() int {
	size := 0
	for _, change := range b.changes {
		size += len(change.Body)
	}
	for _, signal := range b.signals {
		size += len(signal.Body)
	}
	return size
}

func (b bundle) count() int { return len(b.changes) + len(b.notices) + len(b.signals) }

func newPublisher(dependencies Dependencies) *publisher {
	p := &publisher{dependencies: dependencies, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go p.run()
	return p
}

// publish never blocks. It is called after the commit, and in commit order
// where one caller commits several changes of a conversation.
func (p *publisher) publish(announced announcement) {
	bundled := bundle{
		changes: make([]envelope.Change, 0, len(announced.events)),
		notices: announced.notices, signals: announced.signals,
	}
	arrival := envelope.Arrival{At: p.dependencies.Now()}
	for i, event := range announced.events {
		change, err := envelope.NewChange(event)
		if err != nil {
			// The sweep of every pod finds the change in the store.
			p.dependencies.Logger.Error("announce a change", "conversation", event.ConversationID, "rev", event.Rev, "error", err)
			continue
		}
		change.Arrival = arrival
		if i < len(announced.spans) && announced.spans[i].Sampled() {
			span := p.startPublish(event, announced.spans[i])
			change.Origin = span.Origin()
			bundled.spans = append(bundled.spans, span)
		}
		bundled.changes = append(bundled.changes, change)
	}
	local := p.dependencies.Local
	local.Deliver(bundled.changes)
	local.Notify(bundled.notices)
	local.Signal(bundled.signals)

	size := bundled.size()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.bytes+size > maxPublishQueue {
		p.dependencies.Metrics.dropped.Add(float64(bundled.count()))
		endAll(bundled.spans, model.ErrUnavailable)
		return
	}
	p.queued.changes = append(p.queued.changes, bundled.changes...)
	p.queued.notices = append(p.queued.notices, bundled.notices...)
	p.queued.signals = append(p.queued.signals, bundled.signals...)
	p.queued.spans = append(p.queued.spans, bundled.spans...)
	p.bytes += size
	signal(p.wake)
}

func (p *publisher) run() {
	defer close(p.done)
	for range p.wake {
		for {
			publications, spans := p.take()
			if len(publications) == 0 {
				break
			}
			ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
			p.dependencies.Metrics.published.Add(float64(len(publications)))
			err := p.dependencies.Bus.Publish(ctx, publications)
			cancel()
			endAll(spans, translate(err))
			if err != nil {
				p.dependencies.Metrics.failed.Add(float64(len(publications)))
			}
		}
	}
}

// take empties the queue into one publication per partition, with the spans of
// its sampled changes.
func (p *publisher) take() ([]bus.Publication, []tracing.Span) {
	p.mu.Lock()
	queued := p.queued
	p.queued, p.bytes = bundle{}, 0
	p.mu.Unlock()

	var publications []bus.Publication
	index := make(map[bus.Channel]int)
	payload := func(channel bus.Channel) *[]byte {
		i, ok := index[channel]
		if !ok {
			i = len(publications)
			index[channel] = i
			publications = append(publications, bus.Publication{Channel: channel, Payload: envelope.New(p.dependencies.Pod)})
		}
		return &publications[i].Payload
	}
	for _, change := range queued.changes {
		into := payload(bus.ConversationChannel(change.Conversation))
		*into = envelope.AppendChange(*into, change)
	}
	for _, notice := range queued.notices {
		into := payload(bus.UserChannel(notice.User))
		*into = envelope.AppendNotice(*into, notice)
	}
	for _, signal := range queued.signals {
		channel := bus.ConversationChannel(signal.Conversation)
		if signal.User != 0 {
			channel = bus.UserChannel(signal.User)
		}
		into := payload(channel)
		*into = envelope.AppendSignal(*into, signal)
	}
	return publications, queued.spans
}

// close hands over what is queued and waits.
func (p *publisher) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.wake)
	}
	p.mu.Unlock()
	<-p.done
}
