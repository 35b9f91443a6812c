package native_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gin-gonic/gin"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	services.Main(m)
}

// client calls one pod and holds every response to the OpenAPI document.
type client struct {
	t      *testing.T
	pod    *pod.Pod
	router routers.Router
	header http.Header
}

func newClient(t *testing.T, target *pod.Pod, header http.Header) *client {
	t.Helper()
	g := NewWithT(t)
	document, err := os.ReadFile("openapi.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	loader := openapi3.NewLoader()
	parsed, err := loader.LoadFromData(document)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(parsed.Validate(t.Context())).To(Succeed())
	router, err := gorillamux.NewRouter(parsed)
	g.Expect(err).NotTo(HaveOccurred())
	return &client{t: t, pod: target, router: router, header: header}
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
	c.validate(request, answer, content)
	return response{t: c.t, status: answer.StatusCode, header: answer.Header, body: content}
}

func (c *client) validate(request *http.Request, answer *http.Response, content []byte) {
	c.t.Helper()
	g := NewWithT(c.t)
	local := request.Clone(request.Context())
	local.URL.Scheme, local.URL.Host, local.Host = "", "", ""
	route, parameters, err := c.router.FindRoute(local)
	g.Expect(err).NotTo(HaveOccurred(), "%s %s is not in openapi.yaml", request.Method, request.URL.Path)
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: local, PathParams: parameters, Route: route},
		Status:                 answer.StatusCode,
		Header:                 answer.Header,
		Body:                   io.NopCloser(bytes.NewReader(content)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	g.Expect(openapi3filter.ValidateResponse(c.t.Context(), input)).To(Succeed(),
		"%s %s answered %d: %s", request.Method, request.URL.Path, answer.StatusCode, content)
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
