package history_test

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/test/history"
)

const (
	room    = int64(1000)
	firstID = int64(500)
)

// server is a conversation as a sound server keeps it, and the clients that hear
// of it. Everything goes onto a tape.
type server struct {
	tape     tape
	rev      int64
	messages []history.Message // by seq
	objects  map[string]history.Event
	clients  []*client
	keys     int
}

// client is one session: what waits to be read is lost with its connection.
type client struct {
	name   string
	online bool
	joined bool
	from   int64 // where it began to follow, or began anew
	read   int64 // the highest rev of the frames that it read
	queue  []history.Event
	floor  int64 // the last seq that it does not see
}

func (c *client) hears(event history.Event) bool {
	return event.Message.ID == 0 || event.Message.Seq > c.floor
}

func newServer(clients int) *server {
	s := &server{objects: make(map[string]history.Event)}
	for i := range clients {
		c := &client{name: fmt.Sprintf("client %d", i), online: true, joined: true}
		s.clients = append(s.clients, c)
		s.session(c, step{call: connected})
		s.session(c, step{call: follows})
	}
	return s
}

func (s *server) session(c *client, what step) {
	what.session = c.name
	s.tape.add(what)
}

func (s *server) publish(event history.Event) {
	for _, c := range s.clients {
		if c.online && c.joined && c.hears(event) {
			c.queue = append(c.queue, event)
		}
	}
}

// offer begins a send that nobody used before.
func (s *server) offer() history.Message {
	s.keys++
	m := history.Message{
		Conversation: room, Sender: 7 + int64(s.keys%2), ClientID: fmt.Sprintf("key %d", s.keys),
		Content: history.Digest(fmt.Append(nil, "content ", s.keys)),
	}
	s.tape.add(step{call: sent, message: m})
	return m
}

// store commits what was offered; a reply changes what it replies to, at the
// same rev.
func (s *server) store(m history.Message, parent int) history.Message {
	s.rev++
	m.Seq, m.ID, m.CreatedRev, m.Rev = int64(len(s.messages)+1), firstID+int64(len(s.messages)), s.rev, s.rev
	s.messages = append(s.messages, m)
	if parent >= 0 {
		s.messages[parent].Rev = s.rev
	}
	s.publish(history.Event{Kind: history.Created, Conversation: room, Rev: s.rev, Message: m})
	return m
}

func ack(m history.Message) step { return step{call: acked, message: m} }

// send is offer, store and ack.
func (s *server) send() history.Message {
	m := s.store(s.offer(), -1)
	s.tape.add(ack(m))
	return m
}

// edit changes a message; without an answer its client never learns that.
func (s *server) edit(seq int64, answered bool) history.Message {
	m := &s.messages[seq-1]
	s.rev++
	m.Rev, m.Content = s.rev, history.Digest(fmt.Append(nil, "edit ", s.rev))
	s.tape.add(step{call: editSent, message: *m})
	if answered {
		s.tape.add(step{call: editAcked, message: *m})
	}
	s.publish(history.Event{Kind: history.Edited, Conversation: room, Rev: s.rev, Message: *m})
	return *m
}

func (s *server) remove(seq int64, answered bool) {
	m := &s.messages[seq-1]
	s.rev++
	m.Rev, m.Content, m.Deleted = s.rev, 0, true
	s.tape.add(step{call: deleteSent, message: *m})
	if answered {
		s.tape.add(step{call: deleteAcked, message: history.Message{Conversation: room, ID: m.ID}})
	}
	s.publish(history.Event{Kind: history.Deleted, Conversation: room, Rev: s.rev, Message: *m})
}

func (s *server) react(seq int64) {
	m := &s.messages[seq-1]
	s.rev++
	m.Rev = s.rev
	event := history.Event{Conversation: room, Rev: s.rev, Message: *m, Object: fmt.Sprintf("message/%d", m.ID)}
	s.tape.add(step{call: changeAcked, rev: s.rev, event: event})
	s.publish(event)
}

// change changes another object, a member or the conversation.
func (s *server) change(about string) {
	s.rev++
	event := history.Event{Conversation: room, Rev: s.rev, ObjectRev: s.rev, Object: about, CreatedRev: s.objects[about].CreatedRev}
	if event.CreatedRev == 0 {
		event.CreatedRev = s.rev
	}
	s.objects[about] = event
	s.tape.add(step{call: changeAcked, rev: s.rev, event: event})
	s.publish(event)
}

// deliver has a client read some of what waits: the events of one rev together,
// since it would not get the second one after a resume.
func (s *server) deliver(c *client, count int) {
	for 0 < count && count < len(c.queue) && c.queue[count-1].Rev == c.queue[count].Rev {
		count++
	}
	for _, event := range c.queue[:count] {
		s.session(c, step{call: delivered, event: event})
		c.read = max(c.read, event.Rev)
	}
	c.queue = c.queue[count:]
}

func (s *server) drop(c *client) { c.online, c.queue = false, nil }

// resume connects a client anew and brings it from since to the present, by
// states.
func (s *server) resume(c *client, since int64) {
	s.drop(c)
	c.online = true
	s.session(c, step{call: connected})
	if c.joined {
		s.sync(c, since)
	}
}

func (s *server) sync(c *client, since int64) {
	s.session(c, step{call: follows, rev: s.rev})
	for _, event := range s.since(since) {
		if c.hears(event) {
			c.queue = append(c.queue, event)
		}
	}
}

// reset is a resume after too much.
func (s *server) reset(c *client) {
	s.drop(c)
	c.online, c.from, c.read = true, s.rev, s.rev
	s.session(c, step{call: connected})
	s.session(c, step{call: follows, rev: s.rev})
	s.session(c, step{call: reset, rev: s.rev})
}

func (s *server) leave(c *client) {
	c.joined, c.queue = false, nil
	s.session(c, step{call: left})
}

// join shows a client what there is from its joining on, or all.
func (s *server) join(c *client, hidden bool) {
	c.joined, c.from, c.read, c.floor = true, s.rev, s.rev, 0
	if hidden {
		c.floor = int64(len(s.messages))
	}
	s.session(c, step{call: follows, rev: s.rev})
	s.session(c, step{call: sees, rev: c.floor})
}

func (s *server) since(rev int64) []history.Event {
	var events []history.Event
	for _, m := range s.messages {
		event := history.Event{Kind: history.Edited, Conversation: room, Rev: m.Rev, Message: m}
		switch {
		case m.CreatedRev > rev:
			event.Kind, event.Rev = history.Created, m.CreatedRev
		case m.Deleted:
			event.Kind = history.Deleted
		}
		if m.Rev > rev {
			events = append(events, event)
		}
	}
	for _, event := range s.objects {
		if event.Rev > rev {
			events = append(events, event)
		}
	}
	slices.SortStableFunc(events, func(a, b history.Event) int { return cmp.Compare(a.Rev, b.Rev) })
	return events
}

// finish has everybody hear everything and reads the store.
func (s *server) finish() *tape {
	for _, c := range s.clients {
		if !c.online {
			s.resume(c, c.read)
		}
		s.deliver(c, len(c.queue))
	}
	s.tape.stored = history.Stored{Conversation: room, Rev: s.rev, FirstSeq: 1, Messages: slices.Clone(s.messages)}
	return &s.tape
}
