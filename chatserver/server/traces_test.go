package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/server"
)

// collector takes traces like one of OpenTelemetry, and keeps their bytes.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	received strings.Builder
	paths    []string
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		c.mu.Lock()
		defer c.mu.Unlock()
		c.paths = append(c.paths, request.URL.Path)
		c.received.Write(body)
	}))
	t.Cleanup(c.Close)
	return c
}

func withTracingAt(demo server.Development, endpoint string) server.Development {
	demo.Configuration.Tracing = &config.Tracing{Endpoint: endpoint, SampleRatio: 1}
	return demo
}

func TestAServerThatStopsHandsOverItsTracesFirst(t *testing.T) {
	receiver := startCollector(t)
	r := start(t, withTracingAt(prepare(t), receiver.URL+"/otlp/"))
	r.createUser("somebody")
	r.call(http.MethodGet, r.URL+"/chat/v1/connect?api-key="+r.demo.SecretKey.Reveal(), "", r.secret())
	r.Expect(r.stop()).To(Succeed())

	received := receiver.received.String()
	r.Expect(receiver.paths).To(HaveEach("/otlp/v1/traces"))
	r.Expect(received).To(And(
		ContainSubstring("POST /chat/v1/users"), ContainSubstring("GET /chat/v1/connect"),
		ContainSubstring("parley-chatserver"), ContainSubstring(r.demo.Configuration.Project.UID),
	))
	r.Expect(received).NotTo(Or(ContainSubstring(r.demo.SecretKey.Reveal()), ContainSubstring("api-key"), ContainSubstring("somebody")))
}

func TestAServerServesAndStopsWithoutItsCollector(t *testing.T) {
	r := start(t, withTracingAt(prepare(t), "http://"+closedAddress(t)))
	r.createUser("ada")
	r.Expect(r.stop()).To(Succeed())
	r.Expect(strings.Count(r.logs.String(), "hand traces to the collector; they are lost meanwhile")).To(Equal(1))
}

func TestAServerDoesNotWaitForeverForItsCollectorWhenItStops(t *testing.T) {
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		// Only a server that has read the body notices that the client left.
		_, _ = io.Copy(io.Discard, request.Body)
		<-request.Context().Done()
	}))
	t.Cleanup(stuck.Close)
	r := start(t, withTracingAt(prepare(t), stuck.URL))
	r.createUser("ada")
	r.Expect(r.stop()).To(Succeed())
}
