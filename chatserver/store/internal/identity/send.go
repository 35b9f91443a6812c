package identity

import (
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// Send is what makes a message the same one when it comes again.
type Send struct {
	Conversation model.ConversationID
	Sender       model.UserID
	ClientID     string
}

// SendOf names a message that is to be appended.
func SendOf(message store.NewMessage) Send {
	return Send{Conversation: message.Conversation, Sender: message.Sender, ClientID: message.ClientID}
}

// FirstSends leaves the first of each send in a group, in the group's order. For
// each message of the group, places says where among the firsts its send is. The
// firsts may be the group itself.
func FirstSends(group []store.NewMessage) (firsts []store.NewMessage, places []int) {
	places = make([]int, len(group))
	seen := make(map[Send]int, len(group))
	for i := range group {
		send := SendOf(group[i])
		place, repeated := seen[send]
		if !repeated {
			place = len(seen)
			seen[send] = place
		}
		places[i] = place
	}
	if len(seen) == len(group) {
		return group, places
	}
	firsts = make([]store.NewMessage, 0, len(seen))
	for i, place := range places {
		if place == len(firsts) {
			firsts = append(firsts, group[i])
		}
	}
	return firsts, places
}

// Result is what an engine made of the first of a send. The zero value says
// that it is not known yet.
type Result struct {
	Message model.Message
	Hash    [32]byte // of the request that made the message, or that was refused
	Created bool     // this group stored the message
	Err     error    // why it was refused
}

// Known reports whether there is a message or a refusal.
func (r *Result) Known() bool { return r.Message.ID != 0 || r.Err != nil }

var errNoResult = errors.New("the engine gave no result for a message")

// Outcomes answers every message of a group from the results of its firsts, by
// the places that FirstSends gave.
func Outcomes(group []store.NewMessage, places []int, results []Result) []store.AppendOutcome {
	outcomes := make([]store.AppendOutcome, len(group))
	answered := make([]bool, len(results))
	for i, place := range places {
		result := &results[place]
		switch {
		case !result.Known():
			outcomes[i].Err = errNoResult
		case result.Hash != group[i].Hash:
			outcomes[i].Err = model.ErrClientIDReused
		case result.Err != nil:
			outcomes[i].Err = result.Err
		default:
			outcomes[i].Message = result.Message
			outcomes[i].Duplicate = !result.Created || answered[place]
		}
		answered[place] = true
	}
	return outcomes
}
