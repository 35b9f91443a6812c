package redis

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence/presencetest"
	"github.com/parley-chat/parley/test/services"
)

// The sizes of rooms that must cost the same.
var rooms = []int{100, 10_000}

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
			run(b, r)
		})
	}
}
