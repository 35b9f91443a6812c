package redis

import (
	"context"
	"errors"
	"time"
)

var errSilent = errors.New("the connection carries nothing any more")

// watch finds out that a connection went silent. A silent one is asked for a
// sign of life the way messages come: a publication to a channel that it is
// subscribed to. So a connection to a server that no publication reaches any
// more is found too.
type watch struct {
	link    *link
	asked   time.Time // since when something is due; zero when nothing is
	probing bool
}

func newWatch(l *link) *watch { return &watch{link: l} }

// interval is how often to look.
func (w *watch) interval() time.Duration {
	options := w.link.bus.options
	return max(time.Millisecond, min(options.ReplyTimeout, options.ProbeInterval)/4)
}

func (w *watch) check(now time.Time) {
	options := w.link.bus.options
	heard := time.Unix(0, w.link.heard.Load())
	if w.probing && heard.After(w.asked) {
		w.probing = false
	}
	if !w.probing && !w.link.isAnswerDue() {
		w.asked = time.Time{}
	} else if w.asked.IsZero() {
		w.asked = now
	}
	w.link.overdue.Store(!w.asked.IsZero() && now.Sub(w.asked) > options.Timeout && now.Sub(heard) > options.Timeout)
	switch {
	case !w.asked.IsZero():
		if now.Sub(w.asked) > options.ReplyTimeout && now.Sub(heard) > options.ReplyTimeout {
			w.link.fail(errSilent)
		}
	case now.Sub(heard) > options.ProbeInterval && !fault(faultNoProbe):
		w.asked, w.probing = now, true
		w.publish()
	}
}

// publish sends the probe. Whether that works does not matter: without a probe
// that comes back the connection is replaced.
func (w *watch) publish() {
	ctx, cancel := context.WithTimeout(w.link.bus.ctx, w.link.bus.options.Timeout)
	defer cancel()
	client, err := w.link.bus.servers.owner(ctx, w.link.probe)
	if err == nil {
		err = client.SPublish(ctx, w.link.probe, "").Err()
	}
	if err != nil {
		w.link.bus.options.Logger.Debug("probe a connection", "address", w.link.address, "error", err)
	}
}

// isAnswerDue reports whether a request was sent and not answered yet.
func (l *link) isAnswerDue() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sent) > 0
}
