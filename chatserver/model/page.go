package model

// MessagePage selects a part of a conversation's history by seq. At most one of
// Before, After and Oldest is set; with none, the newest messages are meant.
type MessagePage struct {
	Before int64 // messages with a smaller seq, newest first kept, or 0
	After  int64 // messages with a larger seq, oldest first kept, or 0
	Oldest bool  // all messages, oldest first kept
	Limit  int   // how many at most, at least 1
}
