package hub

import (
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// maxEarly bounds the changes that wait for a missing one.
const maxEarly = 1024

// feed is one conversation that sessions of this pod are attached to. Its
// shard's lock guards it.
type feed struct {
	id          model.ConversationID
	rev         int64 // everything up to here went to the attached sessions; -1 until known
	want        int64 // the highest rev that was heard of
	early       map[int64]envelope.Change
	attachments []attachment
	typing      map[typist]time.Time // who types, until when
	gap         *time.Timer          // runs while something is missing
	repairing   bool
	direct      bool // blocks hide nothing in it
}

// unknownRev marks a feed whose place has not been read yet.
const unknownRev = -1

// find returns the session's attachment, which is good until the shard's lock is
// given back, or nil.
func (f *feed) find(session *Session) *attachment {
	for i := range f.attachments {
		if f.attachments[i].session == session {
			return &f.attachments[i]
		}
	}
	return nil
}

// add keeps a new attachment. The list grows by a quarter at a time, and not to
// twice its size: it is what most of a conversation's memory goes into.
func (f *feed) add(a attachment) {
	if count := len(f.attachments); count == cap(f.attachments) {
		f.attachments = append(make([]attachment, 0, count+count/4+2), f.attachments...)
	}
	f.attachments = append(f.attachments, a)
}

// frames makes the bytes of one change once per wire.
type frames struct {
	change envelope.Change
	last   Wire
	bytes  []byte
	others map[Wire][]byte
}

func (f *frames) of(wire Wire) []byte {
	if wire == f.last {
		return f.bytes
	}
	bytes, ok := f.others[wire]
	if !ok {
		bytes = wire.Change(f.change)
		if f.others == nil {
			f.others = make(map[Wire][]byte, 1)
		}
		f.others[wire] = bytes
	}
	f.last, f.bytes = wire, bytes
	return bytes
}
