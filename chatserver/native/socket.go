package native

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
)

const (
	writeTimeout = 10 * time.Second
	closeTimeout = time.Second
	// maxCoalesced bounds the frames that leave as one WebSocket message.
	maxCoalesced = 32 * 1024
)

// The codes of closed connections, in the range that RFC 6455 leaves to
// applications; a drained one gets the standard code for a restarting service.
const (
	closeTokenExpired  = 4001
	closeTokensRevoked = 4002
	closeKeyRevoked    = 4003
	closeSlow          = 4008
)

var closings = map[hub.CloseReason]struct {
	code   int
	reason string
}{
	hub.CloseDrain:         {websocket.CloseServiceRestart, "draining: connect again"},
	hub.CloseKeyRevoked:    {closeKeyRevoked, "the API key was revoked"},
	hub.CloseTokenExpired:  {closeTokenExpired, "the user token has expired"},
	hub.CloseTokensRevoked: {closeTokensRevoked, "the user's tokens were revoked"},
	hub.CloseSlow:          {closeSlow, "too slow: connect again and resume"},
}

// upgrader keeps what an idle connection holds small: it reads through a
// readBuffer, and write buffers are from a pool.
var upgrader = websocket.Upgrader{
	WriteBufferPool: new(sync.Pool),
	Subprotocols:    []string{subprotocol},
	// No cookie is read, so a foreign page has nothing to ride on; the origins
	// of a key are checked with the key.
	CheckOrigin: func(*http.Request) bool { return true },
	Error:       func(http.ResponseWriter, *http.Request, int, error) {},
}

// openSocket upgrades the connection and returns, so that net/http lets go of
// its buffers; the connection is read in a goroutine of its own.
func (a *API) openSocket(c *gin.Context) {
	session := sessionOf(c)
	if session.Principal.User == 0 {
		a.fail(c, errNoSocketUser)
		return
	}
	if !websocket.IsWebSocketUpgrade(c.Request) {
		a.fail(c, model.Invalid("Upgrade", "this path speaks WebSocket only"))
		return
	}
	place, err := a.Hub.Reserve(identityOf(session))
	if err != nil {
		a.fail(c, err)
		return
	}
	socket := &socket{chat: a.Chat, user: session.Principal.User, silence: silence(a.Hub.PingInterval())}
	if err := socket.upgrade(c.Writer, c.Request, a.MaxBodyBytes); err != nil {
		place.Release()
		a.fail(c, model.Invalid("Upgrade", "the WebSocket handshake failed: %s", err))
		return
	}
	joined, err := place.Join(a.wire, socket)
	if err != nil {
		socket.Close(hub.CloseDrain)
		socket.connection.Close()
		return
	}
	reader := &socketReader{
		api: a, socket: socket, session: joined, principal: session.Principal,
		// That of the request would keep the request in memory.
		context: context.Background(),
	}
	resume, _ := strconv.ParseBool(c.Query("resume"))
	go reader.begin(resume, strings.Clone(c.Request.UserAgent()))
}

var errNoSocketUser = &model.Error{
	Kind: model.KindForbidden, Code: "permission_denied",
	Message: "a WebSocket belongs to a user: send a user token, or X-Parley-User with a secret key",
}

func identityOf(session auth.Session) hub.Identity {
	return hub.Identity{User: session.Principal.User, Key: session.Principal.Key, ExpiresAt: session.ExpiresAt, TokenEpoch: session.TokenEpoch}
}

// socket is one WebSocket connection; it is the hub.Conn of its session.
type socket struct {
	connection *websocket.Conn
	buffer     readBuffer
	readable   *readable
	chat       *chat.Chat // is told of each sign of life of the user
	user       model.UserID
	silence    time.Duration // that ends the connection
	closing    atomic.Bool
}

// silence is how long a client may say nothing: two pings and a half.
func silence(ping time.Duration) time.Duration { return ping * 5 / 2 }

// upgrade makes a WebSocket of the connection that the request came on.
func (s *socket) upgrade(response http.ResponseWriter, request *http.Request, maxMessageBytes int) error {
	connection, err := upgrader.Upgrade(hijacker{response, &s.buffer}, request, nil)
	if err != nil {
		return err
	}
	s.buffer.empty()
	s.connection, s.readable = connection, newReadable(connection.NetConn())
	connection.SetReadLimit(int64(maxMessageBytes))
	connection.SetPongHandler(func(string) error { return s.extend() })
	return nil
}

// extend allows the client another silence, unless the connection is closing.
func (s *socket) extend() error {
	if s.closing.Load() {
		return nil
	}
	s.chat.Touch(s.user)
	err := s.connection.SetReadDeadline(time.Now().Add(s.silence))
	if s.closing.Load() {
		// Close came in between, and its deadline must stand.
		return s.connection.SetReadDeadline(time.Now().Add(closeTimeout))
	}
	return err
}

// Write sends the frames one per line, several lines in one WebSocket message.
func (s *socket) Write(frames [][]byte) error {
	for len(frames) > 0 {
		n, size := 1, len(frames[0])
		for n < len(frames) && size+len(frames[n]) < maxCoalesced {
			size += 1 + len(frames[n])
			n++
		}
		if err := s.connection.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return err
		}
		if err := s.writeLines(frames[:n]); err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// writeLines sends frames as one WebSocket message.
func (s *socket) writeLines(frames [][]byte) error {
	if len(frames) == 1 {
		return s.connection.WriteMessage(websocket.TextMessage, frames[0])
	}
	lines, _ := joined.Get().(*bytes.Buffer)
	if lines == nil {
		lines = new(bytes.Buffer)
	}
	defer joined.Put(lines)
	lines.Reset()
	for i, frame := range frames {
		if i > 0 {
			lines.WriteByte('\n')
		}
		lines.Write(frame)
	}
	return s.connection.WriteMessage(websocket.TextMessage, lines.Bytes())
}

// joined holds the buffers in which frames are put together.
var joined sync.Pool

// Ping sends a WebSocket ping; the answer extends the read deadline.
func (s *socket) Ping() error {
	return s.connection.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
}

// Close says why and gives the client a moment to answer; the reader then ends
// the connection.
func (s *socket) Close(reason hub.CloseReason) {
	if s.closing.Swap(true) {
		return
	}
	deadline := time.Now().Add(closeTimeout)
	if closing, ok := closings[reason]; ok {
		message := websocket.FormatCloseMessage(closing.code, closing.reason)
		// A peer that does not take it is disconnected all the same.
		_ = s.connection.WriteControl(websocket.CloseMessage, message, deadline)
	} else {
		deadline = time.Now()
	}
	_ = s.connection.SetReadDeadline(deadline)
}
