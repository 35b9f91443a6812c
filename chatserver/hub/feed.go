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
	attachments []*attachment
	typing      map[typist]time.Time // who types, until when
	gap         *time.Timer          // runs while something is missing
	repairing   bool
}

// unknownRev marks a feed whose place has not been read yet.
const unknownRev = -1

// attachment is one session on one feed.
type attachment struct {
	session *Session
	// ahead is the rev that the session was brought to by itself; the feed may
	// still be behind it.
	ahead int64
	// since is the rev from which on the session's user is back, when it was told
	// of that before the end: an end before it is over.
	since int64
	// direct says that the conversation is one in which blocks hide nothing.
	direct bool
	// guest says that the session follows without its user being a member.
	guest bool
	// While syncing, changes gather here until the session has what is older.
	// Stale says that some went by ungathered: the session must read again.
	syncing  bool
	stale    bool
	buffer   []envelope.Change
	buffered int
}

// isEndedBy reports whether the session follows no more once it got the change.
func (a *attachment) isEndedBy(change envelope.Change, ending ending) bool {
	return change.Rev > a.ahead && change.Rev >= a.since && ending.concerns(a.session.identity.User)
}

// take queues one change to one session.
func (a *attachment) take(change envelope.Change, frame []byte) bool {
	if change.Rev <= a.ahead {
		return false
	}
	if a.syncing && fault(faultAttachUnsynced) {
		return false
	}
	if a.syncing {
		a.buffered += len(change.Body)
		if a.buffered > maxQueueBytes {
			a.buffer = nil
			a.session.Close(CloseSlow)
			return false
		}
		a.buffer = append(a.buffer, change)
		return false
	}
	if !a.direct && a.session.ignores(change.From) {
		// The client's rev moves on with the next change that it gets.
		return false
	}
	return a.session.Send(frame)
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
