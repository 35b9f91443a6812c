package native_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
)

// openAPIContract is what all calls of this test binary are held to.
var openAPIContract = &openAPIChecks{load: sync.OnceValues(loadOpenAPI)}

// openAPIChecks hold calls to openapi.yaml and count which operations answered.
type openAPIChecks struct {
	load func() (*openAPIDocument, error)

	mu       sync.Mutex
	answered map[string]bool // ids of operations that answered 2xx
}

type openAPIDocument struct {
	*openapi3.T
	router routers.Router
}

func loadOpenAPI() (*openAPIDocument, error) {
	encoded, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData(encoded)
	if err != nil {
		return nil, err
	}
	// Examples are validated too.
	if err := document.Validate(loader.Context, openapi3.EnableExamplesValidation(), openapi3.EnableMultiError()); err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(document)
	return &openAPIDocument{T: document, router: router}, err
}

// exchange is one call with its answer.
type exchange struct {
	request *http.Request
	sent    string
	answer  *http.Response
	content []byte
}

func (e exchange) String() string {
	return fmt.Sprintf("%s %s answered %d", e.request.Method, e.request.URL.Path, e.answer.StatusCode)
}

// check holds the answer to the document, the request too when it was granted,
// and the code of a problem to those that the operation lists.
func (c *openAPIChecks) check(t *testing.T, e exchange) {
	t.Helper()
	g := NewWithT(t)
	document, err := c.load()
	g.Expect(err).NotTo(HaveOccurred())
	local := e.request.Clone(t.Context())
	local.URL.Scheme, local.URL.Host, local.Host = "", "", ""
	local.Body = io.NopCloser(strings.NewReader(e.sent))
	route, parameters, err := document.router.FindRoute(local)
	g.Expect(err).NotTo(HaveOccurred(), "%s and is not in openapi.yaml", e)
	request := &openapi3filter.RequestValidationInput{
		Request: local, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true, MultiError: true,
			RejectWhenRequestBodyNotSpecified: true,
		},
	}
	if e.answer.StatusCode/100 == 2 {
		g.Expect(openapi3filter.ValidateRequest(t.Context(), request)).To(Succeed(),
			"%s, but openapi.yaml does not allow: %.1000s", e, e.sent)
		c.count(route.Operation)
	}
	if e.answer.Header.Get("Content-Type") == "application/problem+json" {
		var problem struct{ Code string }
		g.Expect(json.Unmarshal(e.content, &problem)).To(Succeed())
		g.Expect(problemCodes(route.Operation)).To(ContainElement(problem.Code), "%s with a code that its x-codes lack", e)
	}
	g.Expect(openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request,
		Status:                 e.answer.StatusCode,
		Header:                 e.answer.Header,
		Body:                   io.NopCloser(bytes.NewReader(e.content)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})).To(Succeed(), "%s: %s", e, e.content)
}

func (c *openAPIChecks) count(operation *openapi3.Operation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered == nil {
		c.answered = map[string]bool{}
	}
	c.answered[operation.OperationID] = true
}

// unexercised names the operations that no test had answered with 2xx. Those that
// answer by becoming a WebSocket are left to the frames.
func (c *openAPIChecks) unexercised() error {
	document, err := c.load()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for operation, where := range document.operations() {
		if len(granted(operation)) > 0 && !c.answered[operation.OperationID] {
			err = errors.Join(err, fmt.Errorf("no test had %s (%s) answered with 2xx", operation.OperationID, where))
		}
	}
	return err
}

// operations are all operations, each with its method and path.
func (d *openAPIDocument) operations() map[*openapi3.Operation]string {
	all := map[*openapi3.Operation]string{}
	for path, item := range d.Paths.Map() {
		for method, operation := range item.Operations() {
			all[operation] = method + " " + path
		}
	}
	return all
}

// granted are an operation's 2xx responses, by status.
func granted(operation *openapi3.Operation) map[string]*openapi3.Response {
	found := map[string]*openapi3.Response{}
	for status, response := range operation.Responses.Map() {
		if strings.HasPrefix(status, "2") {
			found[status] = response.Value
		}
	}
	return found
}

// problemCodes are the codes of an operation and of its default response.
func problemCodes(operation *openapi3.Operation) []string {
	codes := codeList(operation.Extensions)
	if problem := operation.Responses.Default(); problem != nil {
		codes = append(codes, codeList(problem.Value.Extensions)...)
	}
	return codes
}

func codeList(extensions map[string]any) []string {
	listed, _ := extensions["x-codes"].([]any)
	var codes []string
	for _, code := range listed {
		codes = append(codes, fmt.Sprint(code))
	}
	return codes
}

func TestEveryOperationIsDescribedWithExamplesAndCodes(t *testing.T) {
	document, err := openAPIContract.load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	documented, used := documentedCodes(t), usedCodes(t)
	for operation, where := range document.operations() {
		t.Run(where, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(operation.OperationID).To(MatchRegexp(`^[a-z][A-Za-z]+$`))
			g.Expect(operation.Summary).NotTo(BeEmpty())
			if body := operation.RequestBody; body != nil {
				expectExamples(t, "the request", body.Value.Content)
			}
			for status, response := range granted(operation) {
				expectExamples(t, status, response.Content)
			}
			g.Expect(operation.Extensions).To(HaveKey("x-codes"))
			codes := problemCodes(operation)
			for _, code := range codes {
				g.Expect(documented).To(HaveKey(code), "docs/errors.md")
				g.Expect(used).To(HaveKey(code), "the source")
			}
			g.Expect(slices.Compact(slices.Sorted(slices.Values(codes)))).To(HaveLen(len(codes)), "a code is listed twice")
			open := operation.Security != nil && len(*operation.Security) == 1 && len((*operation.Security)[0]) == 0
			if !open {
				g.Expect(operation.Responses.Default()).To(HaveField("Ref", "#/components/responses/Problem"))
			}
		})
	}
}

func expectExamples(t *testing.T, what string, content openapi3.Content) {
	t.Helper()
	for kind, media := range content {
		if strings.HasSuffix(kind, "json") && media.Example == nil && len(media.Examples) == 0 {
			t.Errorf("%s has no example of its %s", what, kind)
		}
	}
}

func TestAnExampleThatDisagreesWithItsSchemaIsFound(t *testing.T) {
	encoded, err := os.ReadFile("openapi.yaml")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for name, change := range map[string][2]string{
		"of a request":  {"example: {displayName: Visitor}", "example: {displayNam: Visitor}"},
		"of a response": {"example: {url: /s/0/chat/v1/ws, shard: 0}", "example: {url: /s/0/chat/v1/ws, shard: -1}"},
		"of a problem":  {"code: invalid_request\n", "code: 7\n"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			broken := strings.Replace(string(encoded), change[0], change[1], 1)
			g.Expect(broken).NotTo(Equal(string(encoded)))
			document, err := openapi3.NewLoader().LoadFromData([]byte(broken))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(document.Validate(t.Context(), openapi3.EnableExamplesValidation())).NotTo(Succeed())
		})
	}
}

func TestTheDocumentsAreServedToAnybody(t *testing.T) {
	g := NewWithT(t)
	c := newClient(t, pod.New(t, pod.Options{}).Start(t), http.Header{})
	for path, file := range map[string]string{"/chat/v1/openapi.yaml": "openapi.yaml", "/chat/v1/asyncapi.yaml": "asyncapi.yaml"} {
		want, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		answer := c.call("GET", path, nil)
		g.Expect(answer.status).To(Equal(200))
		g.Expect(answer.body).To(Equal(want))
	}
}
