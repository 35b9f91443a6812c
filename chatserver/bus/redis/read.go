package redis

import (
	"errors"
	"fmt"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// read takes what arrives on the connection, until it fails.
func (l *link) read() {
	for {
		received, err := l.pubsub.Receive(l.bus.ctx)
		if l.bus.ctx.Err() != nil {
			return
		}
		l.heard.Store(time.Now().UnixNano())
		if err == nil {
			err = l.take(received)
		} else {
			err = l.takeError(err)
		}
		if err != nil {
			l.fail(err)
			return
		}
	}
}

func (l *link) take(received any) error {
	switch received := received.(type) {
	case *goredis.Message:
		if channel, ok := l.bus.names.channels[received.Channel]; ok {
			l.bus.deliveries.receive(channel, []byte(received.Payload))
		}
		return nil
	case *goredis.Subscription:
		return l.takeAnswer(received)
	}
	return fmt.Errorf("an answer of an unexpected type %T", received)
}

// takeAnswer matches an answer with the oldest request. Redis also sends
// sunsubscribe on its own when a slot leaves the node.
func (l *link) takeAnswer(answer *goredis.Subscription) error {
	l.mu.Lock()
	if len(l.sent) == 0 || l.sent[0].kind != answer.Kind || l.sent[0].names[0] != answer.Channel {
		l.mu.Unlock()
		if answer.Kind == unsubscribe {
			return errMoved
		}
		return fmt.Errorf("an answer %s to no request", answer)
	}
	l.sent[0].names = l.sent[0].names[1:]
	if len(l.sent[0].names) == 0 {
		l.sent = l.sent[1:]
	}
	// The answer that counts is the last: between two subscriptions to one
	// channel lies an unsubscription.
	last := l.answered(answer.Channel)
	l.mu.Unlock()
	if last && answer.Kind == subscribe {
		l.bus.confirmed(l, answer.Channel)
	}
	return nil
}

// takeError tells a refused request, which is answered like any other, from a
// connection that failed.
func (l *link) takeError(err error) error {
	var refusal goredis.Error
	l.mu.Lock()
	if !errors.As(err, &refusal) || len(l.sent) == 0 {
		l.mu.Unlock()
		return err
	}
	refused := l.sent[0]
	l.sent = l.sent[1:]
	refused.names = slices.DeleteFunc(slices.Clone(refused.names), func(name string) bool { return !l.answered(name) })
	l.mu.Unlock()
	if refused.kind != subscribe || slices.Contains(refused.names, l.probe) {
		return err
	}
	l.bus.options.Logger.Warn("Redis refused a subscription; trying again", "address", l.address, "error", err)
	l.bus.refused(l, refused.names)
	return nil
}

// answered counts an answer and reports whether it was the last one due for its
// channel. The caller holds the lock.
func (l *link) answered(name string) bool {
	l.due[name]--
	if l.due[name] > 0 {
		return false
	}
	delete(l.due, name)
	return true
}
