package proxy

// Verdict is what becomes of bytes on their way.
type Verdict int

const (
	// Pass sends them on.
	Pass Verdict = iota
	// Swallow drops them and leaves the connection as it is.
	Swallow
	// Cut drops them and resets the connection at both ends.
	Cut
)

// Inspector looks at all that one connection carries and decides on it. Each
// method is called in the order of the bytes, by one goroutine each: the two may
// run at the same time. The data is valid during the call only.
type Inspector interface {
	// Sent is asked about what the client sent.
	Sent(data []byte) Verdict
	// Answered is asked about what the server sent.
	Answered(data []byte) Verdict
}

// passing is the Inspector of a proxy that has none.
type passing struct{}

func (passing) Sent([]byte) Verdict { return Pass }

func (passing) Answered([]byte) Verdict { return Pass }
