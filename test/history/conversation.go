package history

import "sync"

// sendKey is what makes a send the same one within a conversation.
type sendKey struct {
	sender   int64
	clientID string
}

// send is one message as its sender offered it.
type send struct {
	clientID string // shared by all that is kept of the message
	contents []uint64
	attempts int
	refusals int
	code     string    // of the last refusal
	acks     []Message // those that differ
}

// open reports whether an attempt went without an answer.
func (s *send) open() bool { return s.attempts > s.refusals }

// sighting is one state of a message and who told it first.
type sighting struct {
	Message
	source string
}

// attempt counts the tries to bring a message to one state and their acks.
type attempt struct {
	content     uint64
	deleted     bool
	sent, acked int
}

// record is what is known of one message: almost always a single sighting.
type record struct {
	first    sighting
	others   []sighting
	changes  []Message // acked edits and deletions; Rev is 0 where the ack had none
	attempts []attempt
}

// attemptAt finds or begins the count of one state.
func (r *record) attemptAt(content uint64, deleted bool) *attempt {
	if deleted {
		content = 0
	}
	for i := range r.attempts {
		if r.attempts[i].content == content && r.attempts[i].deleted == deleted {
			return &r.attempts[i]
		}
	}
	r.attempts = append(r.attempts, attempt{content: content, deleted: deleted})
	return &r.attempts[len(r.attempts)-1]
}

// sightings calls visit with every state that was seen.
func (r *record) sightings(visit func(sighting)) {
	if r.first.ID == 0 {
		return
	}
	visit(r.first)
	for _, each := range r.others {
		visit(each)
	}
}

// naming says that an object changed at a rev.
type naming struct {
	rev    int64
	object object
}

// conversation is what all clients together know of one conversation.
type conversation struct {
	id int64

	mu       sync.Mutex
	sends    map[sendKey]*send
	messages map[int64]*record
	named    map[naming]struct{} // what no message's own revs name
}

func newConversation(id int64) *conversation {
	return &conversation{
		id: id, sends: make(map[sendKey]*send), messages: make(map[int64]*record), named: make(map[naming]struct{}),
	}
}

// sendAt finds or begins a send. The caller holds the lock.
func (c *conversation) sendAt(sender int64, clientID string) *send {
	key := sendKey{sender, clientID}
	found := c.sends[key]
	if found == nil {
		found = &send{clientID: clientID}
		c.sends[key] = found
	}
	return found
}

// recordAt finds or begins a record. The caller holds the lock.
func (c *conversation) recordAt(id int64) *record {
	found := c.messages[id]
	if found == nil {
		found = &record{}
		c.messages[id] = found
	}
	return found
}

// hear keeps what an event tells that nobody told before.
func (c *conversation) hear(event *Event, about object, source string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if event.Message.whole() {
		c.see(event.Message.normal(), source)
		if event.Kind != Other && (event.Rev == event.Message.CreatedRev || event.Rev == event.Message.Rev) {
			return
		}
	}
	c.name(event.Rev, about)
	if state := event.state(); state > event.Rev {
		c.name(state, about)
	}
	if event.CreatedRev != 0 {
		c.name(event.CreatedRev, about)
	}
}

// see keeps a state of a message. The caller holds the lock.
func (c *conversation) see(message Message, source string) {
	known := c.recordAt(message.ID)
	if known.first.Message == message {
		return
	}
	for i := range known.others {
		if known.others[i].Message == message {
			return
		}
	}
	switch sent := c.sends[message.key()]; {
	case sent != nil:
		message.ClientID = sent.clientID
	case known.first.ClientID == message.ClientID:
		message.ClientID = known.first.ClientID
	}
	if known.first.ID == 0 {
		known.first = sighting{message, source}
		return
	}
	known.others = append(known.others, sighting{message, source})
}

func (c *conversation) name(rev int64, about object) {
	c.named[naming{rev, about}] = struct{}{}
}
