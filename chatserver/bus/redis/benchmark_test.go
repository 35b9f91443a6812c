package redis

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
	"github.com/parley-chat/parley/test/services"
)

// BenchmarkPublish publishes one group after the other, each publication to a
// channel of its own, and nobody subscribes.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{1, 16} {
		b.Run(fmt.Sprint("group of ", size), func(b *testing.B) {
			server := services.Redis(b)
			opened, err := Open(b.Context(), Options{URLs: fixed(server.URL()), Project: "3f1c", Receiver: bustest.NewRecorder()})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = opened.Close() }()
			group := make([]bus.Publication, size)
			for i, channel := range bustest.AllChannels()[:size] {
				group[i] = bus.Publication{Channel: channel, Payload: make([]byte, 300)}
			}
			for b.Loop() {
				if err := opened.Publish(b.Context(), group); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "publications/s")
		})
	}
}
