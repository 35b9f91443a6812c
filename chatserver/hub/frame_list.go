package hub

import "sync"

const (
	// shortFrameList is what a list has room for at first, and longFrameList the
	// most that one is kept with.
	shortFrameList = 8
	longFrameList  = 256
)

// frameList is frames that wait to be written. Nil is an empty one.
type frameList struct {
	frames [][]byte
	bytes  int
}

// size is in bytes.
func (l *frameList) size() int {
	if l == nil {
		return 0
	}
	return l.bytes
}

func (l *frameList) count() int {
	if l == nil {
		return 0
	}
	return len(l.frames)
}

// frameLists keeps lists that are empty again for whoever queues next. A session
// holds one only while something waits: thousands of small lists that come and go
// leave memory in pieces that little else fits into.
type frameLists struct{ empty sync.Pool }

// add appends a frame to a list, which may be nil.
func (p *frameLists) add(list *frameList, frame []byte) *frameList {
	if list == nil {
		list, _ = p.empty.Get().(*frameList)
		if list == nil {
			list = &frameList{frames: make([][]byte, 0, shortFrameList)}
		}
	}
	list.frames = append(list.frames, frame)
	list.bytes += len(frame)
	return list
}

// join makes one list of two, either of which may be nil.
func (p *frameLists) join(first, second *frameList) *frameList {
	switch {
	case second == nil:
		return first
	case first == nil:
		return second
	}
	first.frames = append(first.frames, second.frames...)
	first.bytes += second.bytes
	p.release(second)
	return first
}

// release takes a list back that nobody uses any more.
func (p *frameLists) release(list *frameList) {
	if list == nil || cap(list.frames) > longFrameList {
		return
	}
	clear(list.frames)
	list.frames, list.bytes = list.frames[:0], 0
	p.empty.Put(list)
}
