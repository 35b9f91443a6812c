package redis

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
	"github.com/parley-chat/parley/chatserver/presence/presencetest"
	"github.com/parley-chat/parley/test/services"
)

// lasting are times in which nothing expires, and a pod notices soon what Redis lost.
var lasting = Options{Project: "3f1c", Expiry: presencetest.Forever, Refresh: presencetest.Refresh}

// settled gives a pod that Redis knows in every partition.
func settled(t *testing.T, options Options) *presencetest.Pod {
	t.Helper()
	pod := presencetest.NewPod(t, joining(t, options))
	opened, _ := pod.Registry.(*Registry)
	for _, p := range opened.partitions {
		pod.Eventually(func() (known bool) {
			p.locked(func() { known = p.known && !p.failing })
			return known
		}, presencetest.Patience, "5ms").Should(BeTrue())
	}
	return pod
}

func TestWithoutRedisAPodAnswersWhatItKnowsAndTellsItLater(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	options := lasting
	options.Client = connect(t, server.URL())
	presencetest.VerifyNoLeak(t)
	one, other := settled(t, options), settled(t, options)
	one.Connect(alice, "", offline, online)
	other.Connect(bob, invisible, offline, offline)
	g.Expect(one.Enter(lobby, alice)).To(BeTrue())

	server.Stop(t) // and what it held is lost
	g.Eventually(func() presence.Status { return one.Of(bob).Own() }, presencetest.Patience, "20ms").Should(Equal(offline))
	one.SetStatus(alice, dnd, online, dnd)
	one.Connect(carol, "", offline, online)
	g.Expect(one.Enter(lobby, carol)).To(BeTrue())
	g.Expect(one.Present(lobby, 1)).To(And(HaveField("Count", 2), HaveField("Users", HaveLen(1))))
	g.Expect(one.Visible(alice)).To(Equal(dnd))
	g.Expect(other.Visible(alice)).To(Equal(offline), "another pod cannot know")

	server.Start(t)
	for _, pod := range []*presencetest.Pod{one, other} {
		g.Eventually(func() presence.Status { return pod.Visible(alice) }, presencetest.Patience, "20ms").Should(Equal(dnd))
		g.Eventually(func() presence.Status { return pod.Visible(carol) }, presencetest.Patience, "20ms").Should(Equal(online))
		g.Eventually(func() presence.Status { return pod.Of(bob).Own() }, presencetest.Patience, "20ms").Should(Equal(invisible))
		g.Eventually(func() int { return pod.Present(lobby, 0).Count }, presencetest.Patience, "20ms").Should(Equal(2))
	}
	// Told is what others cannot know, and no more: neither alice's presence in
	// the lobby nor that bob is there.
	wanted := []string{
		carol.String() + " entered " + lobby.String(),
		"user " + alice.String() + " offline dnd",
		"user " + carol.String() + " offline online",
	}
	g.Eventually(one.Events, presencetest.Patience, "20ms").Should(Equal(wanted))
	g.Consistently(one.Events, 4*options.Refresh, "20ms").Should(Equal(wanted))
	g.Expect(other.Events()).To(BeEmpty())
}

func TestWhoLeftWhileRedisLostItsDataIsAnnounced(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	options := lasting
	options.Client = connect(t, server.URL())
	presencetest.VerifyNoLeak(t)
	one, other := settled(t, options), settled(t, options)
	one.Connect(alice, "", offline, online)
	one.Connect(bob, "", offline, online)
	other.Connect(bob, "", online, online)

	server.Stop(t)
	one.Disconnect(alice, online, offline)
	one.Disconnect(bob, online, offline) // as far as this pod knows
	server.Start(t)
	only := Equal([]string{"user " + alice.String() + " online offline"})
	g.Eventually(one.Events, presencetest.Patience, "20ms").Should(only)
	g.Eventually(func() presence.Status { return one.Visible(bob) }, presencetest.Patience, "20ms").Should(Equal(online))
	g.Consistently(one.Events, 4*options.Refresh, "20ms").Should(only)
	g.Expect(other.Events()).To(BeEmpty())
}

func TestAPausedRedisHangsNobody(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	options := lasting
	options.Client = connect(t, server.URL())
	presencetest.VerifyNoLeak(t)
	one, other := settled(t, options), settled(t, options)
	one.Connect(alice, "", offline, online)
	one.Connect(bob, "", offline, online)
	other.Connect(carol, "", offline, online)

	server.Pause(t)
	paused := time.Now()
	calls := 0
	for time.Since(paused) < 3*time.Second {
		one.Registry.Disconnect(t.Context(), alice)
		one.Registry.Enter(t.Context(), lobby, alice)
		one.Registry.Present(t.Context(), lobby, 10)
		one.Registry.Leave(t.Context(), lobby, alice)
		one.Statuses(t.Context(), []model.UserID{alice, bob, carol})
		_, err := one.Registry.Connect(t.Context(), alice, dnd)
		g.Expect(err).NotTo(HaveOccurred())
		calls++
	}
	// Were each call to wait for Redis, there could be no more than three.
	g.Expect(calls).To(BeNumerically(">", 100))
	one.Disconnect(bob, online, offline)

	server.Resume(t)
	g.Eventually(func() presence.Status { return other.Visible(alice) }, presencetest.Patience, "20ms").Should(Equal(dnd))
	g.Eventually(func() presence.Status { return other.Visible(bob) }, presencetest.Patience, "20ms").Should(Equal(offline))
	g.Expect(other.Visible(carol)).To(Equal(online))
	g.Expect(other.Present(lobby, 0).Count).To(BeZero())
	g.Eventually(one.Events, presencetest.Patience, "20ms").Should(ContainElement("user " + bob.String() + " online offline"))
}

func TestADeadNodeTakesOnlyItsOwnUsers(t *testing.T) {
	g := NewWithT(t)
	nodes := services.NewRedisCluster(t)
	options := lasting
	options.Client = connect(t, nodes.URLs()...)
	presencetest.VerifyNoLeak(t)
	one, other := settled(t, options), settled(t, options)
	names := keys{project: options.Project}
	owner := func(user model.UserID) int { return nodes.Owner(t, names.choice(user)) }
	dead, kept := alice, bob
	for owner(kept) == owner(dead) {
		kept++
	}
	one.Connect(dead, "", offline, online)
	one.Connect(kept, "", offline, online)
	node := nodes.Nodes[owner(dead)]
	node.Stop(t)
	g.Eventually(func() presence.Status { return other.Visible(dead) }, presencetest.Patience, "20ms").Should(Equal(offline))
	g.Expect(one.Visible(dead)).To(Equal(online))
	g.Eventually(func() presence.Status { return other.Visible(kept) }, presencetest.Patience, "20ms").Should(Equal(online))
	one.SetStatus(kept, dnd, online, dnd)
	g.Eventually(func() presence.Status { return other.Visible(kept) }, presencetest.Patience, "20ms").Should(Equal(dnd))
	g.Expect(other.Visible(dead)).To(Equal(offline))

	node.Start(t)
	nodes.WaitUntilWhole(t)
	g.Eventually(func() presence.Status { return other.Visible(dead) }, presencetest.Patience, "20ms").Should(Equal(online))
}

func TestOpenDoesNotNeedRedis(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	server.Stop(t)
	var log bytes.Buffer
	options := lasting
	options.Client = connect(t, server.URL())
	options.Logger = slog.New(slog.NewTextHandler(&log, nil))
	presencetest.VerifyNoLeak(t)
	pod := presencetest.NewPod(t, joining(t, options))
	pod.Connect(alice, invisible, offline, offline)
	g.Expect(pod.Of(alice).Own()).To(Equal(invisible))
	server.Start(t)
	opened, _ := pod.Registry.(*Registry)
	g.Eventually(opened.failing.Load, presencetest.Patience, "20ms").Should(BeZero())
	later := presencetest.NewPod(t, joining(t, options))
	g.Eventually(func() presence.Status { return later.Of(alice).Own() }, presencetest.Patience, "20ms").Should(Equal(invisible))
	pod.End()
	later.End()
	g.Expect(strings.Count(log.String(), "does not answer")).To(BeNumerically(">=", 1))
	g.Expect(strings.Count(log.String(), "\n")).To(BeNumerically("<", 20), "an outage is not one line for each partition")
}

func TestAPodThatOthersGaveUpComesBack(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	options := lasting
	options.Expiry = presencetest.Expiry
	options.Client = connect(t, server.URL())
	presencetest.VerifyNoLeak(t)
	survivor := settled(t, options)
	cut := options
	between := newGate(t, server.Addr())
	cut.Client = connect(t, between.url())
	lonely := settled(t, cut)
	lonely.Connect(alice, "", offline, online)
	g.Expect(survivor.Visible(alice)).To(Equal(online))

	between.shut(true)
	g.Eventually(survivor.Events, presencetest.Patience, "20ms").Should(Equal([]string{"user " + alice.String() + " online offline"}))
	g.Expect(lonely.Visible(alice)).To(Equal(online))
	between.shut(false)
	g.Eventually(func() presence.Status { return survivor.Visible(alice) }, presencetest.Patience, "20ms").Should(Equal(online))
	g.Eventually(lonely.Events, presencetest.Patience, "20ms").Should(Equal([]string{"user " + alice.String() + " offline online"}))
}

func TestAfterAnOutageNobodyIsGivenUp(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	options := lasting
	options.Expiry = presencetest.Expiry
	options.Client = connect(t, server.URL())
	presencetest.VerifyNoLeak(t)
	join := joining(t, options)
	pods := []*presencetest.Pod{presencetest.NewPod(t, join), presencetest.NewPod(t, join)}
	opened, _ := pods[0].Registry.(*Registry)
	mine := opened.partition(place{user: alice})
	g.Eventually(func() bool { return opened.mayJudge(mine) }, presencetest.Patience, "20ms").Should(BeTrue())
	pods[0].Connect(alice, "", offline, online)
	pods[1].Connect(bob, "", offline, online)

	server.Pause(t)
	g.Eventually(mine.isFailing, presencetest.Patience, "20ms").Should(BeTrue())
	g.Consistently(mine.isFailing, options.Expiry+time.Second, "50ms").Should(BeTrue())
	server.Resume(t)
	g.Eventually(func() bool { return opened.mayJudge(mine) }, presencetest.Patience, "20ms").Should(BeTrue())
	for _, pod := range pods {
		g.Expect(pod.Visible(alice)).To(Equal(online))
		g.Expect(pod.Visible(bob)).To(Equal(online))
		g.Expect(pod.Events()).To(BeEmpty())
	}
}
