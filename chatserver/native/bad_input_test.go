package native_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func TestABadBodyIsRefusedWithTheFieldAndTheReason(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	admin := newClient(t, project.Start(t), onBehalf(project.SecretKey, "username:ada"))
	messages := fmt.Sprintf("/chat/v1/conversations/%s/messages", conversation.ID)
	members := fmt.Sprintf("/chat/v1/conversations/%s/members", conversation.ID)
	long := strings.Repeat("x", 129)

	for name, test := range map[string]struct {
		path, body string
		status     int
		field      string
	}{
		"malformed JSON":               {"/chat/v1/users", `{"username":`, 400, "body"},
		"not an object":                {"/chat/v1/users", `[]`, 400, "body"},
		"two values":                   {"/chat/v1/users", `{} {}`, 400, "body"},
		"a bracket after the value":    {"/chat/v1/users", `{}]`, 400, "body"},
		"unknown field":                {"/chat/v1/users", `{"user":"ada"}`, 400, "user"},
		"wrong type":                   {"/chat/v1/users", `{"username":7}`, 400, "username"},
		"NUL byte":                     {"/chat/v1/users", "{\"username\":\"a\x00b\"}", 400, "body"},
		"escaped NUL":                  {"/chat/v1/users", `{"username":"a\u0000b"}`, 400, "body"},
		"invalid UTF-8":                {"/chat/v1/users", "{\"username\":\"a\xff\"}", 400, "body"},
		"username too long":            {"/chat/v1/users", `{"username":"` + long + `"}`, 400, "username"},
		"username like an id":          {"/chat/v1/users", `{"username":"1000000000001"}`, 400, "username"},
		"username like a reference":    {"/chat/v1/users", `{"username":"external:ada"}`, 400, "username"},
		"externalId like a reference":  {"/chat/v1/users", `{"externalId":"username:ada"}`, 400, "externalId"},
		"properties no object":         {"/chat/v1/users", `{"properties":[1]}`, 400, "properties"},
		"properties too large":         {"/chat/v1/users", `{"properties":{"x":"` + strings.Repeat("x", 16*1024) + `"}}`, 413, "properties"},
		"unknown onConflict":           {"/chat/v1/users", `{"onConflict":"maybe"}`, 400, "onConflict"},
		"oversized body":               {"/chat/v1/users", `{"username":"` + strings.Repeat("x", config.DefaultLimits().BodyBytes) + `"}`, 413, "body"},
		"unknown conversation type":    {"/chat/v1/conversations", `{"type":"secret"}`, 400, "type"},
		"unknown member":               {"/chat/v1/conversations", `{"members":[{"user":"nobody"}]}`, 400, "members.0.user"},
		"member without user":          {"/chat/v1/conversations", `{"members":[{"role":"admin"}]}`, 400, "members.0.user"},
		"unknown role":                 {"/chat/v1/conversations", `{"members":[{"user":"username:ada","role":"king"}]}`, 400, "members.0.role"},
		"added member, unknown role":   {members, `{"user":"username:ada","role":"king"}`, 400, "role"},
		"added member without user":    {members, `{}`, 400, "user"},
		"no content":                   {messages, `{}`, 400, "content"},
		"empty content":                {messages, `{"content":""}`, 400, "content"},
		"empty content object":         {messages, `{"content":{}}`, 400, "content"},
		"content number":               {messages, `{"content":7}`, 400, "content"},
		"content null":                 {messages, `{"content":null}`, 400, "content"},
		"content text no string":       {messages, `{"content":{"text":1}}`, 400, "content.text"},
		"content too large":            {messages, `{"content":"` + strings.Repeat("x", 32*1024-1) + `"}`, 413, "content"},
		"clientId of the server":       {messages, `{"content":"a","clientId":"parley-1"}`, 400, "clientId"},
		"clientId too long":            {messages, `{"content":"a","clientId":"` + long + `"}`, 400, "clientId"},
		"message properties no object": {messages, `{"content":"a","properties":"x"}`, 400, "properties"},
	} {
		t.Run(name, func(t *testing.T) {
			code := map[int]string{400: "invalid_request", 413: "too_large"}[test.status]
			problem := (&client{t: t, pod: admin.pod, header: admin.header}).call("POST", test.path, test.body).refused(test.status, code)
			NewWithT(t).Expect(problem["errors"]).To(ContainElement(HaveKeyWithValue("field", test.field)), "%v", problem)
		})
	}
}

func TestTextThatNoStoreKeepsIsRefusedWhereverItStands(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	path := "/chat/v1/conversations/" + project.Group(t, ada).ID.String()
	admin := newClient(t, project.Start(t), onBehalf(project.SecretKey, "username:ada"))
	for _, bad := range []string{"a%00b", "a%ffb"} {
		admin.call("GET", "/chat/v1/conversations/"+bad+"/messages", nil).refused(400, "invalid_request")
		admin.call("DELETE", path+"/messages/"+bad, nil).refused(400, "invalid_request")
		admin.call("DELETE", path+"/members/username:"+bad, nil).refused(400, "invalid_request")
		admin.call("GET", "/chat/v1/connect?conversation="+bad, nil).refused(400, "invalid_request")
	}
	admin.as(onBehalf(project.SecretKey, "username:a\xff")).call("GET", "/chat/v1/connect", nil).refused(400, "invalid_request")
}

func TestEachSizeIsAllowedUpToItsLimit(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	admin := newClient(t, project.Start(t), onBehalf(project.SecretKey, "username:ada"))
	path := fmt.Sprintf("/chat/v1/conversations/%s/messages", conversation.ID)
	quoted := func(length int) string { return `"` + strings.Repeat("x", length-2) + `"` }

	admin.call("POST", path, `{"content":`+quoted(32*1024)+`}`).expect(201)
	admin.call("POST", path, `{"content":`+quoted(32*1024+1)+`}`).refused(413, "too_large")
	admin.call("POST", "/chat/v1/users", `{"username":"`+strings.Repeat("é", 128)+`"}`).expect(201)
	admin.call("POST", "/chat/v1/users", `{"username":"`+strings.Repeat("é", 129)+`"}`).refused(400, "invalid_request")
	frame := `{"properties":{"x":""}}`
	admin.call("POST", "/chat/v1/users", `{"properties":{"x":"`+strings.Repeat("x", 16*1024-len(`{"x":""}`))+`"}}`).expect(201)
	fill := config.DefaultLimits().BodyBytes - len(frame)
	admin.call("POST", "/chat/v1/users", strings.Repeat(" ", fill)+frame).expect(201)
	admin.call("POST", "/chat/v1/users", strings.Repeat(" ", fill+1)+frame).refused(413, "too_large")
	admin.call("GET", path+"?limit=200", nil).expect(200)
	admin.call("GET", path+"?limit=201", nil).refused(400, "invalid_request")
	admin.call("GET", path+"?limit=0", nil).refused(400, "invalid_request")
	admin.call("GET", path+"?limit=x", nil).refused(400, "invalid_request")
	admin.call("GET", path+"?cursor=x", nil).refused(400, "invalid_request")
}

func TestUnknownAndForeignThingsAnswerAlike(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada, eve := project.User(t, "ada"), project.User(t, "eve")
	conversation := project.Group(t, ada)
	target := project.Start(t)
	asAda := newClient(t, target, pod.Bearer(project.Token(t, ada)))
	path := "/chat/v1/conversations/" + conversation.ID.String()
	message := asAda.call("POST", path+"/messages", map[string]any{"content": "hi"}).expect(201)

	asEve := asAda.as(pod.Bearer(project.Token(t, eve)))
	for _, call := range []struct {
		method, suffix string
		body           any
	}{
		{"GET", "/messages", nil},
		{"POST", "/messages", map[string]any{"content": "hi"}},
		{"PATCH", "/messages/" + message["id"].(string), map[string]any{"content": "hi"}},
		{"DELETE", "/messages/" + message["id"].(string), nil},
		{"POST", "/members", map[string]any{"user": "username:eve"}},
		{"DELETE", "/members/" + ada.ID.String(), nil},
	} {
		foreign := asEve.call(call.method, path+call.suffix, call.body)
		foreign.refused(404, "conversation_not_found")
		missing := asEve.call(call.method, "/chat/v1/conversations/1999999999999"+call.suffix, call.body)
		g.Expect(withoutRequestID(foreign.body)).To(Equal(withoutRequestID(missing.body)), call.method+" "+call.suffix)
	}
	asAda.call("PATCH", path+"/messages/1999999999999", map[string]any{"content": "hi"}).refused(404, "message_not_found")
	asAda.call("DELETE", path+"/members/username:nobody", nil).refused(404, "user_not_found")
	asAda.call("DELETE", path+"/members/username:eve", nil).refused(404, "member_not_found")
}

func withoutRequestID(body []byte) string {
	before, _, _ := bytes.Cut(body, []byte(`"requestId"`))
	return string(before)
}

func TestAnotherProjectsKeysTokensAndIDsMeanNothing(t *testing.T) {
	project, other := pod.New(t, pod.Options{}), pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	mallory := other.User(t, "mallory")
	conversation := project.Group(t, ada)
	c := newClient(t, project.Start(t), key(other.SecretKey))
	c.call("POST", "/chat/v1/users", nil).refused(401, "invalid_key")
	c.as(pod.Bearer(other.Token(t, mallory))).call("GET", "/chat/v1/connect", nil).refused(401, "invalid_token")

	foreign := newClient(t, other.Start(t), onBehalf(other.SecretKey, mallory.ID.String()))
	foreign.call("GET", "/chat/v1/conversations/"+conversation.ID.String()+"/messages", nil).refused(404, "conversation_not_found")
}

func TestBadCredentialsAreRefused(t *testing.T) {
	g := NewWithT(t)
	past := time.Now().Add(-time.Second)
	project := pod.New(t, pod.Options{})
	expired := project.Mint(t, keyset.Entry{Type: keyset.Secret, NotAfter: &past})
	pinned := project.Mint(t, keyset.Entry{Type: keyset.Public, AllowedOrigins: []string{"https://app.example"}})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	target := project.Start(t)
	token := project.Token(t, ada)
	broken := project.SecretKey[:len(project.SecretKey)-1] + map[bool]string{true: "b", false: "a"}[strings.HasSuffix(project.SecretKey, "a")]
	none := newClient(t, target, http.Header{})

	for name, test := range map[string]struct {
		header http.Header
		status int
		code   string
	}{
		"nothing":                        {http.Header{}, 401, "unauthenticated"},
		"not a key":                      {key("hello"), 401, "invalid_key"},
		"mistyped key":                   {key(broken), 401, "invalid_key"},
		"expired key":                    {key(expired), 401, "invalid_key"},
		"secret key as public":           {key("pk" + project.SecretKey[2:]), 401, "invalid_key"},
		"not a token":                    {pod.Bearer("hello"), 401, "invalid_token"},
		"token with a foreign signature": {pod.Bearer(token[:len(token)-8] + "AAAAAAAA"), 401, "invalid_token"},
		"basic authorization":            {pod.Header("Authorization", "Basic aGk6aGk="), 401, "unauthenticated"},
		"secret key from a browser":      {pod.Header("X-API-Key", project.SecretKey, "Origin", "https://app.example"), 403, "secret_key_in_browser"},
		"public key from another origin": {pod.Header("X-API-Key", pinned, "Origin", "https://evil.example"), 403, "origin_not_allowed"},
		"on behalf with a public key":    {onBehalf(project.PublicKey, "username:ada"), 403, "permission_denied"},
		"on behalf with a token":         {pod.Header("Authorization", "Bearer "+token, "X-Parley-User", "username:ada"), 403, "permission_denied"},
		"on behalf of nobody":            {onBehalf(project.SecretKey, "username:nobody"), 400, "invalid_request"},
		"token and user that disagree":   {pod.Header("X-API-Key", project.SecretKey, "Authorization", "Bearer "+token, "X-Parley-User", grace.ID.String()), 403, "credentials_disagree"},
	} {
		t.Run(name, func(t *testing.T) {
			c := none.as(test.header)
			c.t = t
			answer := c.call("GET", "/chat/v1/connect", nil)
			answer.refused(test.status, test.code)
			for _, secret := range []string{project.SecretKey, expired, token} {
				NewWithT(t).Expect(string(answer.body)).NotTo(ContainSubstring(secret))
			}
		})
	}
	none.as(pod.Header("X-API-Key", pinned, "Origin", "https://app.example")).call("POST", "/chat/v1/sessions/guest", nil).expect(201)
	preflight := none.as(pod.Header("Origin", "https://app.example", "Access-Control-Request-Method", "POST"))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, target.URL+"/chat/v1/users", nil)
	g.Expect(err).NotTo(HaveOccurred())
	request.Header = preflight.header
	answer, err := http.DefaultClient.Do(request)
	g.Expect(err).NotTo(HaveOccurred())
	defer answer.Body.Close()
	g.Expect(answer.StatusCode).To(Equal(204))
	g.Expect(answer.Header.Get("Access-Control-Allow-Headers")).To(ContainSubstring("X-API-Key"))
}

func expiredToken(t *testing.T, target *pod.Pod, user model.User) string {
	t.Helper()
	old, err := target.Authenticator.Sign(user, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return old.Reveal()
}

func TestAnExpiredTokenSaysSo(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	target := project.Start(t)
	newClient(t, target, pod.Bearer(expiredToken(t, target, ada))).call("GET", "/chat/v1/connect", nil).refused(401, "token_expired")
}

func TestAPublicKeyDoesOnlyWhatTheProjectAllows(t *testing.T) {
	for name, features := range map[string]config.Features{
		"nothing": {},
		"guests":  {GuestSessions: true},
		"users":   {PublicUserCreation: true},
		"minting": {PublicTokenMinting: true},
	} {
		t.Run(name, func(t *testing.T) {
			project := pod.New(t, pod.Options{Features: &features})
			project.User(t, "ada")
			c := newClient(t, project.Start(t), key(project.PublicKey))
			status := func(allowed bool) int {
				if allowed {
					return 201
				}
				return 403
			}
			c.call("POST", "/chat/v1/sessions/guest", nil).expect(status(features.GuestSessions))
			c.call("POST", "/chat/v1/users", nil).expect(status(features.PublicUserCreation))
			c.call("POST", "/chat/v1/users/username:ada/tokens", nil).expect(status(features.PublicTokenMinting))
			c.call("POST", "/chat/v1/conversations", nil).refused(403, "permission_denied")
			c.call("GET", "/chat/v1/conversations/hello/messages", nil).refused(403, "permission_denied")
		})
	}
}

func TestAPathThatDoesNotExistIsAProblem(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	target := project.Start(t)
	for path, status := range map[string]int{"/": 404, "/chat/v1/nothing": 404, "/chat/v1/sessions/guest": 405} {
		answer, err := http.Get(target.URL + path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(answer.Body.Close()).To(Succeed())
		g.Expect(answer.StatusCode).To(Equal(status), path)
		g.Expect(answer.Header.Get("Content-Type")).To(Equal("application/problem+json"))
	}
}
