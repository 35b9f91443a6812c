package native_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	flag.Parse()
	pod.Observe(watchFrames)
	services.Main(m, recordFrames, wasExercised)
}

// wasExercised fails a run of all tests that left out something that the
// documents describe: nobody would notice when it differs from them.
func wasExercised() error {
	for _, part := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if flag.Lookup(part).Value.String() != "" {
			return nil
		}
	}
	return errors.Join(openAPIContract.unexercised(), asyncAPIContract.unexercised())
}

// client calls one pod and holds every call to the OpenAPI document.
type client struct {
	t      *testing.T
	pod    *pod.Pod
	header http.Header
}

func newClient(t *testing.T, target *pod.Pod, header http.Header) *client {
	t.Helper()
	return &client{t: t, pod: target, header: header}
}

// as returns a client with other credentials.
func (c *client) as(header http.Header) *client {
	other := *c
	other.header = header
	return &other
}

// response is what a call answered.
type response struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// call sends the body as JSON, or as it is when it is a string.
func (c *client) call(method, path string, body any) response {
	c.t.Helper()
	g := NewWithT(c.t)
	encoded, isText := body.(string)
	if !isText && body != nil {
		bytes, err := json.Marshal(body)
		g.Expect(err).NotTo(HaveOccurred())
		encoded = string(bytes)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.pod.URL+path, strings.NewReader(encoded))
	g.Expect(err).NotTo(HaveOccurred())
	request.Header = c.header.Clone()
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	g.Expect(err).NotTo(HaveOccurred())
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	g.Expect(err).NotTo(HaveOccurred())
	openAPIContract.check(c.t, exchange{request: request, sent: encoded, answer: answer, content: content})
	return response{t: c.t, status: answer.StatusCode, header: answer.Header, body: content}
}

// expect checks the status and decodes the body.
func (r response) expect(status int) map[string]any {
	r.t.Helper()
	g := NewWithT(r.t)
	g.Expect(r.status).To(Equal(status), "%s", r.body)
	if len(r.body) == 0 {
		return nil
	}
	var decoded map[string]any
	g.Expect(json.Unmarshal(r.body, &decoded)).To(Succeed())
	return decoded
}

// refused checks that the call was answered with a problem.
func (r response) refused(status int, code string) map[string]any {
	r.t.Helper()
	decoded := r.expect(status)
	NewWithT(r.t).Expect(decoded).To(HaveKeyWithValue("code", code))
	NewWithT(r.t).Expect(r.header.Get("Content-Type")).To(Equal("application/problem+json"))
	return decoded
}

func key(value string) http.Header { return pod.Header("X-API-Key", value) }

func onBehalf(value, user string) http.Header {
	return pod.Header("X-API-Key", value, "X-Parley-User", user)
}
