package history

// Stored is what the store holds of a conversation at the end, read page by page
// over REST.
type Stored struct {
	Conversation int64
	Rev          int64     // the conversation's
	FirstSeq     int64     // the oldest seq that retention kept; 0 stands for 1
	Messages     []Message // by ascending seq, tombstones included
}

func (s Stored) firstSeq() int64 { return max(s.FirstSeq, 1) }

// Summary counts what a history is made of.
type Summary struct {
	Offered    int // messages that were sent at least once
	Attempts   int // sends, repeats included
	Acked      int // messages with an ack
	Refused    int // messages whose every attempt was refused
	Deliveries int // durable events, over all sessions
	Again      int // deliveries that told a session nothing new
	Resets     int
}
