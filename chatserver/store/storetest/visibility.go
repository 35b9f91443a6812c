package storetest

import (
	"context"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var visibility = []rule{
	{"who sees a rev sees every lower one, and groups as a whole", revsInOrder},
	{"who reads a rev finds its messages in the history", revThenHistory},
}

const (
	visibleRooms  = 3
	visibleGroup  = 3 // messages per room and group
	visibleGroups = 40
)

// whileWriting runs a reader until racing writers are done, and once more.
func (f *fixture) whileWriting(read func(ctx context.Context, rooms []model.ConversationID) error) {
	person := f.user()
	rooms := f.groups(visibleRooms, person)
	written := make(chan struct{})
	race, ctx := errgroup.WithContext(f.ctx)
	race.Go(func() error {
		defer close(written)
		writers, ctx := errgroup.WithContext(ctx)
		for writer := range 4 {
			writers.Go(func() error { return writeGroups(ctx, f.store, rooms, person, writer) })
		}
		return writers.Wait()
	})
	race.Go(func() error {
		for {
			select {
			case <-written:
				return read(ctx, rooms)
			default:
			}
			if err := read(ctx, rooms); err != nil {
				return err
			}
		}
	})
	f.Expect(race.Wait()).To(Succeed())
	for _, room := range rooms {
		f.expectNoHoles(room)
	}
}

func writeGroups(ctx context.Context, target store.Store, rooms []model.ConversationID, person model.UserID, writer int) error {
	for round := range visibleGroups {
		var group []store.NewMessage
		for i := range visibleGroup {
			for _, room := range rooms {
				group = append(group, text(room, person, fmt.Sprint(writer, " ", round, " ", i), ""))
			}
		}
		if _, err := target.Append(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

func revsInOrder(_ *testing.T, f *fixture) {
	since := map[model.ConversationID]int64{}
	f.whileWriting(func(ctx context.Context, rooms []model.ConversationID) error {
		for _, room := range rooms {
			// Rev 1 is the creation.
			last := max(since[room], 1)
			changes, err := f.store.Changes(ctx, room, last, 1_000_000)
			if err != nil {
				return err
			}
			for i, message := range changes.Messages {
				if message.Rev != last+int64(i)+1 {
					return fmt.Errorf("after rev %d came rev %d in place %d", last, message.Rev, i)
				}
			}
			if got := last + int64(len(changes.Messages)); got != changes.Rev {
				return fmt.Errorf("the conversation is at rev %d, its messages at %d", changes.Rev, got)
			}
			if len(changes.Messages)%visibleGroup != 0 {
				return fmt.Errorf("a part of a group became visible: %d messages", len(changes.Messages))
			}
			since[room] = changes.Rev
		}
		return nil
	})
}

func revThenHistory(_ *testing.T, f *fixture) {
	seen := map[model.ConversationID]int64{}
	f.whileWriting(func(ctx context.Context, rooms []model.ConversationID) error {
		revs, err := f.store.Revs(ctx, rooms)
		if err != nil {
			return err
		}
		for _, room := range rooms {
			messages, err := f.store.Messages(ctx, room, store.MessageFilter{}, model.MessagePage{After: seen[room], Limit: 1_000_000})
			if err != nil {
				return err
			}
			for i, message := range messages {
				if message.Seq != seen[room]+int64(i)+1 {
					return fmt.Errorf("after seq %d came seq %d in place %d", seen[room], message.Seq, i)
				}
			}
			seen[room] += int64(len(messages))
			if promised := revs[room] - 1; seen[room] < promised {
				return fmt.Errorf("rev %d was visible, seq %d was not", revs[room], promised)
			}
		}
		return nil
	})
}
