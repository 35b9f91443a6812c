package history_test

import (
	"testing"

	"pgregory.net/rapid"
)

// live draws everything that may happen to a conversation.
func live(t *rapid.T) *tape {
	s := newServer(3)
	operations := []string{
		"send", "send", "send", "reply", "retry", "unanswered", "refused", "edit", "edit", "lost edit", "delete", "react",
		"member", "conversation", "read", "read", "read", "drop", "resume", "rewind", "sync again", "reset", "leave", "join",
	}
	for range rapid.IntRange(0, 60).Draw(t, "steps") {
		operation := rapid.SampledFrom(operations).Draw(t, "operation")
		c := rapid.IntRange(0, len(s.clients)-1).Draw(t, "client")
		if !s.happenToMessage(t, operation) {
			s.happenToClient(t, operation, s.clients[c])
		}
	}
	return s.finish()
}

func (s *server) happenToMessage(t *rapid.T, operation string) bool {
	seq := rapid.Int64Range(1, int64(max(1, len(s.messages)))).Draw(t, "seq")
	exists := int(seq) <= len(s.messages)
	alive := exists && !s.messages[seq-1].Deleted
	switch {
	case operation == "send":
		s.send()
	case operation == "reply" && alive:
		s.tape.add(ack(s.store(s.offer(), int(seq-1))))
	case operation == "retry":
		m := s.store(s.offer(), -1)
		s.edit(m.Seq, true)
		s.tape.add(step{call: sent, message: m})
		repeated := s.messages[m.Seq-1]
		repeated.Content, repeated.CreatedRev = m.Content, 0
		s.tape.add(ack(repeated))
	case operation == "unanswered":
		s.store(s.offer(), -1)
	case operation == "refused":
		s.tape.add(step{call: refused, message: s.offer()})
	case operation == "edit" && alive, operation == "lost edit" && alive:
		s.edit(seq, operation == "edit")
	case operation == "delete" && alive:
		s.remove(seq, rapid.Bool().Draw(t, "answered"))
	case operation == "react" && alive:
		s.react(seq)
	case operation == "member":
		s.change(rapid.SampledFrom([]string{"member/1", "member/2"}).Draw(t, "member"))
	case operation == "conversation":
		s.change("conversation")
	default:
		return false
	}
	return true
}

func (s *server) happenToClient(t *rapid.T, operation string, c *client) {
	switch {
	case operation == "read":
		s.deliver(c, rapid.IntRange(0, len(c.queue)).Draw(t, "count"))
	case operation == "drop":
		s.drop(c)
	case operation == "resume":
		s.resume(c, c.read)
	case operation == "rewind" && c.joined:
		s.resume(c, rapid.Int64Range(max(c.from, c.read-5), c.read).Draw(t, "since"))
	case operation == "sync again" && c.online && c.joined:
		s.sync(c, c.read)
	case operation == "reset" && c.joined:
		s.reset(c)
	case operation == "leave" && c.joined:
		s.leave(c)
	case operation == "join" && c.online && !c.joined:
		s.join(c, rapid.Bool().Draw(t, "hides the past"))
	}
}

func TestASoundHistoryBreaksNoRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if violations := live(t).check(); len(violations) > 0 {
			t.Fatalf("found %v", violations)
		}
	})
}
