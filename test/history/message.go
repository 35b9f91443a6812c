package history

import "github.com/cespare/xxhash/v2"

// Message is a message as a client sees it, in an event or in the history over
// REST. The content of a deleted one does not count.
type Message struct {
	Conversation, ID int64
	Seq              int64
	CreatedRev, Rev  int64
	Sender           int64
	ClientID         string
	Content          uint64 // what Digest makes of it
	Deleted          bool
}

// Digest stands for a content in a history. Two contents are the same when their
// digests are, so give it a form that every reader of the content agrees on.
func Digest(content []byte) uint64 { return xxhash.Sum64(content) }

// whole reports whether the message tells its place and not its id alone.
func (m Message) whole() bool { return m.ID != 0 && m.CreatedRev != 0 }

// normal leaves out what does not count.
func (m Message) normal() Message {
	if m.Deleted {
		m.Content = 0
	}
	return m
}

func (m Message) key() sendKey { return sendKey{m.Sender, m.ClientID} }

// sameState reports whether both have the same content or are both tombstones.
func (m Message) sameState(other Message) bool {
	return m.Deleted == other.Deleted && (m.Deleted || m.Content == other.Content)
}
