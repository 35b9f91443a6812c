package native

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
)

func TestABadFrameSaysWhatIsWrongAndKeepsItsID(t *testing.T) {
	names := OperationNames()
	last := len(names) - 1
	unknownOp := "op: must be " + strings.Join(names[:last], ", ") + " or " + names[last]
	for name, test := range map[string]struct {
		frame, message string
		id             any
	}{
		"unknown op":                {`{"id":7,"op":"dance"}`, unknownOp, 7},
		"no op":                     {`{"id":7}`, unknownOp, 7},
		"op of another case":        {`{"id":7,"op":"Ping"}`, unknownOp, 7},
		"op no string":              {`{"op":1,"id":7}`, "op: must be a string, not number", 7},
		"unknown field":             {`{"x":1,"id":7,"op":"ping"}`, "x: is not a field of this request", 7},
		"field of another op":       {`{"content":"x","id":7,"op":"ping"}`, "content: is not a field of this request", 7},
		"field of the wrong type":   {`{"conversation":1,"id":7,"op":"send"}`, "conversation: must be a string, not number", 7},
		"send to nowhere":           {`{"id":7,"op":"send"}`, "conversation: is missing", 7},
		"epoch alone":               {`{"id":7,"op":"sync","epoch":"x"}`, "conversations: is missing: an epoch alone says nothing; leave it out to follow from now on", 7},
		"negative rev":              {`{"id":7,"op":"sync","conversations":{"1000000000001":-1}}`, "conversations: a rev must not be negative", 7},
		"no id":                     {`{"op":"ping"}`, "id: is missing: give a number, it comes back in the answer", nil},
		"id no number":              {`{"id":"7","op":"ping"}`, "id: must be a whole number, not string", nil},
		"ends too early":            {`{"id":7`, "frame: is not JSON: it ends too early", nil},
		"two frames":                {`{"id":7,"op":"ping"} {"id":8,"op":"ping"}`, "frame: holds more than one JSON value", nil},
		"a bracket after the frame": {`{"id":7,"op":"ping"}]`, "frame: holds more than one JSON value", nil},
		"NUL":                       {"{\"id\":7,\"op\":\"ping\"}\x00", "frame: holds the character NUL, which no text may", nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			head, _, err := decodeFrame([]byte(test.frame))
			g.Expect(model.AsError(err).Code).To(Equal("invalid_request"))
			g.Expect(model.AsError(err).Message).To(Equal(test.message))
			if test.id == nil {
				g.Expect(head.ID).To(BeNil())
			} else {
				g.Expect(head.ID).To(HaveValue(BeEquivalentTo(test.id)))
			}
		})
	}
}

// writtenFrames is a hub.Conn that keeps what its session writes.
type writtenFrames struct{ frames chan []byte }

func (w writtenFrames) Write(frames [][]byte) error {
	for _, frame := range frames {
		w.frames <- frame
	}
	return nil
}
func (w writtenFrames) Ping() error           { return nil }
func (w writtenFrames) Close(hub.CloseReason) {}

// patient lets everything pass.
type patient struct{}

func (patient) AllowRequest(string) error    { return nil }
func (patient) AllowSend(model.UserID) error { return nil }

// newReader returns a reader without a connection, what its session writes, and
// what it logs.
func newReader(t *testing.T) (*socketReader, <-chan []byte, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	sessions := hub.New(hub.Options{
		Timing: hub.DefaultTiming, Metrics: hub.NewMetrics(prometheus.NewRegistry()),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	written := writtenFrames{frames: make(chan []byte, 16)}
	session, err := sessions.Join(hub.Identity{User: model.FirstID}, wire{}, written)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		session.Leave()
		sessions.Close()
	})
	api := &API{Dependencies: Dependencies{Chat: &chat.Chat{Dependencies: chat.Dependencies{Rates: patient{}}}, Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	return &socketReader{api: api, session: session, context: t.Context()}, written.frames, &log
}

type echoFrame struct {
	frameHead
	Text string `json:"text"`
}

// run decodes a frame as one of the operation and does it.
func run(t *testing.T, r *socketReader, operation operation, message string) {
	t.Helper()
	decoded, err := operation([]byte(message))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	decoded.do(r)
}

func TestARequestOpAnswersInOrderWithinItsTime(t *testing.T) {
	g := NewWithT(t)
	r, written, _ := newReader(t)
	echo := requestOp(func(ctx context.Context, _ *socketReader, frame echoFrame) (any, error) {
		deadline, bounded := ctx.Deadline()
		g.Expect(bounded).To(BeTrue())
		g.Expect(time.Until(deadline)).To(BeNumerically("<=", operationTimeout))
		return map[string]string{"text": frame.Text}, nil
	})
	run(t, r, echo, `{"id":1,"op":"echo","text":"one"}`)
	run(t, r, echo, `{"id":2,"op":"echo","text":"two"}`)
	g.Eventually(written).Should(Receive(MatchJSON(`{"id":1,"ok":{"text":"one"}}`)))
	g.Eventually(written).Should(Receive(MatchJSON(`{"id":2,"ok":{"text":"two"}}`)))
}

func TestARequestOpThatFailsSaysWhatTheClientMayKnow(t *testing.T) {
	g := NewWithT(t)
	r, written, log := newReader(t)
	failing := func(err error) operation {
		return requestOp(func(context.Context, *socketReader, echoFrame) (any, error) { return nil, err })
	}
	run(t, r, failing(model.Invalid("text", "is missing")), `{"id":1,"op":"echo"}`)
	g.Eventually(written).Should(Receive(MatchJSON(
		`{"id":1,"error":{"code":"invalid_request","message":"text: is missing","errors":[{"field":"text","message":"is missing"}]}}`)))
	g.Expect(log.String()).To(BeEmpty())

	run(t, r, failing(errors.New("disk on fire")), `{"id":2,"op":"echo"}`)
	g.Eventually(written).Should(Receive(And(ContainSubstring(`"code":"internal"`), Not(ContainSubstring("fire")))))
	g.Expect(log.String()).To(And(ContainSubstring("disk on fire"), ContainSubstring("op=echo")))
}
