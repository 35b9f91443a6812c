package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var changeRaces = []rule{
	{"what comes while a change holds the lock waits for its end", lockIsHeld},
	{"a change reads the clock after it got the lock", clockAfterLock},
	{"racing changes each see the one before", changesRace},
	{"racing changes and appends share one order", changesAndAppendsRace},
	{"racing joiners and leavers keep the number of members right", memberCountRace},
}

// giveChance is how long a change holds its lock for others to run into it. A
// store that is right passes however short it is.
const giveChance = 100 * time.Millisecond

func lockIsHeld(_ *testing.T, f *fixture) {
	people := f.users(3)
	for name, call := range map[string]func(ctx context.Context, room model.ConversationID) (rev int64, err error){
		"append": func(ctx context.Context, room model.ConversationID) (int64, error) {
			outcomes, err := f.store.Append(ctx, []store.NewMessage{text(room, people[0], "a", "")})
			if err != nil {
				return 0, err
			}
			return outcomes[0].Message.Rev, outcomes[0].Err
		},
		"change": func(ctx context.Context, room model.ConversationID) (int64, error) {
			member, _, err := f.addMember(ctx, room, people[1], model.RoleMember)
			return member.Rev, err
		},
	} {
		room := f.group(people[0])
		answered := make(chan struct{})
		race, ctx := errgroup.WithContext(f.ctx)
		begun := false
		var held, waited int64
		f.Expect(f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
			if !begun { // it may run again
				begun = true
				race.Go(func() (err error) {
					defer close(answered)
					waited, err = call(ctx, room)
					return err
				})
			}
			select {
			case <-answered:
				return fmt.Errorf("%s did not wait for the lock", name)
			case <-time.After(giveChance):
			}
			change.Conversation().Name = "held"
			held = change.Next()
			return nil
		})).To(Succeed())
		f.Expect(race.Wait()).To(Succeed(), name)
		f.Expect(waited).To(BeNumerically(">", held), name)
		f.Expect(f.conversation(room).Name).To(Equal("held"))
		f.Expect(f.conversation(room).Rev).To(Equal(int64(3)))
	}
}

func clockAfterLock(_ *testing.T, f *fixture) {
	room := f.group(f.user())
	var race errgroup.Group
	begun := false
	var first, second time.Time
	f.Expect(f.store.ChangeConversation(f.ctx, room, func(store.Change) error {
		if !begun {
			begun = true
			race.Go(func() error {
				return f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
					second = change.Now()
					return nil
				})
			})
		}
		time.Sleep(giveChance)
		var err error
		first, err = f.store.Now(f.ctx)
		return err
	})).To(Succeed())
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(second).To(BeTemporally(">=", first))
}

func changesRace(_ *testing.T, f *fixture) {
	const writers, rounds = 6, 5
	room := f.group(f.user())
	var race errgroup.Group
	for range writers {
		race.Go(func() error {
			for range rounds {
				if err := f.store.ChangeConversation(f.ctx, room, func(change store.Change) error {
					conversation := change.Conversation()
					conversation.Name += "x"
					conversation.ObjectRev = change.Next()
					conversation.Version++
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	after := f.conversation(room)
	f.Expect(after.Name).To(HaveLen(writers * rounds))
	f.Expect(after.Rev).To(Equal(int64(1 + writers*rounds)))
	f.Expect(after.ObjectRev).To(Equal(after.Rev))
	f.Expect(after.Version).To(Equal(after.Rev))
}

func changesAndAppendsRace(_ *testing.T, f *fixture) {
	const writers, rounds = 4, 10
	person := f.user()
	room := f.group(person)
	revs := make(chan int64, 2*writers*rounds)
	race, ctx := errgroup.WithContext(f.ctx)
	for writer := range writers {
		race.Go(func() error {
			for round := range rounds {
				outcomes, err := f.store.Append(ctx, []store.NewMessage{text(room, person, fmt.Sprint(writer, " ", round), "")})
				if err != nil {
					return err
				}
				revs <- outcomes[0].Message.Rev
			}
			return nil
		})
		race.Go(func() error {
			for range rounds {
				rev, err := change(ctx, f.store, room, func(change store.Change) (int64, error) { return change.Next(), nil })
				if err != nil {
					return err
				}
				revs <- rev
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	close(revs)
	seen := map[int64]bool{}
	for rev := range revs {
		seen[rev] = true
	}
	f.Expect(seen).To(HaveLen(2 * writers * rounds))
	f.Expect(f.conversation(room).Rev).To(Equal(int64(1 + 2*writers*rounds)))
	f.Expect(f.conversation(room).MessageCount).To(Equal(int64(writers * rounds)))
	f.expectNoHoles(room)
}

func memberCountRace(_ *testing.T, f *fixture) {
	const guests, rounds = 4, 6
	people := f.users(guests + 1)
	room := f.group(people[0])
	race, ctx := errgroup.WithContext(f.ctx)
	for _, guest := range people[1:] {
		race.Go(func() error {
			for range rounds {
				if _, _, err := f.addMember(ctx, room, guest, model.RoleGuest); err != nil {
					return err
				}
				if _, err := f.removeMember(ctx, room, guest); err != nil {
					return err
				}
			}
			_, _, err := f.addMember(ctx, room, guest, model.RoleGuest)
			return err
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	f.Expect(f.conversation(room).MemberCount).To(Equal(int64(guests + 1)))
}
