package redis

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/model"
)

// place is where a user can be: in a conversation, or, with conversation 0,
// online at all.
type place struct {
	conversation model.ConversationID
	user         model.UserID
}

func (p place) channel() bus.Channel {
	if p.conversation == 0 {
		return bus.UserChannel(p.user)
	}
	return bus.ConversationChannel(p.conversation)
}

// keys names what Redis holds of one project and pod. The part in braces
// decides the slot, and is the one of the partition's bus channel.
type keys struct{ project, pod string }

func (k keys) of(channel bus.Channel, what string) string {
	return fmt.Sprintf("parley:{%s:%s}:%s", k.project, channel, what)
}

func (k keys) expiries(channel bus.Channel) string { return k.of(channel, "expiries") }

// holders is the hash of a place's users and the pods that hold them.
func (k keys) holders(p place) string {
	if p.conversation == 0 {
		return k.of(p.channel(), "online")
	}
	return k.of(p.channel(), "present:"+p.conversation.String())
}

func (k keys) choice(user model.UserID) string {
	return k.of(bus.UserChannel(user), "choice:"+user.String())
}

// entry names this pod's hold on a place in the set of expiries.
func (k keys) entry(p place) string {
	return p.conversation.String() + ":" + p.user.String() + ":" + k.pod
}

// mark names the entry that says that Redis still knows this pod.
func (k keys) mark() string { return "pod:" + k.pod }

// parseEntry reads what entry wrote; a mark is none.
func parseEntry(text string) (p place, pod string, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return place{}, "", false
	}
	conversation, conversationErr := strconv.ParseInt(parts[0], 10, 64)
	user, userErr := strconv.ParseInt(parts[1], 10, 64)
	if conversationErr != nil || userErr != nil {
		return place{}, "", false
	}
	return place{model.ConversationID(conversation), model.UserID(user)}, parts[2], true
}
