package memory_test

import (
	"testing"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
	"github.com/parley-chat/parley/chatserver/bus/memory"
)

func TestBus(t *testing.T) {
	bustest.Run(t, bustest.Harness{
		Network: func(*testing.T) func(bus.Receiver) bus.Bus {
			network := memory.NewNetwork()
			return func(receiver bus.Receiver) bus.Bus { return network.Join(receiver) }
		},
	})
}
