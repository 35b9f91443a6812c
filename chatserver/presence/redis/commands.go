package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/presence"
)

const (
	// markLifetime is how long Redis knows a pod that it hears nothing of.
	markLifetime = time.Hour
	// expiredChunk bounds how many expired entries one question lists.
	expiredChunk = 100
)

// mode says what a choice that comes along does to an earlier one.
type mode string

const (
	replace mode = "set"     // the choice is new
	restore mode = "restore" // the choice is repeated, because Redis lost its data
)

// commands are the questions to Redis. Each touches one slot and is bounded in
// time, also when the caller's context is not or has ended.
type commands struct {
	keys

	client goredis.UniversalClient
	expiry time.Duration
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// keyLifetime lets what is left of a project that has no pods go by itself.
func (c commands) keyLifetime() string { return milliseconds(2 * c.expiry) }

func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), timeout)
}

// run gives the answer of a script that answers with numbers and texts.
func (c commands) run(ctx context.Context, script *goredis.Script, names []string, arguments ...any) (answer, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	result, err := script.Run(ctx, c.client, names, arguments...).Slice()
	if err != nil {
		return nil, fmt.Errorf("ask Redis for presence: %w", err)
	}
	return answer(result), nil
}

// answer is what a script answered.
type answer []any

func (a answer) number(i int) int64 {
	number, _ := a[i].(int64)
	return number
}

func (a answer) status(i int) presence.Status {
	text, _ := a[i].(string)
	return presence.Status(text)
}

func (a answer) texts() []string {
	texts := make([]string, 0, len(a))
	for _, one := range a {
		if text, ok := one.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// names are the keys of a place.
func (c commands) names(p place) []string {
	names := []string{c.expiries(p.channel()), c.holders(p)}
	if p.conversation == 0 {
		names = append(names, c.choice(p.user))
	}
	return names
}

// enter has this pod hold the user in the place.
func (c commands) enter(ctx context.Context, p place, chosen presence.Status, how mode) (presence.Change, error) {
	got, err := c.run(ctx, enterScript, c.names(p), c.entry(p), p.user.String(), c.pod,
		milliseconds(c.expiry), c.keyLifetime(), string(chosen), string(how), milliseconds(presence.ChoiceLifetime))
	if err != nil {
		return presence.Change{}, err
	}
	return presence.Change{
		Before: presence.Presence{Live: got.number(0) == 0, Chosen: got.status(1)},
		After:  presence.Presence{Live: true, Chosen: got.status(2)},
	}, nil
}

// leave ends a pod's hold on the user, and says whether the pod had one.
func (c commands) leave(ctx context.Context, p place, pod string, onlyExpired bool) (change presence.Change, err error) {
	condition := ""
	if onlyExpired {
		condition = "expired"
	}
	entry := keys{pod: pod}.entry(p)
	got, err := c.run(ctx, leaveScript, c.names(p), entry, p.user.String(), pod, condition)
	if err != nil {
		return presence.Change{}, err
	}
	last, others, chosen := got.number(0) == 1, got.number(1) == 1, got.status(2)
	return presence.Change{
		Before: presence.Presence{Live: last || others, Chosen: chosen},
		After:  presence.Presence{Live: others, Chosen: chosen},
	}, nil
}

// choose changes what the user chose.
func (c commands) choose(ctx context.Context, p place, chosen presence.Status) (presence.Change, error) {
	got, err := c.run(ctx, chooseScript, []string{c.choice(p.user), c.holders(p)},
		p.user.String(), string(chosen), milliseconds(presence.ChoiceLifetime))
	if err != nil {
		return presence.Change{}, err
	}
	live := got.number(0) == 1
	return presence.Change{
		Before: presence.Presence{Live: live, Chosen: got.status(1)},
		After:  presence.Presence{Live: live, Chosen: chosen},
	}, nil
}

// refresh renews the places. It says whether Redis did not know this pod, and
// whether anything else was missing.
func (c commands) refresh(ctx context.Context, channel bus.Channel, places []place) (unknown, missing bool, err error) {
	names := []string{c.expiries(channel)}
	arguments := []any{c.mark(), milliseconds(markLifetime), milliseconds(c.expiry), c.keyLifetime()}
	seen := make(map[string]struct{})
	for _, one := range places {
		arguments = append(arguments, c.entry(one))
		name := c.holders(one)
		if _, ok := seen[name]; !ok {
			seen[name] = struct{}{}
			names = append(names, name)
		}
	}
	got, err := c.run(ctx, refreshScript, names, arguments...)
	if err != nil {
		return false, false, err
	}
	return got.number(0) == 1, got.number(1) > 0, nil
}

// expired lists some of the expired entries.
func (c commands) expired(ctx context.Context, channel bus.Channel) ([]string, error) {
	got, err := c.run(ctx, expiredScript, []string{c.expiries(channel)}, expiredChunk)
	return got.texts(), err
}

// forget removes a pod's mark.
func (c commands) forget(ctx context.Context, channel bus.Channel, mark string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return c.client.ZRem(ctx, c.expiries(channel), mark).Err()
}
