package chat

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/tracing"
)

const (
	// committers is how many groups are under way at most.
	committers = 4
	// maxGroup bounds the messages of one commit: larger groups share an fsync
	// no better but keep their conversations locked for longer.
	maxGroup = 256
	// appendTimeout bounds one attempt; sendTimeout bounds a send with all its
	// attempts.
	appendTimeout = 5 * time.Second
	sendTimeout   = 10 * time.Second
)

// pendingSend is a message on its way into the store.
type pendingSend struct {
	ctx      context.Context // of the caller: a send that nobody waits for any more is not begun
	message  store.NewMessage
	author   *model.Author // goes along with the message, or nil
	span     tracing.Span
	deadline time.Time
	retried  bool // an attempt failed, and may have been committed all the same
	done     func(store.AppendOutcome, error)
}

func answerAll(group []*pendingSend, err error) {
	for _, pending := range group {
		pending.done(store.AppendOutcome{}, translate(err))
	}
}

// appender commits messages in groups: messages that come while the commits are
// under way, or soon after the last one began, go together in the next. A quiet
// server adds no delay, a busy one shares each commit, its announcement and the
// wakes of all that take part in it.
type appender struct {
	store      store.Store
	publisher  *publisher
	metrics    *Metrics
	tracer     *tracing.Tracer
	now        func() time.Time
	queue      *sendQueue
	sideline   *sideline
	committing sync.WaitGroup
}

func newAppender(dependencies Dependencies, publisher *publisher) *appender {
	a := &appender{
		store: dependencies.Store, publisher: publisher,
		metrics: dependencies.Metrics, tracer: dependencies.Tracer, now: dependencies.Now,
		queue: newSendQueue(dependencies.Now),
	}
	a.sideline = newSideline(a)
	for range committers {
		a.committing.Go(a.run)
	}
	return a
}

func (a *appender) submit(ctx context.Context, message store.NewMessage, author *model.Author, done func(store.AppendOutcome, error)) {
	pending := &pendingSend{
		ctx: ctx, message: message, author: author, span: a.tracer.SpanOf(ctx),
		deadline: a.now().Add(sendTimeout), done: done,
	}
	if !a.queue.add(pending) {
		pending.done(store.AppendOutcome{}, model.ErrDraining)
	}
}

func (a *appender) run() {
	for {
		group, open := a.queue.next()
		if !open {
			return
		}
		if rest := a.sideline.divert(group); len(rest) > 0 {
			a.commit(rest)
		}
		a.queue.finished(group)
	}
}

// commit stores a group. If that fails for a reason that may pass, the group is
// split until the conversation that cannot be stored now stands alone; it goes
// to the sideline and the others do not wait for it.
func (a *appender) commit(group []*pendingSend) {
	group = a.waitedFor(group)
	if len(group) == 0 {
		return
	}
	err := a.attempt(group)
	switch {
	case err == nil:
	case !store.IsRetryable(err):
		answerAll(group, err)
	case fault(faultRefuseUnknown):
		answerAll(group, model.ErrConversationNotFound)
	default:
		if first, second, ok := splitByConversation(group); ok {
			a.commit(first)
			a.commit(second)
			return
		}
		a.sideline.add(group)
	}
}

// attempt stores the group once; a nil error means that everybody is answered.
func (a *appender) attempt(group []*pendingSend) error {
	messages := make([]store.NewMessage, len(group))
	for i, pending := range group {
		messages[i] = pending.message
	}
	ctx, cancel := context.WithTimeout(context.Background(), appendTimeout)
	defer cancel()
	started := a.now()
	span := a.startCommit(group)
	outcomes, err := a.store.Append(ctx, messages)
	span.End(translate(err))
	if err != nil {
		a.metrics.appendFailures.Inc()
		for _, pending := range group {
			pending.retried = true
			if fault(faultNewClientID) {
				pending.message.ClientID += "-again"
			}
		}
		return err
	}
	a.metrics.appends.Observe(a.now().Sub(started).Seconds())
	a.metrics.groupSize.Observe(float64(len(group)))
	for i, pending := range group {
		outcomes[i].Message.Author = pending.author
	}
	a.publisher.dependencies.Local.Together(func() {
		a.announce(group, outcomes)
		for i, pending := range group {
			pending.done(outcomes[i], nil)
		}
	})
	return nil
}

// announce publishes what is new. A duplicate is new too when an earlier attempt
// of ours may have stored it without our knowing; readers drop what they have.
func (a *appender) announce(group []*pendingSend, outcomes []store.AppendOutcome) {
	events := make([]model.Event, 0, len(outcomes))
	var spans []tracing.Span
	for i := range outcomes {
		outcome := &outcomes[i]
		if outcome.Err != nil || (outcome.Duplicate && !group[i].retried) {
			continue
		}
		outcome.Duplicate = outcome.Duplicate && !group[i].retried
		if group[i].span.Sampled() {
			// Those before it are not sampled.
			spans = append(spans, make([]tracing.Span, len(events)-len(spans))...)
			spans = append(spans, group[i].span)
		}
		events = append(events, model.Event{
			Kind: model.MessageCreated, ConversationID: outcome.Message.Conversation,
			Rev: outcome.Message.CreatedRev, Message: &outcome.Message,
		})
	}
	a.publisher.publish(announcement{events: events, spans: spans})
}

// waitedFor answers and leaves out the sends whose caller is gone.
func (a *appender) waitedFor(group []*pendingSend) []*pendingSend {
	kept := group[:0:0]
	now := a.now()
	for _, pending := range group {
		if err := pending.ctx.Err(); err != nil || now.After(pending.deadline) {
			pending.done(store.AppendOutcome{}, model.ErrUnavailable.Because(err))
			continue
		}
		kept = append(kept, pending)
	}
	return kept
}

// splitByConversation halves the conversations of a group; it reports false
// when there is only one.
func splitByConversation(group []*pendingSend) (first, second []*pendingSend, ok bool) {
	order := make(map[model.ConversationID]int)
	for _, pending := range group {
		if _, seen := order[pending.message.Conversation]; !seen {
			order[pending.message.Conversation] = len(order)
		}
	}
	if len(order) < 2 {
		return nil, nil, false
	}
	for _, pending := range group {
		if order[pending.message.Conversation] < len(order)/2 {
			first = append(first, pending)
		} else {
			second = append(second, pending)
		}
	}
	return first, second, true
}

// close stops taking messages and waits until every one is answered.
func (a *appender) close() {
	a.queue.close()
	a.committing.Wait()
	a.sideline.close()
}
