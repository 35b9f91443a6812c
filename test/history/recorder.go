package history

import (
	"slices"
	"sync"
)

// Recorder gathers the history of any number of conversations and sessions. Its
// methods are safe for concurrent use. Messages that are not durable have no
// place in it.
type Recorder struct {
	mu            sync.RWMutex
	conversations map[int64]*conversation
	sessions      []*Session
}

// NewRecorder begins an empty history.
func NewRecorder() *Recorder {
	return &Recorder{conversations: make(map[int64]*conversation)}
}

// Session begins the history of one client over all its connections.
func (r *Recorder) Session(name string) *Session {
	session := &Session{recorder: r, name: name, followings: make(map[int64]*following)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions = append(r.sessions, session)
	return session
}

func (r *Recorder) conversation(id int64) *conversation {
	r.mu.RLock()
	found := r.conversations[id]
	r.mu.RUnlock()
	if found != nil {
		return found
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if found = r.conversations[id]; found == nil {
		found = newConversation(id)
		r.conversations[id] = found
	}
	return found
}

// Sent records an attempt to send, before it is made; repeats are attempts too.
// From the first one on the conversation is held to the rule Unasked.
func (r *Recorder) Sent(conversation, sender int64, clientID string, content uint64) {
	c := r.conversation(conversation)
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sendAt(sender, clientID)
	sent.attempts++
	if !slices.Contains(sent.contents, content) {
		sent.contents = append(sent.contents, content)
	}
}

// Acked records the server's ok to a send. Rev is that of the answer: the rev of
// birth, or for a repeat perhaps a later one. A CreatedRev of 0 stands for Rev, a
// Content of 0 for what was sent.
func (r *Recorder) Acked(message Message) {
	c := r.conversation(message.Conversation)
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sendAt(message.Sender, message.ClientID)
	if message.CreatedRev == 0 {
		message.CreatedRev = message.Rev
	}
	if message.Content == 0 && len(sent.contents) == 1 {
		message.Content = sent.contents[0]
	}
	message.ClientID = sent.clientID
	if !slices.Contains(sent.acks, message) {
		sent.acks = append(sent.acks, message)
	}
}

// Refused records a definitive refusal of one attempt.
func (r *Recorder) Refused(conversation, sender int64, clientID, code string) {
	c := r.conversation(conversation)
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sendAt(sender, clientID)
	sent.refusals++
	sent.code = code
}

// EditSent records an attempt to edit a message, before it is made, with the
// content that the message would have. A reaction, which leaves the content as
// it is, may be recorded so too. Only with it can an edit be judged whose answer
// never came.
func (r *Recorder) EditSent(conversation, id int64, content uint64) {
	r.attempt(conversation, id, content, false)
}

// DeleteSent is EditSent for a deletion.
func (r *Recorder) DeleteSent(conversation, id int64) { r.attempt(conversation, id, 0, true) }

func (r *Recorder) attempt(conversation, id int64, content uint64, deleted bool) {
	c := r.conversation(conversation)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recordAt(id).attemptAt(content, deleted).sent++
}

// EditAcked records the answer to an edit: the whole message, with the rev that
// the edit gave it.
func (r *Recorder) EditAcked(message Message) { r.changed(message) }

// DeleteAcked records the answer to a deletion. Rev is 0 where the answer lacks
// it; of the rest only Conversation and ID are needed.
func (r *Recorder) DeleteAcked(message Message) {
	message.Deleted = true
	r.changed(message)
}

func (r *Recorder) changed(message Message) {
	c := r.conversation(message.Conversation)
	message = message.normal()
	c.mu.Lock()
	defer c.mu.Unlock()
	if message.whole() && message.Seq != 0 && message.Rev != 0 {
		c.see(message, "")
	}
	known := c.recordAt(message.ID)
	known.changes = append(known.changes, message)
	known.attemptAt(message.Content, message.Deleted).acked++
}

// ChangeAcked records that another object, named as in Event.Object, was changed
// at rev, which an answer said: it names what happened to those who only hear of
// a later state.
func (r *Recorder) ChangeAcked(conversation, rev int64, about string) {
	c := r.conversation(conversation)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name(rev, namedObject(about))
}

// Summary counts what was recorded so far.
func (r *Recorder) Summary() Summary {
	var total Summary
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, c := range r.conversations {
		c.count(&total)
	}
	for _, s := range r.sessions {
		s.count(&total)
	}
	return total
}

func (c *conversation) count(total *Summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sent := range c.sends {
		if sent.attempts > 0 {
			total.Offered++
			total.Attempts += sent.attempts
		}
		switch {
		case len(sent.acks) > 0:
			total.Acked++
		case sent.refusals > 0 && !sent.open():
			total.Refused++
		}
	}
}
