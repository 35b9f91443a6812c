package native_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// hangGuard ends a test that waits for what never comes.
const hangGuard = time.Minute

// few lets n things happen at once, and the next one after a second: longer
// than a test takes to ask once more, however slow the machine.
func few(n int) config.Rate { return config.Rate{PerSecond: 1, Burst: n} }

// refusedAtLast asks until it is refused, which must be the burst-th time or a
// little later, and returns the refusal.
func refusedAtLast(t *testing.T, burst int, ask func() response) response {
	t.Helper()
	for allowed := 0; ; allowed++ {
		if answer := ask(); answer.status == http.StatusTooManyRequests {
			NewWithT(t).Expect(allowed).To(BeNumerically(">=", burst))
			answer.refused(429, "rate_limited")
			NewWithT(t).Expect(answer.header.Get("Retry-After")).To(Equal("1"))
			return answer
		}
		NewWithT(t).Expect(allowed).To(BeNumerically("<", 1000), "never refused")
	}
}

// refusals reads how often a limit refused.
func refusals(t *testing.T, target *pod.Pod, limit string) float64 {
	t.Helper()
	families, err := target.Metrics.Gather()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() != "chat_limit_refusals_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetLabel()[0].GetValue() == limit {
				return metric.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no counter of %s", limit)
	return 0
}

func TestAUserWhoAsksTooMuchIsRefusedAndNobodyElse(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.RequestsPerUser = few(3) })
	project.User(t, "grace")
	refusedAtLast(t, 3, func() response { return admin.call("GET", "/chat/v1/connect", nil) })
	g.Expect(refusals(t, admin.pod, "requestsPerUser")).To(BeEquivalentTo(1))
	admin.as(onBehalf(project.SecretKey, "username:grace")).call("GET", "/chat/v1/connect", nil).expect(200)
	for range 20 {
		admin.as(key(project.SecretKey)).call("POST", "/chat/v1/users", nil).expect(201)
	}
}

func TestWhoeverActsForAUserCountsForTheUser(t *testing.T) {
	project, admin := limited(t, func(l *config.Limits) { l.RequestsPerUser = few(3) })
	ada, err := project.Store.User(t.Context(), model.UserRef{Username: "ada"})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	asAda := admin.as(pod.Bearer(project.Token(t, ada)))
	refusedAtLast(t, 3, func() response { return admin.call("GET", "/chat/v1/connect", nil) })
	refusedAtLast(t, 0, func() response { return asAda.call("GET", "/chat/v1/connect", nil) })
}

func TestAPublicKeyCountsForItself(t *testing.T) {
	project, admin := limited(t, func(l *config.Limits) { l.RequestsPerUser = few(3) })
	another := project.Mint(t, keyset.Entry{Type: keyset.Public})
	admin.pod.UseKeys(t)
	refusedAtLast(t, 3, func() response { return admin.as(key(project.PublicKey)).call("POST", "/chat/v1/users", nil) })
	admin.as(key(another)).call("POST", "/chat/v1/users", nil).expect(201)
}

func TestAProjectThatAsksTooMuchIsRefused(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.RequestsPerProject = few(5) })
	refusedAtLast(t, 5, func() response { return admin.as(key(project.SecretKey)).call("POST", "/chat/v1/users", nil) })
	refusedAtLast(t, 0, func() response { return admin.call("GET", "/chat/v1/connect", nil) })
	g.Expect(refusals(t, admin.pod, "requestsPerProject")).To(BeEquivalentTo(2))
}

func TestSendsCountTogetherOverBothWires(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.SendsPerUser = few(5) })
	ada, err := project.Store.User(t.Context(), model.UserRef{Username: "ada"})
	g.Expect(err).NotTo(HaveOccurred())
	conversation := project.Group(t, ada)
	path := "/chat/v1/conversations/" + conversation.ID.String() + "/messages"
	for range 3 {
		admin.call("POST", path, `{"content":"a"}`).expect(201)
	}
	socket := admin.pod.Open(t, pod.Bearer(project.Token(t, ada)))
	sent := 3
	for id := int64(1); ; id++ {
		socket.Send(send(id, conversation.ID, "hi"))
		answer := socket.Await(pod.Answer(id))
		if answer.Error == nil {
			sent++
			g.Expect(sent).To(BeNumerically("<", 1000), "never refused")
			continue
		}
		g.Expect(answer.Error.Code).To(Equal("rate_limited"))
		g.Expect(answer.Error.Message).To(Equal("too many requests; wait before the next one"))
		g.Expect(answer.Error.RetryAfterMs).To(And(BeNumerically(">", 0), BeNumerically("<=", 1000)))
		break
	}
	g.Expect(sent).To(BeNumerically(">=", 5))
	g.Expect(refusals(t, admin.pod, "sendsPerUser")).To(BeEquivalentTo(1))
	socket.Send(map[string]any{"id": 0, "op": "ping"})
	g.Expect(socket.Await(pod.Answer(0)).Error).To(BeNil(), "the connection stays")
	refusedAtLast(t, 0, func() response { return admin.call("POST", path, `{"content":"a"}`) })

	page := admin.call("GET", path, nil).expect(200)
	g.Expect(len(page["items"].([]any))).To(BeNumerically(">=", sent), "what was refused was not sent, what was not is there")
}

func TestSendsOfAllUsersCountForTheProject(t *testing.T) {
	project, admin := limited(t, func(l *config.Limits) { l.SendsPerProject = few(5) })
	ada, err := project.Store.User(t.Context(), model.UserRef{Username: "ada"})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	grace := project.User(t, "grace")
	path := "/chat/v1/conversations/" + project.Group(t, ada, grace).ID.String() + "/messages"
	refusedAtLast(t, 5, func() response { return admin.call("POST", path, `{"content":"a"}`) })
	asGrace := admin.as(onBehalf(project.SecretKey, "username:grace"))
	refusedAtLast(t, 0, func() response { return asGrace.call("POST", path, `{"content":"a"}`) })
}

func TestASyncCountsAsARequest(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.RequestsPerUser = few(3) })
	socket := admin.pod.Open(t, onBehalf(project.SecretKey, "username:ada"))
	for id := int64(1); ; id++ {
		g.Expect(id).To(BeNumerically("<", 1000), "never refused")
		socket.Send(map[string]any{"id": id, "op": "sync"})
		if answer := socket.Await(pod.Answer(id)); answer.Error != nil {
			g.Expect(answer.Error.Code).To(Equal("rate_limited"))
			g.Expect(id).To(BeNumerically(">=", 3))
			return
		}
	}
}

func TestOnlyBadCredentialsCountForTheirAddress(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.FailuresPerAddress = few(3) })
	for range 10 {
		admin.call("GET", "/chat/v1/connect", nil).expect(200)
	}
	ada, err := project.Store.User(t.Context(), model.UserRef{Username: "ada"})
	g.Expect(err).NotTo(HaveOccurred())
	guess := admin.as(key("sk_guess"))
	refusedAtLast(t, 3, func() response {
		answer := guess.call("GET", "/chat/v1/connect", nil)
		if answer.status != http.StatusTooManyRequests {
			answer.refused(401, "invalid_key")
		}
		return answer
	})
	g.Expect(refusals(t, admin.pod, "failuresPerAddress")).To(BeEquivalentTo(1))
	admin.call("GET", "/chat/v1/connect", nil).expect(200)
	admin.as(pod.Bearer(project.Token(t, ada))).call("GET", "/chat/v1/connect", nil).expect(200)
	admin.as(pod.Header("X-API-Key", project.SecretKey, "Origin", "https://app.example")).call("GET", "/chat/v1/connect", nil).refused(403, "secret_key_in_browser")
}

func TestAnExpiredTokenDoesNotCountForItsAddress(t *testing.T) {
	project, admin := limited(t, func(l *config.Limits) { l.FailuresPerAddress = few(1) })
	ada, err := project.Store.User(t.Context(), model.UserRef{Username: "ada"})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	expired := admin.as(pod.Bearer(expiredToken(t, admin.pod, ada)))
	for range 10 {
		expired.call("GET", "/chat/v1/connect", nil).refused(401, "token_expired")
	}
}

// dial tries to open a WebSocket and returns the status when it is refused.
func dial(t *testing.T, target *pod.Pod, header http.Header) (*websocket.Conn, *http.Response) {
	t.Helper()
	connection, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(target.URL, "http")+"/chat/v1/ws", header)
	if err != nil {
		NewWithT(t).Expect(err).To(MatchError(websocket.ErrBadHandshake))
		return nil, answer
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection, answer
}

func TestAUserHasSoManyConnectionsAndNoMore(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.ConnectionsPerUser = 2 })
	project.User(t, "grace")
	asAda := onBehalf(project.SecretKey, "username:ada")
	first, _ := dial(t, admin.pod, asAda)
	second, _ := dial(t, admin.pod, asAda)
	g.Expect(first).NotTo(BeNil())
	g.Expect(second).NotTo(BeNil())
	// The answer of the handler may come before the session has joined.
	third, refused := dial(t, admin.pod, asAda)
	g.Expect(third).To(BeNil())
	g.Expect(refused.StatusCode).To(Equal(429))
	g.Expect(refused.Header.Get("Content-Type")).To(Equal("application/problem+json"))
	g.Expect(refused.Header.Get("Retry-After")).To(Equal("1"))
	g.Expect(refusals(t, admin.pod, "connectionsPerUser")).To(BeEquivalentTo(1))
	others, _ := dial(t, admin.pod, onBehalf(project.SecretKey, "username:grace"))
	g.Expect(others).NotTo(BeNil())

	g.Expect(first.Close()).To(Succeed())
	g.Eventually(func() bool {
		again, _ := dial(t, admin.pod, asAda)
		return again != nil
	}).WithTimeout(hangGuard).Should(BeTrue(), "a place that is free again can be taken")
}

func TestAPodHasSoManyConnectionsAndNoMore(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.ConnectionsPerProject = 1 })
	project.User(t, "grace")
	first, _ := dial(t, admin.pod, onBehalf(project.SecretKey, "username:ada"))
	g.Expect(first).NotTo(BeNil())
	second, refused := dial(t, admin.pod, onBehalf(project.SecretKey, "username:grace"))
	g.Expect(second).To(BeNil())
	g.Expect(refused.StatusCode).To(Equal(429))
	g.Expect(refusals(t, admin.pod, "connectionsPerProject")).To(BeEquivalentTo(1))
}

func TestAConnectionThatIsNotUpgradedTakesNoPlace(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.ConnectionsPerUser = 1 })
	broken := onBehalf(project.SecretKey, "username:ada")
	for _, pair := range [][2]string{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "12"}} {
		broken.Set(pair[0], pair[1])
	}
	for range 3 {
		admin.as(broken).call("GET", "/chat/v1/ws", nil).refused(400, "invalid_request")
	}
	connection, _ := dial(t, admin.pod, onBehalf(project.SecretKey, "username:ada"))
	g.Expect(connection).NotTo(BeNil())
	g.Expect(admin.pod.Hub.Sessions()).To(BeNumerically("<=", 1))
}

func TestAPlaceIsTakenFromTheReservationOn(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.ConnectionsPerUser = 1 })
	ada, err := project.Store.User(t.Context(), model.UserRef{Username: "ada"})
	g.Expect(err).NotTo(HaveOccurred())
	place, err := admin.pod.Hub.Reserve(hub.Identity{User: ada.ID})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = admin.pod.Hub.Reserve(hub.Identity{User: ada.ID})
	g.Expect(err).To(MatchError(model.ErrTooManyConnections))
	place.Release()
	place, err = admin.pod.Hub.Reserve(hub.Identity{User: ada.ID})
	g.Expect(err).NotTo(HaveOccurred())
	place.Release()
}
