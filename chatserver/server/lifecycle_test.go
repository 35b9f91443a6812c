package server_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/server"
	"github.com/parley-chat/parley/test/pod"
)

func TestAServerThatServesIsAliveAndReady(t *testing.T) {
	r := start(t, prepare(t))
	r.Expect(r.probe("/livez")).To(Equal(answer{http.StatusOK, "ok\n"}))
	r.Expect(r.probe("/readyz")).To(Equal(answer{http.StatusOK, "ok\n"}))
	metrics := r.probe("/metrics")
	r.Expect(metrics.Status).To(Equal(http.StatusOK))
	r.Expect(metrics.Body).To(ContainSubstring("\nchat_bus_healthy 1\n"))
	r.Expect(metrics.Body).To(ContainSubstring("go_goroutines"))
	encoded, err := os.ReadFile(r.demo.Configuration.KeysetFile)
	r.Expect(err).NotTo(HaveOccurred())
	keys := r.probe("/keyset")
	r.Expect(keys.Status).To(Equal(http.StatusOK))
	r.Expect(keys.Body).To(MatchJSON(`{"revision":"` + keyset.Revision(encoded) + `"}`))
	r.Expect(r.stop()).To(Succeed())
}

func TestProbesAreNotForTenants(t *testing.T) {
	r := start(t, prepare(t))
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/keyset"} {
		r.Expect(r.call(http.MethodGet, r.URL+path, "", r.secret()).Status).To(Equal(http.StatusNotFound), path)
	}
	r.Expect(r.probe("/chat/v1/connect").Status).To(Equal(http.StatusNotFound))
	r.Expect(r.call(http.MethodPost, r.internal+"/livez", "", http.Header{}).Status).To(Equal(http.StatusMethodNotAllowed))
}

// The window is long enough to look around in while it lasts.
func TestAServerThatStopsSendsItsSessionsAwayFirst(t *testing.T) {
	demo := prepare(t)
	demo.Configuration.DrainWindow = config.Duration{Duration: 4 * time.Second}
	r := start(t, demo)
	r.createUser("ada")
	socket := r.open(r.demo.SecretKey.Reveal(), "ada")

	r.end()
	drain := socket.Next()
	r.Expect(drain.Event).To(Equal("drain"))
	r.Expect(string(drain.Data)).To(MatchJSON(`{"withinMs":4000}`))
	r.Expect(r.probe("/readyz")).To(Equal(answer{http.StatusServiceUnavailable, "starting or draining\n"}))
	r.Expect(r.probe("/livez").Status).To(Equal(http.StatusOK), "it must not be killed while it drains")
	r.Expect(r.statusWith(r.demo.SecretKey.Reveal())).To(Equal(http.StatusOK), "requests that still arrive are answered")
	socket.Send(map[string]any{"id": 1, "op": "ping"})
	r.Expect(*socket.Next().ID).To(Equal(int64(1)), "a session works until its turn comes")
	_, late, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(r.URL, "http")+"/chat/v1/ws",
		pod.Header("X-API-Key", r.demo.SecretKey.Reveal(), "X-Parley-User", "username:ada"))
	r.Expect(err).To(MatchError(websocket.ErrBadHandshake))
	r.Expect(late.StatusCode).To(Equal(http.StatusServiceUnavailable), "a late session is sent on at once")

	_, err = socket.TryNext()
	r.Expect(websocket.IsCloseError(err, websocket.CloseServiceRestart)).To(BeTrue(), "%v", err)
	r.Expect(r.wait()).To(Succeed())
}

func TestAServerWithoutSessionsStopsWithoutTheWindow(t *testing.T) {
	demo := prepare(t)
	demo.Configuration.DrainWindow = config.Duration{Duration: 10 * hangGuard}
	r := start(t, demo)
	r.Expect(r.stop()).To(Succeed())
}

func TestSessionsThatShareAnInstantWindowAreAllSentAway(t *testing.T) {
	demo := prepare(t)
	demo.Configuration.DrainWindow = config.Duration{}
	r := start(t, demo)
	r.createUser("ada")
	var sockets []*pod.Socket
	for range 5 {
		sockets = append(sockets, r.open(r.demo.SecretKey.Reveal(), "ada"))
	}
	r.Expect(r.stop()).To(Succeed())
	for _, socket := range sockets {
		r.Expect(socket.Next().Event).To(Equal("drain"))
		_, err := socket.TryNext()
		r.Expect(websocket.IsCloseError(err, websocket.CloseServiceRestart)).To(BeTrue(), "%v", err)
	}
}

func TestAStoppedServerStartsAgainOnItsData(t *testing.T) {
	demo := prepare(t)
	first := start(t, demo)
	first.createUser("ada")
	first.Expect(first.stop()).To(Succeed())
	second := start(t, demo)
	again := second.call(http.MethodPost, second.URL+"/chat/v1/users", `{"username":"ada"}`, second.secret())
	second.Expect(again.Status).To(Equal(http.StatusConflict), again.Body)
	second.Expect(second.stop()).To(Succeed())
}

func TestAServerWhoseStoreIsNotThereYetIsAliveButNotReady(t *testing.T) {
	r, _ := run(t, withPostgresAt(t, prepare(t), "postgres://parley@"+closedAddress(t)+"/parley?sslmode=disable"))
	r.Eventually(r.logs.String).WithTimeout(hangGuard).Should(ContainSubstring("open the store; trying again"))
	r.Expect(r.probe("/livez").Status).To(Equal(http.StatusOK))
	r.Expect(r.probe("/readyz").Status).To(Equal(http.StatusServiceUnavailable))
	r.Expect(r.stop()).To(MatchError(context.Canceled))
}

// closedAddress is one on which nobody listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(listener.Close()).To(Succeed())
	return listener.Addr().String()
}

func TestAServerThatCannotStartSaysWhyAndLeavesNothingBehind(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer taken.Close()
	write := func(t *testing.T, path, content string) {
		NewWithT(t).Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	}
	for _, example := range []struct {
		rule    string
		change  func(*testing.T, *config.Config)
		message string
	}{
		{"the tenants' address is taken", func(_ *testing.T, c *config.Config) { c.Listen = taken.Addr().String() }, "listen for tenants: "},
		{"there is no keyset", func(_ *testing.T, c *config.Config) { c.KeysetFile += ".missing" }, "read the keyset: "},
		{"the keyset is damaged", func(t *testing.T, c *config.Config) { write(t, c.KeysetFile, "{") }, "decode the keyset: "},
		{"the keyset is of another project", func(_ *testing.T, c *config.Config) { c.Project.UID = "other" }, `it belongs to project "demo", this server to "other"`},
		{"there are no signing keys", func(_ *testing.T, c *config.Config) { c.SigningKeysFile += ".missing" }, "read the signing keys: "},
		{"there are no data keys", func(_ *testing.T, c *config.Config) { c.DataKeysFile += ".missing" }, "read the data keys: "},
		{"the data keys are damaged", func(t *testing.T, c *config.Config) { write(t, c.DataKeysFile, "{") }, "decode the data keys: "},
		{"the signing keys are damaged", func(t *testing.T, c *config.Config) { write(t, c.SigningKeysFile, "{") }, "decode the signing keys: "},
		{"the database cannot be opened", func(_ *testing.T, c *config.Config) { c.Store.Path += ".missing/parley.db" }, "open the store: "},
		{"the connection string is missing", func(_ *testing.T, c *config.Config) {
			c.Store = config.Store{Engine: "postgres", DSNFile: "/nowhere/dsn", Schema: "parley"}
		}, "/nowhere/dsn"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			demo := prepare(t)
			example.change(t, &demo.Configuration)
			r, serving := run(t, demo)
			r.Expect(r.wait()).To(MatchError(ContainSubstring(example.message)))
			r.Expect(serving).NotTo(Receive())
			_, err := client.Get(r.internal + "/livez")
			r.Expect(err).To(HaveOccurred(), "probes are not answered any more")
		})
	}
}

func TestAServerWhoseProbeAddressIsTakenDoesNotStart(t *testing.T) {
	g := NewWithT(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	defer taken.Close()
	demo := prepare(t)
	demo.Configuration.InternalListen = taken.Addr().String()
	g.Expect(server.Run(t.Context(), demo.Configuration, server.Options{})).To(MatchError(HavePrefix("listen for probes: ")))
}
