package presencetest

import (
	"context"
	"sync"
	"sync/atomic"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

var rules = []rule{
	{"two pods see each other's users", seeEachOther},
	{"only the first and the last session change what others see", countsSessions},
	{"a user on two pods goes offline with the last session of both", countsPods},
	{"the latest choice holds for the user on every pod", latestChoiceWins},
	{"who is invisible is offline to others and invisible to themselves", invisibleIsOffline},
	{"dnd and invisible outlive the last session and away does not", choicesOutlive},
	{"a status that cannot be chosen is refused and counts nothing", refusesStatuses},
	{"a call whose context ended goes through", endedContext},
	{"a disconnect too many changes nothing", disconnectTooMany},
	{"many users are asked for at once", manyUsers},
	{"a conversation counts each user once", conversationsCount},
	{"a sample is bounded and the count is not", samplesAreBounded},
	{"of many at once exactly one hears of a change", oneHears},
	{"when a pod dies its users go and exactly one survivor says so", deadPodsExpire},
	{"a user whom another pod holds too survives the death of a pod", survivesOnAnotherPod},
}

const (
	alice   model.UserID         = 1_000_000_000_001
	bob     model.UserID         = 1_000_000_000_002
	nobody  model.UserID         = 1_000_000_000_003
	lobby   model.ConversationID = 1_000_000_000_004
	kitchen model.ConversationID = 1_000_000_000_005

	online    = presence.Online
	away      = presence.Away
	dnd       = presence.DoNotDisturb
	invisible = presence.Invisible
	offline   = presence.Offline
)

func seeEachOther(f *fixture) {
	one, other := f.pods()
	one.Connect(alice, "", offline, online)
	other.Connect(bob, away, offline, away)
	for _, pod := range []*Pod{one, other} {
		f.Expect(pod.Statuses(f.t.Context(), []model.UserID{alice, bob, nobody})).To(Equal(map[model.UserID]presence.Presence{
			alice:  {Live: true, Chosen: online},
			bob:    {Live: true, Chosen: away},
			nobody: {Live: false, Chosen: online},
		}))
	}
	one.Disconnect(alice, online, offline)
	f.Expect(other.Visible(alice)).To(Equal(offline))
	f.Expect(other.Visible(bob)).To(Equal(away))
}

func countsSessions(f *fixture) {
	one, other := f.pods()
	one.Connect(alice, "", offline, online)
	one.Connect(alice, "", online, online)
	one.Connect(alice, "", online, online)
	one.Disconnect(alice, online, online)
	one.Disconnect(alice, online, online)
	f.Expect(other.Visible(alice)).To(Equal(online))
	one.Disconnect(alice, online, offline)
	f.Expect(other.Visible(alice)).To(Equal(offline))
	one.Connect(alice, "", offline, online)
}

func countsPods(f *fixture) {
	one, other := f.pods()
	one.Connect(alice, "", offline, online)
	other.Connect(alice, "", online, online)
	one.Disconnect(alice, online, online)
	f.Expect(one.Visible(alice)).To(Equal(online))
	other.Disconnect(alice, online, offline)
	f.Expect(one.Visible(alice)).To(Equal(offline))
}

func latestChoiceWins(f *fixture) {
	one, other := f.pods()
	one.Connect(alice, "", offline, online)
	other.Connect(alice, "", online, online)
	one.SetStatus(alice, dnd, online, dnd)
	f.Expect(other.Visible(alice)).To(Equal(dnd))
	other.SetStatus(alice, away, dnd, away)
	f.Expect(one.Visible(alice)).To(Equal(away))
	one.SetStatus(alice, away, away, away)
	one.SetStatus(alice, dnd, away, dnd)
	// A new session without a choice does not undo one, a session with one does.
	other.Connect(alice, "", dnd, dnd)
	other.Connect(alice, online, dnd, online)
	f.Expect(one.Visible(alice)).To(Equal(online))
}

func invisibleIsOffline(f *fixture) {
	one, other := f.pods()
	one.Connect(alice, invisible, offline, offline)
	f.Expect(other.Visible(alice)).To(Equal(offline))
	f.Expect(other.Of(alice).Own()).To(Equal(invisible))
	change, err := one.Registry.SetStatus(f.t.Context(), alice, online)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(change.Visible()).To(BeTrue())
	change, err = other.Registry.SetStatus(f.t.Context(), alice, invisible)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(change.Visible()).To(BeTrue())
	f.Expect(change.Own()).To(BeTrue())
	f.Expect(change.After.Visible()).To(Equal(offline))
	gone := one.Registry.Disconnect(f.t.Context(), alice)
	f.Expect(gone.Visible()).To(BeFalse())
	f.Expect(gone.Own()).To(BeTrue())
}

func choicesOutlive(f *fixture) {
	one, other := f.pods()
	one.Connect(alice, invisible, offline, offline)
	one.Disconnect(alice, offline, offline)
	other.Connect(alice, "", offline, offline)
	other.SetStatus(alice, dnd, offline, dnd)
	other.Disconnect(alice, dnd, offline)
	one.Connect(alice, "", offline, dnd)
	one.SetStatus(alice, away, dnd, away)
	one.Disconnect(alice, away, offline)
	one.Connect(alice, "", offline, online)
	// Without a session a choice is kept for the next one.
	other.SetStatus(bob, dnd, offline, offline)
	one.Connect(bob, "", offline, dnd)
}

func refusesStatuses(f *fixture) {
	one, _ := f.pods()
	for _, status := range []presence.Status{offline, "busy", "ONLINE", "online "} {
		_, err := one.Registry.Connect(f.t.Context(), alice, status)
		f.Expect(model.AsError(err).Kind).To(Equal(model.KindInvalid), string(status))
		_, err = one.Registry.SetStatus(f.t.Context(), alice, status)
		f.Expect(model.AsError(err).Fields).To(HaveLen(1), string(status))
	}
	_, err := one.Registry.SetStatus(f.t.Context(), alice, "")
	f.Expect(model.AsError(err).Kind).To(Equal(model.KindInvalid))
	f.Expect(one.Visible(alice)).To(Equal(offline))
}

func endedContext(f *fixture) {
	one, other := f.pods()
	ended, cancel := context.WithCancel(f.t.Context())
	cancel()
	_, err := one.Registry.Connect(ended, alice, dnd)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(one.Registry.Enter(ended, lobby, alice)).To(BeTrue())
	f.Expect(other.Visible(alice)).To(Equal(dnd))
	f.Expect(other.Registry.Present(ended, lobby, 1).Count).To(Equal(1))
}

func disconnectTooMany(f *fixture) {
	one, other := f.pods()
	one.Connect(alice, "", offline, online)
	gone := other.Registry.Disconnect(f.t.Context(), alice)
	f.Expect(gone.Visible()).To(BeFalse())
	f.Expect(other.Leave(lobby, alice)).To(BeFalse())
	f.Expect(one.Visible(alice)).To(Equal(online))
	one.Disconnect(alice, online, offline)
	one.Disconnect(alice, offline, offline)
	one.Connect(alice, "", offline, online)
}

func manyUsers(f *fixture) {
	const count = 500
	one, other := f.pods()
	var users []model.UserID
	for i := range model.UserID(count) {
		users = append(users, model.FirstID+i)
		if i%2 == 0 {
			one.Connect(model.FirstID+i, dnd, offline, dnd)
		}
	}
	statuses := other.Statuses(f.t.Context(), users)
	f.Expect(statuses).To(HaveLen(count))
	for i, user := range users {
		f.Expect(statuses[user].Live).To(Equal(i%2 == 0))
	}
	f.Expect(other.Statuses(f.t.Context(), nil)).To(BeEmpty())
}

func conversationsCount(f *fixture) {
	one, other := f.pods()
	f.Expect(one.Enter(lobby, alice)).To(BeTrue())
	f.Expect(one.Enter(lobby, alice)).To(BeFalse())
	f.Expect(other.Enter(lobby, alice)).To(BeFalse())
	f.Expect(other.Enter(lobby, bob)).To(BeTrue())
	f.Expect(other.Enter(kitchen, bob)).To(BeTrue())
	for _, pod := range []*Pod{one, other} {
		present := pod.Present(lobby, 10)
		f.Expect(present.Count).To(Equal(2))
		f.Expect(present.Users).To(ConsistOf(alice, bob))
		f.Expect(pod.Present(kitchen, 10)).To(Equal(presence.Present{Users: []model.UserID{bob}, Count: 1}))
	}
	f.Expect(one.Leave(lobby, alice)).To(BeFalse())
	f.Expect(one.Leave(lobby, alice)).To(BeFalse())
	f.Expect(one.Present(lobby, 10).Count).To(Equal(2))
	f.Expect(other.Leave(lobby, alice)).To(BeTrue())
	f.Expect(one.Present(lobby, 10)).To(Equal(presence.Present{Users: []model.UserID{bob}, Count: 1}))
	f.Expect(other.Leave(lobby, bob)).To(BeTrue())
	f.Expect(one.Present(lobby, 10)).To(Equal(presence.Present{}))
	f.Expect(one.Visible(bob)).To(Equal(offline), "being in a conversation is not being online")
}

func samplesAreBounded(f *fixture) {
	one, other := f.pods()
	const count = presence.MaxSample + 20
	for i := range model.UserID(count) {
		f.Expect(one.Enter(lobby, model.FirstID+i)).To(BeTrue())
	}
	for limit, wanted := range map[int]int{-1: 0, 0: 0, 1: 1, presence.MaxSample: presence.MaxSample, presence.MaxSample + 1: presence.MaxSample} {
		present := other.Present(lobby, limit)
		f.Expect(present.Count).To(Equal(count))
		f.Expect(present.Users).To(HaveLen(wanted))
		distinct := make(map[model.UserID]bool)
		for _, user := range present.Users {
			f.Expect(user).To(And(BeNumerically(">=", model.FirstID), BeNumerically("<", model.FirstID+count)))
			distinct[user] = true
		}
		f.Expect(distinct).To(HaveLen(wanted))
	}
}

func oneHears(f *fixture) {
	const sessions = 8
	one, other := f.pods()
	for range 20 {
		var appeared, vanished, entered, left atomic.Int32
		all(sessions, func(i int) {
			pod := []*Pod{one, other}[i%2]
			change, err := pod.Registry.Connect(f.t.Context(), alice, "")
			f.Expect(err).NotTo(HaveOccurred())
			count(&appeared, change.Visible())
			count(&entered, pod.Enter(lobby, alice))
		})
		all(sessions, func(i int) {
			pod := []*Pod{one, other}[i%2]
			count(&vanished, pod.Registry.Disconnect(f.t.Context(), alice).Visible())
			count(&left, pod.Leave(lobby, alice))
		})
		f.Expect([]int32{appeared.Load(), vanished.Load(), entered.Load(), left.Load()}).To(Equal([]int32{1, 1, 1, 1}))
	}
	f.Expect(one.Visible(alice)).To(Equal(offline))
	f.Expect(one.Present(lobby, 1).Count).To(BeZero())
}

func all(times int, do func(int)) {
	var running sync.WaitGroup
	for i := range times {
		running.Go(func() { do(i) })
	}
	running.Wait()
}

func count(into *atomic.Int32, yes bool) {
	if yes {
		into.Add(1)
	}
}

func deadPodsExpire(f *fixture) {
	join := f.harness(f.t, Expiry, Refresh)
	dying := NewPod(f.t, join)
	survivors := []*Pod{NewPod(f.t, join), NewPod(f.t, join), NewPod(f.t, join)}
	dying.Connect(alice, dnd, offline, dnd)
	dying.Connect(nobody, invisible, offline, offline)
	dying.Enter(lobby, alice)
	survivors[0].Connect(bob, "", offline, online)
	survivors[0].Enter(lobby, bob)
	dying.End()

	for _, pod := range survivors {
		f.Eventually(func() presence.Status { return pod.Visible(alice) }, Patience, "20ms").Should(Equal(offline))
		f.Eventually(func() int { return pod.Present(lobby, 10).Count }, Patience, "20ms").Should(Equal(1))
		f.Eventually(func() presence.Status { return pod.Of(nobody).Own() }, Patience, "20ms").Should(Equal(offline))
	}
	heard := func() []string {
		var events []string
		for _, pod := range survivors {
			events = append(events, pod.Events()...)
		}
		return events
	}
	told := ConsistOf("user "+alice.String()+" dnd offline", alice.String()+" left "+lobby.String())
	f.Eventually(heard, Patience, "20ms").Should(told)
	f.Consistently(heard, Expiry, "50ms").Should(told)
	f.Expect(survivors[1].Visible(bob)).To(Equal(online), "who is refreshed does not expire")
	f.Expect(survivors[1].Present(lobby, 10).Users).To(ConsistOf(bob))
}

func survivesOnAnotherPod(f *fixture) {
	join := f.harness(f.t, Expiry, Refresh)
	dying, survivor := NewPod(f.t, join), NewPod(f.t, join)
	dying.Connect(alice, "", offline, online)
	dying.Connect(bob, "", offline, online)
	dying.Enter(lobby, alice)
	survivor.Connect(alice, "", online, online)
	survivor.Enter(lobby, alice)
	dying.End()

	f.Eventually(func() presence.Status { return survivor.Visible(bob) }, Patience, "20ms").Should(Equal(offline))
	only := Equal([]string{"user " + bob.String() + " online offline"})
	f.Eventually(survivor.Events, Patience, "20ms").Should(only)
	f.Consistently(survivor.Events, Expiry, "50ms").Should(only)
	f.Expect(survivor.Visible(alice)).To(Equal(online))
	survivor.Disconnect(alice, online, offline)
	f.Expect(survivor.Leave(lobby, alice)).To(BeTrue())
}
