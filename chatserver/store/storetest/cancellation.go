package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var cancellation = []rule{
	{"a cancelled context gives context.Canceled and changes nothing", cancelledBefore},
	{"a cancelled append is all or nothing, and its retry completes it", cancelledAppend},
	{"a cancelled change is all or nothing", cancelledChange},
}

func cancelledBefore(_ *testing.T, f *fixture) {
	person := f.user()
	room := f.group(person)
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	for name, call := range map[string]func() error{
		"Append": func() error {
			_, err := f.store.Append(ctx, []store.NewMessage{text(room, person, "a", "")})
			return err
		},
		"AddMember":  func() error { _, _, err := f.addMember(ctx, room, person, model.RoleMember); return err },
		"CreateUser": func() error { _, err := f.store.CreateUser(ctx, store.NewUser{}); return err },
		"User":       func() error { _, err := f.store.User(ctx, model.UserRef{ID: person}); return err },
		"Changes":    func() error { _, err := f.store.Changes(ctx, room, 0, 10); return err },
		"Messages": func() error {
			_, err := f.store.Messages(ctx, room, store.MessageFilter{}, model.MessagePage{Limit: 1})
			return err
		},
		"Revs":        func() error { _, err := f.store.Revs(ctx, []model.ConversationID{room}); return err },
		"Now":         func() error { _, err := f.store.Now(ctx); return err },
		"Epoch":       func() error { _, err := f.store.Epoch(ctx); return err },
		"Ping":        func() error { return f.store.Ping(ctx) },
		"Memberships": func() error { _, err := f.store.Memberships(ctx, person, 1); return err },
	} {
		err := call()
		f.Expect(err).To(MatchError(context.Canceled), name)
		f.Expect(store.IsRetryable(err)).To(BeFalse(), name)
	}
	f.Expect(f.conversation(room).Rev).To(Equal(int64(1)))
}

// cancelledSoon gives a context that is cancelled at a random moment of a call
// that takes about the given time. It waits for nothing.
func cancelledSoon(parent context.Context, random *rand.Rand, about time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	timer := time.AfterFunc(time.Duration(random.Int64N(int64(2*about))), cancel)
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

func cancelledAppend(_ *testing.T, f *fixture) {
	const attempts, size = 80, 6
	person := f.user()
	rooms := f.groups(2, person)
	random := rand.New(rand.NewPCG(2, 2))
	groupOf := func(attempt int) []store.NewMessage {
		group := make([]store.NewMessage, size)
		for i := range group {
			group[i] = text(rooms[i%2], person, fmt.Sprint(attempt, " ", i), "")
		}
		return group
	}
	f.append(groupOf(0)...) // connects
	start := time.Now()
	f.append(groupOf(1)...)
	about := time.Since(start)

	for attempt := 2; attempt < attempts; attempt++ {
		ctx, stop := cancelledSoon(f.ctx, random, about)
		_, err := f.store.Append(ctx, groupOf(attempt))
		stop()
		if err != nil {
			f.Expect(err).To(MatchError(context.Canceled))
		}
		// The database may still be at it, so the retry races with it.
		outcomes := f.append(groupOf(attempt)...)
		for _, outcome := range outcomes {
			f.Expect(outcome.Err).NotTo(HaveOccurred())
			f.Expect(outcome.Duplicate).To(Equal(outcomes[0].Duplicate), "a part of a group was stored")
			f.Expect(outcome.Duplicate || err != nil).To(BeTrue(), "a group that was stored is new")
		}
	}
	for _, room := range rooms {
		f.Expect(f.expectNoHoles(room)).To(HaveLen(attempts * size / 2))
	}
}

func cancelledChange(_ *testing.T, f *fixture) {
	const attempts = 40
	people := f.users(2)
	room := f.group(people[0])
	random := rand.New(rand.NewPCG(3, 3))
	start := time.Now()
	_, _, err := f.addMember(f.ctx, room, people[1], model.RoleMember)
	f.Expect(err).NotTo(HaveOccurred())
	about := time.Since(start)

	for attempt := range attempts {
		ctx, stop := cancelledSoon(f.ctx, random, about)
		if attempt%2 == 0 {
			_, err = f.removeMember(ctx, room, people[1])
		} else {
			_, _, err = f.addMember(ctx, room, people[1], model.RoleMember)
		}
		stop()
		if err != nil {
			f.Expect(err).To(Or(MatchError(context.Canceled), MatchError(model.ErrMemberNotFound)))
		}
		changes, err := f.store.Changes(f.ctx, room, 0, 10)
		f.Expect(err).NotTo(HaveOccurred())
		f.Expect(changes.Members[len(changes.Members)-1].Rev).To(Equal(changes.Rev), "a rev without its change")
	}
}
