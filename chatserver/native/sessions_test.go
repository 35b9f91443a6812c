package native_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func touched(users ...model.UserID) map[model.UserID]time.Time {
	active := map[model.UserID]time.Time{}
	for _, user := range users {
		active[user] = time.Now()
	}
	return active
}

const refreshPath = "/chat/v1/sessions/refresh"

// stranger has no credential at all.
func (f *usersFixture) stranger() *client { return f.key.as(http.Header{}) }

func (f *usersFixture) refresh(token any) response {
	return f.stranger().call("POST", refreshPath, object{"refreshToken": token})
}

func TestARefreshTokenIsGoodOnceAndBringsTheNext(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	login := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	second := f.refresh(login["refreshToken"]).expect(200)
	f.Expect(second["refreshToken"]).NotTo(Equal(login["refreshToken"]))
	f.ada.as(pod.Bearer(second["token"].(string))).call("GET", mePath, nil).expect(200)
	third := f.refresh(second["refreshToken"]).expect(200)

	f.refresh(login["refreshToken"]).refused(401, "refresh_token_reused")
	f.refresh(third["refreshToken"]).refused(401, "invalid_refresh_token")
	f.ada.as(pod.Bearer(third["token"].(string))).call("GET", mePath, nil).expect(200)
}

func TestAReusedRefreshTokenLeavesOtherLoginsAlone(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	one := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	other := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	f.refresh(one["refreshToken"]).expect(200)
	f.refresh(one["refreshToken"]).refused(401, "refresh_token_reused")
	f.refresh(other["refreshToken"]).expect(200)
}

func TestOnlyARefreshTokenRefreshes(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	login := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	for _, wrong := range []any{"", "prt_", login["token"], login["refreshToken"].(string) + "x", "prt_" + login["refreshToken"].(string)[5:] + "0"} {
		f.refresh(wrong).refused(401, "invalid_refresh_token")
	}
	f.refresh(7).refused(400, "invalid_request")
	f.stranger().call("POST", refreshPath, object{"token": "x"}).refused(400, "invalid_request")
	f.stranger().as(pod.Bearer(login["refreshToken"].(string))).call("GET", mePath, nil).refused(401, "invalid_token")
}

func TestRefusedRefreshTokensCountForTheirAddress(t *testing.T) {
	limits := pod.GenerousLimits()
	limits.FailuresPerAddress = config.Rate{PerSecond: 1, Burst: 2}
	f := newUsersFixture(t, pod.Options{Limits: &limits})
	login := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	f.refresh("a").refused(401, "invalid_refresh_token")
	f.refresh("b").refused(401, "invalid_refresh_token")
	f.refresh("c").refused(429, "rate_limited")
	f.refresh(login["refreshToken"]).expect(200)
}

func TestAGuestIsANewUserWithTokens(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	guest := f.public.call("POST", "/chat/v1/sessions/guest", object{"username": "visitor"}).expect(201)
	f.Expect(guest["user"]).To(HaveKeyWithValue("guest", true))
	f.refresh(guest["refreshToken"]).expect(200)
	f.public.call("POST", "/chat/v1/sessions/guest", object{"username": "visitor"}).refused(409, "user_exists")
	f.public.call("POST", "/chat/v1/sessions/guest", object{"username": "ada"}).refused(409, "user_exists")
}

func TestATokenLivesAsLongAsASecretKeySays(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	lifetime := func(body any) time.Duration {
		answer := f.key.call("POST", adaPath+"/tokens", body).expect(201)
		expires, err := time.Parse(time.RFC3339, answer["expiresAt"].(string))
		f.Expect(err).NotTo(HaveOccurred())
		return time.Until(expires)
	}
	f.Expect(lifetime(nil)).To(BeNumerically("~", time.Hour, time.Minute))
	f.Expect(lifetime(object{"expiresIn": 600})).To(BeNumerically("~", 10*time.Minute, time.Minute))
	f.Expect(lifetime(object{"expiresIn": 3600})).To(BeNumerically("~", time.Hour, time.Minute))
	for _, wrong := range []any{3601, -1, int64(1) << 40, "600", 1.5} {
		f.key.call("POST", adaPath+"/tokens", object{"expiresIn": wrong}).refused(400, "invalid_request")
	}
	f.public.call("POST", adaPath+"/tokens", object{"expiresIn": 60}).refused(403, "permission_denied")
}

func TestVerifySaysWhoAsksAndNothingSecret(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	verify := func(c *client) object { return c.call("GET", "/chat/v1/sessions/verify", nil).expect(200) }
	f.Expect(verify(f.ada)).To(And(HaveKeyWithValue("kind", "user"), HaveKeyWithValue("user", f.adaID.String()), HaveKey("expiresAt"), Not(HaveKey("key"))))
	secret := verify(f.key)
	f.Expect(secret).To(And(HaveKeyWithValue("kind", "secretKey"), Not(HaveKey("user"))))
	_, id, _ := keyset.Parse(f.project.SecretKey)
	f.Expect(secret["key"]).To(Equal(object{"id": id, "type": "secret"}))
	f.Expect(verify(f.key.as(onBehalf(f.project.SecretKey, "username:ada")))).To(And(HaveKeyWithValue("kind", "secretKey"), HaveKeyWithValue("user", f.adaID.String())))
	f.Expect(verify(f.public)).To(HaveKeyWithValue("kind", "publicKey"))
	f.stranger().call("GET", "/chat/v1/sessions/verify", nil).refused(401, "unauthenticated")
}

func TestRevokedTokensAreRefusedAndTheirSessionsClose(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	other := f.project.Start(t)
	login := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	here, there, neighbour := f.pod.Open(t, f.ada.header), other.Open(t, f.ada.header), f.pod.Open(t, f.grace.header)
	f.grace.call("POST", adaPath+"/tokens/revoke", nil).refused(403, "permission_denied")
	f.ada.call("POST", mePath+"/tokens/revoke", nil).expect(204)
	f.Expect(closeCode(t, here)).To(Equal(4002))
	f.Expect(closeCode(t, there)).To(Equal(4002))
	f.ada.call("GET", mePath, nil).refused(401, "invalid_token")
	f.refresh(login["refreshToken"]).refused(401, "invalid_refresh_token")
	fresh := f.key.call("POST", adaPath+"/tokens", nil).expect(201)
	f.pod.Open(t, pod.Bearer(fresh["token"].(string)))
	neighbour.Send(object{"id": 1, "op": "ping"})
	f.Expect(neighbour.Await(pod.Answer(1)).Error).To(BeNil())
}

// dialWith tries to open a WebSocket with a subprotocol.
func dialWith(t *testing.T, target *pod.Pod, header http.Header) (*websocket.Conn, int) {
	t.Helper()
	connection, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+target.URL[4:]+"/chat/v1/ws", header)
	if err != nil {
		NewWithT(t).Expect(answer).NotTo(BeNil(), "%v", err)
		defer answer.Body.Close()
		return nil, answer.StatusCode
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection, answer.StatusCode
}

func inProtocol(value string) http.Header {
	return pod.Header("Sec-WebSocket-Protocol", "parley.v1, "+value)
}

func TestAPassOpensOneWebSocketOfItsUser(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	pass := f.ada.call("POST", "/chat/v1/connect/passes", nil).expect(201)["pass"].(string)
	f.stranger().as(inProtocol("pass."+pass)).call("GET", mePath, nil).refused(401, "unauthenticated")
	socket := f.pod.Open(t, inProtocol("pass."+pass))
	f.Expect(socket.Subprotocol()).To(Equal("parley.v1"))
	_, again := dialWith(t, f.pod, inProtocol("pass."+pass))
	f.Expect(again).To(Equal(401))
	f.ada.call("POST", mePath+"/tokens/revoke", nil).expect(204)
	f.Expect(closeCode(t, socket)).To(Equal(4002))
	f.key.call("POST", "/chat/v1/connect/passes", nil).refused(400, "invalid_request")
	f.public.call("POST", "/chat/v1/connect/passes", nil).refused(403, "permission_denied")
}

func TestAPassIsWorthNothingOnceItsUsersTokensAreRevoked(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	pass := f.ada.call("POST", "/chat/v1/connect/passes", nil).expect(201)["pass"].(string)
	f.ada.call("POST", mePath+"/tokens/revoke", nil).expect(204)
	_, status := dialWith(t, f.pod, inProtocol("pass."+pass))
	f.Expect(status).To(Equal(401))
}

func TestAPassOfASecretKeyGivesNobodyItsRights(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	acting := f.key.as(onBehalf(f.project.SecretKey, "username:ada"))
	pass := acting.call("POST", "/chat/v1/connect/passes", nil).expect(201)["pass"].(string)
	header := inProtocol("pass." + pass)
	header.Set("Origin", "https://shop.example.com")
	connection, status := dialWith(t, f.pod, header)
	f.Expect(status).To(Equal(101))
	f.Expect(connection.Close()).To(Succeed())
}

func TestSessionsAreRecordedFromTheirStartToTheirEnd(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	header := f.ada.header.Clone()
	header.Set("User-Agent", "tester/1")
	socket := f.pod.Open(t, header)
	f.pod.Open(t, f.grace.header)
	listed := func(c *client, query string) func() []any {
		return func() []any { return c.call("GET", "/chat/v1/sessions"+query, nil).expect(200)["items"].([]any) }
	}
	f.Eventually(listed(f.ada, ""), "30s").Should(HaveExactElements(And(
		HaveKeyWithValue("kind", "user"), HaveKeyWithValue("userAgent", "tester/1"), HaveKeyWithValue("user", f.adaID.String()), Not(HaveKey("endedAt")))))
	socket.Close()
	f.Eventually(listed(f.ada, "?ended=true"), "30s").Should(HaveExactElements(HaveKey("endedAt")))
	f.Expect(listed(f.ada, "?ended=false")()).To(BeEmpty())
	f.Eventually(listed(f.admin, ""), "30s").Should(HaveLen(2))
	f.Expect(listed(f.admin, "?user=username:grace")()).To(HaveLen(1))
	f.Expect(listed(f.ada, "?user=me&kind=user")()).To(HaveLen(1))
	f.Expect(listed(f.ada, "?kind=chat")()).To(BeEmpty())
	room := f.project.Group(t, model.User{ID: f.adaID})
	again := f.pod.Open(t, f.ada.header)
	again.Send(object{"id": 1, "op": "attach", "conversation": room.ID.String()})
	f.Expect(again.Await(pod.Answer(1)).Error).To(BeNil())
	f.Eventually(listed(f.ada, "?kind=chat&ended=false&conversation="+room.ID.String()), "30s").Should(HaveExactElements(
		And(HaveKeyWithValue("conversation", room.ID.String()), HaveKey("session"))))
	again.Close()
	f.Eventually(listed(f.ada, "?kind=chat&ended=true"), "30s").Should(HaveLen(1))
	f.ada.call("GET", "/chat/v1/sessions?user=username:grace", nil).refused(403, "permission_denied")
	f.key.call("GET", "/chat/v1/sessions?user=username:nobody", nil).refused(404, "user_not_found")
	for _, query := range []string{"?kind=x", "?ended=maybe", "?conversation=x"} {
		f.key.call("GET", "/chat/v1/sessions"+query, nil).refused(400, "invalid_request")
	}
}
