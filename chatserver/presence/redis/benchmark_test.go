package redis

import (
	"fmt"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence/presencetest"
	"github.com/parley-chat/parley/test/services"
)

// The sizes of rooms that must cost the same.
var rooms = []int{100, 1_000, 10_000}

// BenchmarkPresencePresent asks who is in a room: its count and a sample of 20.
func BenchmarkPresencePresent(b *testing.B) {
	inRooms(b, func(b *testing.B, r *Registry) {
		for b.Loop() {
			if len(r.Present(b.Context(), lobby, 20).Users) != 20 {
				b.Fatal("the sample is not full")
			}
		}
	})
}

// BenchmarkPresenceEnterLeave has one more user enter a room and leave it.
func BenchmarkPresenceEnterLeave(b *testing.B) {
	inRooms(b, func(b *testing.B, r *Registry) {
		for b.Loop() {
			if !r.Enter(b.Context(), lobby, alice) || !r.Leave(b.Context(), lobby, alice) {
				b.Fatal("the user was there before")
			}
		}
	})
}

// BenchmarkPresenceConnectDisconnect has a user go online and offline while that
// many others are in a room.
func BenchmarkPresenceConnectDisconnect(b *testing.B) {
	inRooms(b, func(b *testing.B, r *Registry) {
		for b.Loop() {
			change, err := r.Connect(b.Context(), alice, "")
			if err != nil || !change.Visible() || !r.Disconnect(b.Context(), alice).Visible() {
				b.Fatal("nothing changed")
			}
		}
	})
}

func inRooms(b *testing.B, run func(*testing.B, *Registry)) {
	for _, size := range rooms {
		b.Run(fmt.Sprint("room of ", size), func(b *testing.B) {
			options := Options{
				Client: connect(b, services.Redis(b).URL()), Project: "3f1c", Pod: 1,
				Announcer: &presencetest.Recorder{}, Expiry: presencetest.Forever, Refresh: presencetest.Forever / 4,
			}
			r, err := Open(b.Context(), options)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			for i := range size {
				r.Enter(b.Context(), lobby, alice+model.UserID(i)+1)
			}
			if got := r.Present(b.Context(), lobby, 0).Count; got != size {
				b.Fatalf("%d are in the room", got)
			}
			calls, spent := served(b, options.Client)
			run(b, r)
			moreCalls, moreSpent := served(b, options.Client)
			b.ReportMetric((moreCalls-calls)/float64(b.N), "commands/op")
			b.ReportMetric((moreSpent-spent)/float64(b.N), "redis-µs/op")
		})
	}
}

// served is how many commands Redis served for the registry, and for how many
// microseconds: unlike the time of a whole round trip, that hardly depends on
// what else the machine does.
func served(b *testing.B, client goredis.UniversalClient) (calls, spent float64) {
	b.Helper()
	statistics, err := client.InfoMap(b.Context(), "commandstats").Result()
	if err != nil {
		b.Fatal(err)
	}
	for _, command := range []string{"eval", "evalsha", "hlen", "hrandfield"} {
		var its, took float64
		text := statistics["Commandstats"]["cmdstat_"+command]
		if _, err := fmt.Sscanf(text, "calls=%g,usec=%g,", &its, &took); err == nil {
			calls, spent = calls+its, spent+took
		}
	}
	return calls, spent
}
