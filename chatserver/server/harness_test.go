package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/server"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	services.Main(m)
}

// hangGuard ends a test that waits for what never comes.
const hangGuard = time.Minute

// client keeps no connection, so that a server which stops waits for none.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: hangGuard}

// logs collects what the server logs.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// internalAddress is where the log says that probes are answered, or empty.
func (l *logs) internalAddress() string {
	for lines := bufio.NewScanner(strings.NewReader(l.String())); lines.Scan(); {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening for probes" {
			return line.Address
		}
	}
	return ""
}

// running is a server inside this process.
type running struct {
	Gomega
	t        *testing.T
	demo     server.Development
	URL      string
	internal string // the URL of probes
	logs     *logs
	end      context.CancelFunc
	done     chan error
}

// prepare makes a project in a folder of the test.
func prepare(t *testing.T) server.Development {
	t.Helper()
	demo, err := server.PrepareDevelopment(t.TempDir(), "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return demo
}

// run begins to run the configuration and returns before it serves.
func run(t *testing.T, demo server.Development) (r *running, serving chan net.Addr) {
	t.Helper()
	others := goleak.IgnoreCurrent()
	// Cleanups run in reverse: the server has ended when this looks. A Redis
	// client that was about to dial again sleeps its second to the end.
	t.Cleanup(func() {
		NewWithT(t).Eventually(func() error { return goleak.Find(others) }, "10s", "100ms").Should(Succeed())
	})
	r = &running{Gomega: NewWithT(t), t: t, demo: demo, logs: &logs{}, done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	ended := make(chan struct{})
	serving = make(chan net.Addr, 1)
	go func() {
		defer close(ended)
		r.done <- server.Run(ctx, demo.Configuration, server.Options{
			Logger:  slog.New(slog.NewJSONHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Serving: func(address net.Addr) { serving <- address },
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		r.Expect(r.logs.String()).NotTo(Or(ContainSubstring(demo.SecretKey.Reveal()), ContainSubstring(demo.PublicKey.Reveal())))
	})
	r.Eventually(r.logs.internalAddress).WithTimeout(hangGuard).ShouldNot(BeEmpty())
	r.internal = "http://" + r.logs.internalAddress()
	return r, serving
}

// start runs the configuration and returns when it serves.
func start(t *testing.T, demo server.Development) *running {
	t.Helper()
	r, serving := run(t, demo)
	select {
	case address := <-serving:
		r.URL = "http://" + address.String()
	case err := <-r.done:
		t.Fatalf("the server ended: %v", err)
	}
	return r
}

// stop ends the context and returns what Run returned.
func (r *running) stop() error {
	r.t.Helper()
	r.end()
	return r.wait()
}

func (r *running) wait() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(hangGuard):
		r.t.Fatalf("the server does not end:\n%s", r.logs)
		return nil
	}
}

// answer is a status and a body.
type answer struct {
	Status int
	Body   string
}

func (r *running) call(method, url, body string, header http.Header) answer {
	r.t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	r.Expect(err).NotTo(HaveOccurred())
	request.Header = header
	response, err := client.Do(request)
	r.Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	r.Expect(err).NotTo(HaveOccurred())
	return answer{response.StatusCode, string(content)}
}

func (r *running) probe(path string) answer {
	r.t.Helper()
	return r.call(http.MethodGet, r.internal+path, "", http.Header{})
}

func (r *running) secret() http.Header { return pod.Header("X-API-Key", r.demo.SecretKey.Reveal()) }

// statusWith is what a call with the key is answered.
func (r *running) statusWith(key string) int {
	r.t.Helper()
	return r.call(http.MethodGet, r.URL+"/chat/v1/connect", "", pod.Header("X-API-Key", key)).Status
}

// createUser makes a user for sockets to belong to.
func (r *running) createUser(username string) {
	r.t.Helper()
	created := r.call(http.MethodPost, r.URL+"/chat/v1/users", `{"username":"`+username+`"}`, r.secret())
	r.Expect(created.Status).To(Equal(http.StatusCreated), created.Body)
}

// open opens a WebSocket with the secret key on behalf of the user.
func (r *running) open(key, username string) *pod.Socket {
	r.t.Helper()
	socket := pod.Dial(r.t, r.URL, "/chat/v1/ws", pod.Header("X-API-Key", key, "X-Parley-User", "username:"+username))
	r.Expect(socket.Next().Event).To(Equal("hello"))
	return socket
}

// withPostgresAt has a project keep its data in PostgreSQL.
func withPostgresAt(t *testing.T, demo server.Development, dsn string) server.Development {
	t.Helper()
	path := t.TempDir() + "/dsn"
	NewWithT(t).Expect(os.WriteFile(path, []byte(dsn+"\n"), 0o600)).To(Succeed())
	demo.Configuration.Store = config.Store{Engine: "postgres", DSNFile: path, Schema: "parley"}
	return demo
}
