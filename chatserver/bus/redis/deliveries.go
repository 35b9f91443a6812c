package redis

import (
	"sync"

	"github.com/parley-chat/parley/chatserver/bus"
)

// deliveries calls the receiver, never two at a time for one channel: while a
// channel moves, two connections may have something for it.
type deliveries struct {
	receiver      bus.Receiver
	conversations [bus.Partitions]sync.Mutex
	users         [bus.Partitions]sync.Mutex
}

func (d *deliveries) lock(channel bus.Channel) *sync.Mutex {
	if channel.Family == bus.Users {
		return &d.users[channel.Partition]
	}
	return &d.conversations[channel.Partition]
}

func (d *deliveries) receive(channel bus.Channel, payload []byte) {
	lock := d.lock(channel)
	lock.Lock()
	defer lock.Unlock()
	d.receiver.Receive(channel, payload)
}

func (d *deliveries) resubscribed(channel bus.Channel) {
	lock := d.lock(channel)
	lock.Lock()
	defer lock.Unlock()
	d.receiver.Resubscribed(channel)
}
