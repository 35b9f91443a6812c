package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// benchmarkRooms are the conversations of one writer, the largest group in which
// each message goes to another one.
const benchmarkRooms = 256

// Meter tells how much processor time something has spent since it began, user
// and system together.
type Meter struct {
	Name string // of what it measures, a part of the unit in the report
	Read func() (time.Duration, error)
}

// BenchmarkAppend stores groups of fresh messages, each for a conversation and
// from a sender of its own. It reports messages per second of wall clock, and
// for each meter the microseconds of processor time that a message costs: those
// depend less on the disk and on what else the machine does.
func BenchmarkAppend(b *testing.B, open func(b *testing.B) store.Store, meters ...Meter) {
	for _, writers := range []int{1, 4} {
		for _, size := range []int{1, 20, 100, 256} {
			b.Run(fmt.Sprintf("writers=%d/group=%d", writers, size), func(b *testing.B) {
				opened := open(b)
				sources := make([]*messageSource, writers)
				for i := range sources {
					sources[i] = newMessageSource(b, opened)
				}
				measureAppend(b, opened, sources, size, meters)
			})
		}
	}
}

// measureAppend lets the sources write at the same time, a group for each turn
// of the benchmark.
func measureAppend(b *testing.B, opened store.Store, sources []*messageSource, size int, meters []Meter) {
	for _, source := range sources { // connections are open and statements prepared from here on
		if err := source.append(b.Context(), opened, size); err != nil {
			b.Fatal(err)
		}
	}
	turns := make(chan struct{})
	var failed atomic.Pointer[error]
	var messages atomic.Int64
	var running sync.WaitGroup
	spent := readMeters(b, meters)
	began := time.Now()
	for _, source := range sources {
		running.Go(func() {
			for range turns {
				if err := source.append(b.Context(), opened, size); err != nil {
					failed.Store(&err)
				}
				messages.Add(int64(size))
			}
		})
	}
	for b.Loop() {
		turns <- struct{}{}
	}
	close(turns)
	running.Wait()
	elapsed := time.Since(began)
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	b.ReportMetric(float64(messages.Load())/elapsed.Seconds(), "messages/s")
	for i, now := range readMeters(b, meters) {
		b.ReportMetric(float64((now-spent[i]).Nanoseconds())/1e3/float64(messages.Load()), meters[i].Name+"-µs/message")
	}
}

func readMeters(b *testing.B, meters []Meter) []time.Duration {
	b.Helper()
	read := make([]time.Duration, len(meters))
	for i, meter := range meters {
		var err error
		if read[i], err = meter.Read(); err != nil {
			b.Fatal(err)
		}
	}
	return read
}

// messageSource makes messages for the conversations of one writer in turn.
type messageSource struct {
	senders []model.UserID
	rooms   []model.ConversationID
	made    int
}

func newMessageSource(b *testing.B, opened store.Store) *messageSource {
	b.Helper()
	source := &messageSource{}
	for range benchmarkRooms {
		user, err := opened.CreateUser(b.Context(), store.NewUser{})
		if err != nil {
			b.Fatal(err)
		}
		made, err := opened.CreateConversation(b.Context(), store.NewConversation{
			Type: model.Group, CreatedBy: user.ID, Members: []store.NewMember{{User: user.ID, Role: model.RoleOwner}},
		})
		if err != nil {
			b.Fatal(err)
		}
		source.senders, source.rooms = append(source.senders, user.ID), append(source.rooms, made.Conversation.ID)
	}
	return source
}

func (s *messageSource) append(ctx context.Context, opened store.Store, size int) error {
	group := make([]store.NewMessage, size)
	for i := range group {
		s.made++
		place := s.made % benchmarkRooms
		group[i] = store.NewMessage{
			Conversation: s.rooms[place], Sender: s.senders[place], ClientID: fmt.Sprintf("c-%016d", s.made),
			Type: model.TextMessage, Content: json.RawMessage(`{"text":"The quick brown fox jumps over the lazy dog."}`),
		}
	}
	outcomes, err := opened.Append(ctx, group)
	for _, outcome := range outcomes {
		if outcome.Err != nil {
			return outcome.Err
		}
	}
	return err
}
