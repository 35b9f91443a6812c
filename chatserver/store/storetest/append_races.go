package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

var appendRaces = []rule{
	{"racing duplicates leave no hole, and every send is answered", duplicatesRace},
	{"a removed member gets nothing in after the removal", removalRace},
	{"overlapping groups in opposite order never deadlock", oppositeGroups},
}

const (
	raceWriters = 8
	raceGroups  = 8
	raceGroup   = 50
	raceRooms   = 200
)

// answers gathers what racing writers were told about each send.
type answers struct {
	mu     sync.Mutex
	ids    map[identity.Send]model.MessageID
	births map[identity.Send]int
}

// note checks the outcomes of one group against those of all others.
func (a *answers) note(group []store.NewMessage, outcomes []store.AppendOutcome) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, outcome := range outcomes {
		send := identity.SendOf(group[i])
		if outcome.Err != nil {
			return fmt.Errorf("%+v was refused: %w", send, outcome.Err)
		}
		if known, ok := a.ids[send]; ok && known != outcome.Message.ID {
			return fmt.Errorf("%+v was answered with messages %d and %d", send, known, outcome.Message.ID)
		}
		a.ids[send] = outcome.Message.ID
		if !outcome.Duplicate {
			a.births[send]++
		}
	}
	return nil
}

func duplicatesRace(_ *testing.T, f *fixture) {
	people := f.users(raceWriters + 1)
	rooms := f.groups(raceRooms, people...)
	shared, own := people[raceWriters], people[:raceWriters]
	seen := &answers{ids: map[identity.Send]model.MessageID{}, births: map[identity.Send]int{}}

	race, ctx := errgroup.WithContext(f.ctx)
	for writer := range raceWriters {
		random := rand.New(rand.NewPCG(1, uint64(writer)))
		race.Go(func() error {
			for round := range raceGroups {
				group := make([]store.NewMessage, raceGroup)
				for i := range group {
					group[i] = text(rooms[random.IntN(raceRooms)], own[writer], fmt.Sprint(round, " ", i), "own")
					if random.IntN(10) == 0 {
						// One of ten sends that all writers make in this round.
						which := random.IntN(10)
						group[i] = text(rooms[round*10+which], shared, fmt.Sprint("shared ", round, " ", which), "shared")
					}
				}
				outcomes, err := f.store.Append(ctx, group)
				if err != nil {
					return err
				}
				if err := seen.note(group, outcomes); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.Expect(race.Wait()).To(Succeed())

	for send, births := range seen.births {
		f.Expect(births).To(Equal(1), "%+v was new to %d writers", send, births)
	}
	total := 0
	for _, room := range rooms {
		for _, message := range f.expectNoHoles(room) {
			total++
			send := identity.Send{Conversation: room, Sender: message.Sender, ClientID: message.ClientID}
			f.Expect(seen.ids).To(HaveKeyWithValue(send, message.ID))
		}
	}
	f.Expect(total).To(Equal(len(seen.ids)))
}

// removalRace lets several writers press into one conversation, so that a queue
// forms before its lock and the removal stands somewhere in it.
func removalRace(_ *testing.T, f *fixture) {
	const rounds = 15
	people := f.users(2)
	for range rounds {
		room := f.group(people...)
		leftRev := f.removeWhileSending(room, people[1])
		for _, message := range f.expectNoHoles(room) {
			f.Expect(message.CreatedRev).To(BeNumerically("<", leftRev), "a message came after its sender's removal")
		}
	}
}

func (f *fixture) removeWhileSending(room model.ConversationID, person model.UserID) int64 {
	// Far more than anybody can send before the removal.
	const writers, most = 8, 200
	underway := make(chan struct{}, writers*most)
	race, ctx := errgroup.WithContext(f.ctx)
	for writer := range writers {
		race.Go(func() error {
			for i := range most {
				outcomes, err := f.store.Append(ctx, []store.NewMessage{text(room, person, fmt.Sprint(writer, " ", i), "")})
				switch {
				case err != nil:
					return err
				case errors.Is(outcomes[0].Err, model.ErrMemberNotFound):
					return nil
				case outcomes[0].Err != nil:
					return outcomes[0].Err
				}
				underway <- struct{}{}
			}
			return fmt.Errorf("all of %d messages were taken of a member who was removed meanwhile", most)
		})
	}
	var removed model.Member
	race.Go(func() (err error) {
		for range 2 * writers {
			select {
			case <-underway:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		removed, err = f.removeMember(ctx, room, person)
		return err
	})
	f.Expect(race.Wait()).To(Succeed())
	return removed.LeftRev
}

func oppositeGroups(_ *testing.T, f *fixture) {
	const writers, groups, size = 8, 16, 40
	person := f.user()
	rooms := f.groups(size, person)
	race, ctx := errgroup.WithContext(f.ctx)
	for writer := range writers {
		race.Go(func() error {
			order := slices.Clone(rooms)
			if writer%2 == 1 {
				slices.Reverse(order)
			}
			return sendRounds(ctx, f.store, order, person, writer, groups)
		})
	}
	f.Expect(race.Wait()).To(Succeed())
	for _, room := range rooms {
		f.Expect(f.expectNoHoles(room)).To(HaveLen(writers * groups))
	}
}

// sendRounds appends groups of one message to each room, in the given order.
func sendRounds(ctx context.Context, target store.Store, rooms []model.ConversationID, person model.UserID, writer, groups int) error {
	for round := range groups {
		group := make([]store.NewMessage, len(rooms))
		for i, room := range rooms {
			group[i] = text(room, person, fmt.Sprint(writer, " ", round), "")
		}
		outcomes, err := target.Append(ctx, group)
		if err != nil {
			return err
		}
		for _, outcome := range outcomes {
			if outcome.Err != nil {
				return outcome.Err
			}
		}
	}
	return nil
}
