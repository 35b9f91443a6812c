package hub

import (
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// DeliveredSink is told up to where messages were written to a client of a
// user. It must not block.
type DeliveredSink interface {
	Delivered(conversation model.ConversationID, user model.UserID, seq int64)
}

// maxReported is the number of sessions on one conversation above which nobody
// is told what was delivered: marks of large conversations are not kept.
const maxReported = 100

// arrival is a message on its way to one client.
type arrival struct {
	conversation model.ConversationID
	seq          int64
}

// report remembers a queued message until it is written.
func (s *Session) report(change envelope.Change, wanted bool) {
	if !wanted || change.Kind != model.MessageCreated || change.From == s.identity.User || s.hub.delivered == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.arriving) - 1; last >= 0 && s.arriving[last].conversation == change.Conversation {
		s.arriving[last].seq = max(s.arriving[last].seq, change.Seq)
		return
	}
	if !s.closing {
		s.arriving = append(s.arriving, arrival{change.Conversation, change.Seq})
	}
}

// arrived tells what was written.
func (s *Session) arrived(written []arrival) {
	for _, each := range written {
		s.hub.delivered.Delivered(each.conversation, s.identity.User, each.seq)
	}
}
