package model

import "time"

// MaxReceiptMoves is how many moves of its marks a member keeps.
const MaxReceiptMoves = 100

// Receipt says that a member has read a message, or that it reached one of the
// member's devices, and since when. The time is absent when the mark moved over
// the message so long ago that the move is no longer kept.
type Receipt struct {
	User UserID     `json:"user"`
	Seq  int64      `json:"seq"` // how far the member's mark is now
	At   *time.Time `json:"at,omitempty"`
}

// ReceiptMark is how far a member has come; the object of receipt events.
type ReceiptMark struct {
	User         UserID    `json:"user"`
	ReadSeq      int64     `json:"readSeq"`
	DeliveredSeq int64     `json:"deliveredSeq"`
	At           time.Time `json:"at"`
}
