package native_test

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
)

// dialed opens a WebSocket over connections that wrap may change.
func dialed(t *testing.T, wrap func(net.Conn) net.Conn) *websocket.Conn {
	t.Helper()
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	url := "ws" + strings.TrimPrefix(project.Start(t).URL, "http") + "/chat/v1/ws"
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		opened, err := new(net.Dialer).DialContext(ctx, network, address)
		return wrap(opened), err
	}}
	connection, response, err := dialer.DialContext(t.Context(), url, pod.Bearer(project.Token(t, ada)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(response.Body.Close()).To(Succeed())
	t.Cleanup(func() { _ = connection.Close() })
	g.Expect(connection.SetReadDeadline(time.Now().Add(30 * time.Second))).To(Succeed())
	return connection
}

func unchanged(connection net.Conn) net.Conn { return connection }

// masked is a short frame as a client sends it, masked with zeros.
func masked(kind byte, payload string) []byte {
	return append([]byte{0x80 | kind, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

// await reads until all the texts have come.
func await(g *WithT, connection *websocket.Conn, texts ...string) {
	var read strings.Builder
	for missing := texts; len(missing) > 0; {
		_, message, err := connection.ReadMessage()
		g.Expect(err).NotTo(HaveOccurred())
		read.Write(message)
		missing = slices.DeleteFunc(slices.Clone(missing), func(text string) bool { return strings.Contains(read.String(), text) })
	}
}

func TestAPingGetsItsPayloadBack(t *testing.T) {
	for _, payload := range []string{"", "five!", strings.Repeat("x", 125)} {
		g := NewWithT(t)
		connection := dialed(t, unchanged)
		var pong *string
		connection.SetPongHandler(func(got string) error { pong = &got; return nil })
		g.Expect(connection.WriteControl(websocket.PingMessage, []byte(payload), time.Now().Add(time.Second))).To(Succeed())
		g.Expect(connection.WriteMessage(websocket.TextMessage, []byte(`{"id":1,"op":"ping"}`))).To(Succeed())
		await(g, connection, `"id":1`)
		g.Expect(pong).To(HaveValue(Equal(payload)))
	}
}

func TestControlFramesBetweenThePartsOfAMessageDoNotDisturbIt(t *testing.T) {
	g := NewWithT(t)
	connection := dialed(t, unchanged)
	writer, err := connection.NextWriter(websocket.TextMessage)
	g.Expect(err).NotTo(HaveOccurred())
	// More than the write buffer, so that the message has parts.
	_, err = writer.Write([]byte(strings.Repeat(" ", 5000)))
	g.Expect(err).NotTo(HaveOccurred())
	for _, kind := range []int{websocket.PongMessage, websocket.PingMessage} {
		g.Expect(connection.WriteControl(kind, []byte("between"), time.Now().Add(time.Second))).To(Succeed())
	}
	_, err = writer.Write([]byte(`{"id":7,"op":"ping"}`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(writer.Close()).To(Succeed())
	await(g, connection, `"id":7`)
}

func TestFramesThatComeByteByByteOrTogetherAreAllAnswered(t *testing.T) {
	g := NewWithT(t)
	connection := dialed(t, unchanged)
	var frames []byte
	for _, id := range []string{"1", "2", "3"} {
		frames = append(frames, masked(websocket.PongMessage, "")...)
		frames = append(frames, masked(websocket.TextMessage, `{"op":"ping","id":`+id+`}`)...)
		frames = append(frames, masked(websocket.PingMessage, "here?")...)
	}
	for i := range frames {
		_, err := connection.NetConn().Write(frames[i : i+1])
		g.Expect(err).NotTo(HaveOccurred())
		runtime.Gosched()
	}
	await(g, connection, `"id":1`, `"id":2`, `"id":3`)
	_, err := connection.NetConn().Write(frames)
	g.Expect(err).NotTo(HaveOccurred())
	await(g, connection, `"id":1`, `"id":2`, `"id":3`)
}

// hasty sends something right behind the handshake.
type hasty struct {
	net.Conn
	behind []byte
}

func (h *hasty) Write(part []byte) (int, error) {
	_, err := h.Conn.Write(append(bytes.Clone(part), h.behind...))
	h.behind = nil
	return len(part), err
}

func TestWhatComesBeforeTheHandshakeIsAnsweredIsNotLost(t *testing.T) {
	g := NewWithT(t)
	connection := dialed(t, func(opened net.Conn) net.Conn {
		return &hasty{opened, masked(websocket.TextMessage, `{"op":"ping","id":1}`)}
	})
	await(g, connection, `"id":1`)
	g.Expect(connection.WriteMessage(websocket.TextMessage, []byte(`{"op":"ping","id":2}`))).To(Succeed())
	await(g, connection, `"id":2`)
}

func TestWhatHandledMessagesDoesNotWaitOnceTheClientOnlyLives(t *testing.T) {
	g := NewWithT(t)
	connection := dialed(t, unchanged)
	replaced := func() bool {
		buffer := make([]byte, 4<<20)
		return strings.Contains(string(buffer[:runtime.Stack(buffer, true)]), "created by github.com/parley-chat/parley/chatserver/native.(*socketReader).run ")
	}
	g.Expect(connection.WriteMessage(websocket.TextMessage, []byte(`{"op":"ping","id":1}`))).To(Succeed())
	await(g, connection, `"id":1`)
	g.Consistently(replaced, "50ms").Should(BeFalse(), "one who speaks is heard by the same")
	g.Expect(connection.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second))).To(Succeed())
	g.Eventually(replaced).WithTimeout(30 * time.Second).Should(BeTrue())
}
