package model

// MessagePage selects a part of a conversation's history by seq. At most one of
// Before, After and Oldest is set; with none, the newest messages are meant.
// Offset skips that many of the messages that the page begins with.
type MessagePage struct {
	Before int64 // messages with a smaller seq, newest first kept, or 0
	After  int64 // messages with a larger seq, oldest first kept, or 0
	Oldest bool  // all messages, oldest first kept
	Offset int
	Limit  int // how many at most, at least 1
}

// ListPage selects a part of a list. At most one of Offset and After is set.
type ListPage struct {
	Offset int
	After  ListCursor // the last row of the page before; zero at the beginning
	Limit  int        // how many at most, at least 1
}

// ListCursor is a place in a list: the order key of a row, and its id where two
// rows share the key.
type ListCursor struct {
	Key int64 // microseconds since 1970 where the list is ordered by time, else 0
	ID  int64
}

// IsZero reports whether the cursor stands at the beginning.
func (c ListCursor) IsZero() bool { return c == ListCursor{} }
