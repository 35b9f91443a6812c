package hub

import (
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// Wire puts what the hub delivers into the form of one protocol. The sessions of
// a wire share one value, and the bytes that it makes. Implementations are
// comparable and safe for concurrent use.
type Wire interface {
	// Change is the frame of one change.
	Change(change envelope.Change) []byte
	// Signal is the frame of one signal.
	Signal(signal model.Signal) []byte
	// Reset says that the conversation must be read anew; what follows is newer
	// than rev.
	Reset(conversation model.ConversationID, rev int64) []byte
	// Drain says that the connection closes within the given time and that the
	// client is to connect again.
	Drain(within time.Duration) []byte
}

// Conn is the connection of one session. One goroutine at a time calls Write or
// Ping; Close may be called at any time, more than once.
type Conn interface {
	// Write sends frames, in one system call where the wire allows it. It fails
	// when the peer does not take them in time.
	Write(frames [][]byte) error
	// Ping asks the peer for a sign of life.
	Ping() error
	// Close ends the connection and says why. The reader of the connection
	// notices and calls Session.Leave.
	Close(reason CloseReason)
}

// CloseReason says why the server closes a connection.
type CloseReason uint8

// The reasons to close.
const (
	CloseGone          CloseReason = iota // the connection failed or the client left
	CloseDrain                            // the pod stops: connect again
	CloseKeyRevoked                       // the API key that opened the connection no longer counts
	CloseTokenExpired                     // the user token is over
	CloseTokensRevoked                    // the user's tokens are revoked, the account is suspended or erased
	CloseSlow                             // the client does not read fast enough: connect again and resume
)
