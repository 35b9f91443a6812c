package presencetest

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// Times for networks that tests wait for.
const (
	// Patience is how long a test waits for what has to happen before it calls
	// the engine stuck.
	Patience = 30 * time.Second
	// Forever is an expiry that no test reaches.
	Forever = time.Hour
	// Expiry and Refresh let dead pods expire soon. The expiry is long enough
	// for a busy machine to refresh in time.
	Expiry  = 2 * time.Second
	Refresh = 250 * time.Millisecond
)

// Harness makes the registries of one engine. It gives a test a network of its
// own with these times: a function that joins pods. The suite closes what it
// joined.
type Harness func(t *testing.T, expiry, refresh time.Duration) func(presence.Announcer) presence.Registry

type rule struct {
	name  string
	check func(*fixture)
}

// Run runs the suite.
func Run(t *testing.T, harness Harness) {
	for _, one := range rules {
		t.Run(one.name, func(t *testing.T) {
			VerifyNoLeak(t)
			one.check(&fixture{WithT: NewWithT(t), t: t, harness: harness})
		})
	}
}

// VerifyNoLeak fails a test whose goroutines outlive it. Call it after the
// test's servers and clients are started and before its registries are opened.
func VerifyNoLeak(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		goleak.VerifyNone(t, before,
			// It tries a dead server again for the client, which outlives its registries.
			goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"),
			goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"), goleak.IgnoreAnyFunction("os/exec.(*Cmd).Start.func2"))
	})
}

// fixture is what a rule works with.
type fixture struct {
	*WithT

	t       *testing.T
	harness Harness
}

// Pod is one registry and its announcer.
type Pod struct {
	*WithT
	presence.Registry
	*Recorder

	t *testing.T
}

// NewPod opens a registry that closes with the test.
func NewPod(t *testing.T, join func(presence.Announcer) presence.Registry) *Pod {
	recorder := &Recorder{}
	p := &Pod{WithT: NewWithT(t), Registry: join(recorder), Recorder: recorder, t: t}
	t.Cleanup(p.End)
	return p
}

// End closes the registry, which leaves its users behind as a crash would.
func (p *Pod) End() {
	p.t.Helper()
	p.Expect(p.Close()).To(Succeed())
	p.Closed()
	p.Expect(p.Late()).To(BeEmpty())
}

// pods joins pods to a network in which nothing expires.
func (f *fixture) pods() (one, other *Pod) {
	join := f.harness(f.t, Forever, Forever/4)
	return NewPod(f.t, join), NewPod(f.t, join)
}

// Connect requires what others see before and after.
func (p *Pod) Connect(user model.UserID, status, before, after presence.Status) {
	p.t.Helper()
	change, err := p.Registry.Connect(p.t.Context(), user, status)
	p.Expect(err).NotTo(HaveOccurred())
	p.expect(change, before, after)
}

// Disconnect requires what others see before and after.
func (p *Pod) Disconnect(user model.UserID, before, after presence.Status) {
	p.t.Helper()
	p.expect(p.Registry.Disconnect(p.t.Context(), user), before, after)
}

// SetStatus requires what others see before and after.
func (p *Pod) SetStatus(user model.UserID, status, before, after presence.Status) {
	p.t.Helper()
	change, err := p.Registry.SetStatus(p.t.Context(), user, status)
	p.Expect(err).NotTo(HaveOccurred())
	p.expect(change, before, after)
}

func (p *Pod) expect(change presence.Change, before, after presence.Status) {
	p.t.Helper()
	p.Expect([]presence.Status{change.Before.Visible(), change.After.Visible()}).To(Equal([]presence.Status{before, after}))
}

// Enter reports what the registry does.
func (p *Pod) Enter(conversation model.ConversationID, user model.UserID) bool {
	return p.Registry.Enter(p.t.Context(), conversation, user)
}

// Leave reports what the registry does.
func (p *Pod) Leave(conversation model.ConversationID, user model.UserID) bool {
	return p.Registry.Leave(p.t.Context(), conversation, user)
}

// Present reports what the registry does.
func (p *Pod) Present(conversation model.ConversationID, limit int) presence.Present {
	return p.Registry.Present(p.t.Context(), conversation, limit)
}

// Visible is what others see of a user.
func (p *Pod) Visible(user model.UserID) presence.Status { return p.Of(user).Visible() }

// Of is what is known of a user.
func (p *Pod) Of(user model.UserID) presence.Presence {
	return p.Statuses(p.t.Context(), []model.UserID{user})[user]
}
