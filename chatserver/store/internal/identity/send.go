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

// FirstSends leaves the first of each send in a group, in the group's order.
func FirstSends(group []store.NewMessage) []store.NewMessage {
	seen := make(map[Send]bool, len(group))
	firsts := make([]store.NewMessage, 0, len(group))
	for _, message := range group {
		if send := SendOf(message); !seen[send] {
			seen[send] = true
			firsts = append(firsts, message)
		}
	}
	return firsts
}

// Result is what an engine made of the first of a send.
type Result struct {
	Message model.Message
	Hash    [32]byte // of the request that made the message, or that was refused
	Created bool     // this group stored the message
	Err     error    // why it was refused
}

var errNoResult = errors.New("the engine gave no result for a message")

// Outcomes answers every message of a group from the results of its firsts.
func Outcomes(group []store.NewMessage, results map[Send]Result) []store.AppendOutcome {
	outcomes := make([]store.AppendOutcome, len(group))
	answered := make(map[Send]bool, len(results))
	for i, message := range group {
		send := SendOf(message)
		result, ok := results[send]
		switch {
		case !ok:
			outcomes[i].Err = errNoResult
		case result.Hash != message.Hash:
			outcomes[i].Err = model.ErrClientIDReused
		case result.Err != nil:
			outcomes[i].Err = result.Err
		default:
			outcomes[i] = store.AppendOutcome{Message: result.Message, Duplicate: !result.Created || answered[send]}
		}
		answered[send] = true
	}
	return outcomes
}
