package native_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/parley-chat/parley/chatserver/tracing"
	"github.com/parley-chat/parley/test/pod"
)

// traced is two pods whose spans the test reads.
type traced struct {
	Gomega
	spans       *tracetest.InMemoryExporter
	project     *pod.Project
	one, two    *pod.Pod
	token, path string // of ada and of a group of hers
	id          string // of the group
}

func newTraced(t *testing.T, ratio float64) *traced {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	project := pod.New(t, pod.Options{
		Tracer: tracing.New(sdk.NewTracerProvider(sdk.WithSyncer(spans), tracing.Sampling(ratio))),
	})
	ada := project.User(t, "ada")
	id := project.Group(t, ada).ID.String()
	return &traced{
		Gomega: NewWithT(t), spans: spans, project: project, one: project.Start(t), two: project.Start(t),
		token: project.Token(t, ada), id: id, path: "/chat/v1/conversations/" + id,
	}
}

// named waits for as many spans of the name and returns them.
func (tr *traced) named(name string, count int) tracetest.SpanStubs {
	find := func() tracetest.SpanStubs {
		return slices.DeleteFunc(tr.spans.GetSpans(), func(span tracetest.SpanStub) bool { return span.Name != name })
	}
	tr.Eventually(find).WithTimeout(hangGuard).Should(HaveLen(count), name)
	return find()
}

func (tr *traced) isInside(inner, outer tracetest.SpanStub) {
	tr.Expect(inner.SpanContext.TraceID()).To(Equal(outer.SpanContext.TraceID()))
	tr.Expect(inner.Parent.SpanID()).To(Equal(outer.SpanContext.SpanID()))
}

// wayOfAMessage checks the spans below the one that took the message.
func (tr *traced) wayOfAMessage(taken tracetest.SpanStub) {
	send, commit, publish := tr.named("send", 1)[0], tr.named("commit", 1)[0], tr.named("publish", 1)[0]
	tr.isInside(send, taken)
	tr.isInside(commit, send)
	tr.Expect(commit.Links).To(HaveLen(1))
	tr.Expect(commit.Links[0].SpanContext.Equal(send.SpanContext)).To(BeTrue())
	tr.isInside(publish, send)
	for _, deliver := range tr.named("deliver", 2) {
		tr.isInside(deliver, publish)
		tr.Expect(attributes(deliver)).To(And(
			HaveKeyWithValue("parley.conversation", tr.id), HaveKeyWithValue("parley.rev", "2"), HaveKeyWithValue("parley.sessions", "1"),
		))
	}
	tr.Expect(attributes(send)).To(HaveKeyWithValue("parley.rev", "2"))
}

func attributes(span tracetest.SpanStub) map[string]string {
	found := make(map[string]string)
	for _, attribute := range span.Attributes {
		found[string(attribute.Key)] = attribute.Value.String()
	}
	return found
}

func TestATraceShowsTheWayOfAMessageThatCameByREST(t *testing.T) {
	tr := newTraced(t, 1)
	sockets := []*pod.Socket{tr.one.Open(t, pod.Bearer(tr.token)), tr.two.Open(t, pod.Bearer(tr.token))}
	tr.spans.Reset()
	newClient(t, tr.one, pod.Bearer(tr.token)).call("POST", tr.path+"/messages", map[string]any{"content": "hi"}).expect(201)
	for _, socket := range sockets {
		socket.Await(pod.Event("message.created"))
	}
	request := tr.named("POST /chat/v1/conversations/:conversation/messages", 1)[0]
	tr.Expect(request.Parent.IsValid()).To(BeFalse())
	tr.Expect(attributes(request)).To(HaveKeyWithValue("http.response.status_code", "201"))
	tr.wayOfAMessage(request)
}

func TestATraceShowsTheWayOfAMessageThatCameByWebSocket(t *testing.T) {
	tr := newTraced(t, 1)
	sockets := []*pod.Socket{tr.one.Open(t, pod.Bearer(tr.token)), tr.two.Open(t, pod.Bearer(tr.token))}
	opened := tr.named("GET /chat/v1/ws", 2)[0]
	tr.Expect(attributes(opened)).To(HaveKeyWithValue("http.response.status_code", "101"))
	tr.spans.Reset()
	sockets[0].Send(map[string]any{"id": 1, "op": "send", "conversation": tr.id, "content": "hi"})
	for _, socket := range sockets {
		socket.Await(pod.Event("message.created"))
	}
	op := tr.named("socket send", 1)[0]
	tr.Expect(op.Parent.IsValid()).To(BeFalse(), "a frame is no part of the request that opened the socket")
	tr.wayOfAMessage(op)
}

func TestEachOpIsATrace(t *testing.T) {
	tr := newTraced(t, 1)
	socket := tr.one.Open(t, pod.Bearer(tr.token))
	for i, frame := range []map[string]any{
		{"op": "ping"}, {"op": "sync"}, {"op": "attach", "conversation": tr.id}, {"op": "read", "conversation": "nowhere", "seq": 1},
	} {
		frame["id"] = i
		socket.Send(frame)
		span := tr.named(fmt.Sprintf("socket %s", frame["op"]), 1)[0]
		tr.Expect(span.Parent.IsValid()).To(BeFalse())
	}
	tr.Expect(attributes(tr.named("socket read", 1)[0])).To(HaveKeyWithValue("error.type", "conversation_not_found"))
}

func TestARequestWithATraceparentGoesOnWithItsTrace(t *testing.T) {
	tr := newTraced(t, 1e-9)
	header := pod.Bearer(tr.token)
	header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	newClient(t, tr.one, header).call("POST", tr.path+"/messages", map[string]any{"content": "hi"}).expect(201)
	for _, name := range []string{"POST /chat/v1/conversations/:conversation/messages", "send", "commit", "publish"} {
		tr.Expect(tr.named(name, 1)[0].SpanContext.TraceID().String()).To(Equal("0af7651916cd43dd8448eb211c80319c"))
	}
}

// What a client says is marked with this word wherever it can say anything.
const marker = "hush"

func TestASpanHoldsNothingThatAClientMadeUp(t *testing.T) {
	tr := newTraced(t, 1)
	header := http.Header{}
	for _, name := range []string{
		"X-Api-Key", "X-Parley-User", "Authorization", "Cookie", "User-Agent", "Tracestate", "Baggage", "X-Request-Id", "If-Match", "Origin",
	} {
		header.Set(name, marker+"="+marker)
	}
	header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	good := header.Clone()
	for _, name := range []string{"X-Api-Key", "X-Parley-User", "Origin"} {
		good.Del(name)
	}
	good.Set("Authorization", "Bearer "+tr.token)

	query := "?api-key=" + marker + "&token=" + marker + "&" + marker + "=1"
	body := map[string]any{
		"content": map[string]any{"text": marker}, "clientId": marker, "externalId": marker, "groupTag": marker,
		"properties": map[string]any{marker: marker},
	}
	for _, credentials := range []http.Header{header, good} {
		caller := rawCaller{tr, credentials}
		caller.call("POST", tr.path+"/messages"+query, body)
		caller.call("GET", tr.path+"/messages/"+marker+query, nil)
		caller.call("POST", "/chat/v1/conversations/"+marker+"/messages"+query, body)
		caller.call("GET", "/chat/v1/users/"+marker+query, nil)
		caller.call("GET", "/chat/v1/"+marker+query, nil)
		caller.call(strings.ToUpper(marker), tr.path, nil)
		caller.call("GET", "/s/"+marker+"/chat/v1/ws"+query, nil)
	}
	socket := pod.Dial(t, tr.one.URL, "/chat/v1/ws"+query, good)
	tr.Expect(socket.Next().Event).To(Equal("hello"))
	for i, frame := range []map[string]any{
		{"op": marker}, {"op": "send", "conversation": marker, "content": marker}, {"op": "ping", marker: marker},
		{"op": "send", "conversation": tr.id, "content": marker, "clientId": marker + "2"},
	} {
		frame["id"] = i
		socket.Send(frame)
	}
	tr.named("deliver", 1)

	tr.named("send", 4)
	recorded := fmt.Sprintf("%+v", tr.spans.GetSpans())
	tr.Expect(strings.ToLower(recorded)).NotTo(ContainSubstring(marker))
	tr.Expect(recorded).NotTo(ContainSubstring(tr.token))
	tr.Expect(recorded).To(ContainSubstring("/chat/v1/conversations/:conversation/messages"))
}

// rawCaller calls in ways that the documents do not describe.
type rawCaller struct {
	*traced
	header http.Header
}

func (c rawCaller) call(method, path string, body any) {
	encoded, err := json.Marshal(body)
	c.Expect(err).NotTo(HaveOccurred())
	request, err := http.NewRequest(method, c.one.URL+path, bytes.NewReader(encoded))
	c.Expect(err).NotTo(HaveOccurred())
	request.Header = c.header
	answer, err := http.DefaultClient.Do(request)
	c.Expect(err).NotTo(HaveOccurred())
	c.Expect(answer.Body.Close()).To(Succeed())
}
