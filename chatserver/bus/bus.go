package bus

import (
	"context"
	"fmt"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/parley-chat/parley/chatserver/model"
)

// Partitions is the number of partitions of each family. It is part of the
// protocol between pods and never changes.
const Partitions = 256

// Family tells the two kinds of partition apart.
type Family byte

// The families: changes of conversations, and notices to users.
const (
	Conversations Family = 'c'
	Users         Family = 'u'
)

// Channel is one partition of one family.
type Channel struct {
	Family    Family
	Partition uint8
}

func (c Channel) String() string { return fmt.Sprintf("%c%d", c.Family, c.Partition) }

// ConversationChannel returns the channel that carries a conversation's changes.
func ConversationChannel(id model.ConversationID) Channel {
	return Channel{Family: Conversations, Partition: partition(int64(id))}
}

// UserChannel returns the channel that carries a user's notices.
func UserChannel(id model.UserID) Channel {
	return Channel{Family: Users, Partition: partition(int64(id))}
}

func partition(id int64) uint8 {
	return uint8(xxhash.Sum64String(strconv.FormatInt(id, 10)) % Partitions)
}

// Publication is one payload for one channel.
type Publication struct {
	Channel Channel
	Payload []byte
}

// Receiver is told what arrives. Its methods are called from the bus's own
// goroutines, never two at a time for one channel, must not block for long, and
// must not keep the payload.
type Receiver interface {
	// Receive gets one payload.
	Receive(channel Channel, payload []byte)
	// Resubscribed says that a subscription was lost and stands again: what was
	// published in between may be missing.
	Resubscribed(channel Channel)
}

// Bus carries payloads to every pod that subscribes to their channel, at most
// once, in the order in which one publisher published them to one channel. A
// pod receives its own publications too.
//
// All methods are safe for concurrent use.
type Bus interface {
	// Publish hands the publications over, in order. An error means that some
	// may not have gone out; it is never retried here.
	Publish(ctx context.Context, publications []Publication) error
	// Subscribe returns once the subscription is confirmed: everything that is
	// published afterwards arrives, until the connection is lost. Subscribing
	// again is no error and waits for the same confirmation.
	// If the context ends first, the bus goes on trying in the background and
	// calls Resubscribed for each of the channels when it stands.
	Subscribe(ctx context.Context, channels []Channel) error
	// Unsubscribe ends subscriptions. A payload under way may still arrive.
	Unsubscribe(channels []Channel)
	// Healthy reports whether publications and subscriptions are believed to
	// work now.
	Healthy() bool
	// Close ends all subscriptions and waits for the bus's goroutines. No
	// Receiver method runs after it returned.
	Close() error
}
