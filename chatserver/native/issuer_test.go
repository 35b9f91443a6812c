package native_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/issuer"
	"github.com/parley-chat/parley/test/pod"
)

func TestATokenOfTheTenantsIssuerOpensRESTAndWebSocket(t *testing.T) {
	g := NewWithT(t)
	provider := issuer.Start(t, "https://login.example.com/")
	settings := provider.Settings()
	settings.CreateUsers, settings.DisplayNameClaim = true, "name"
	project := pod.New(t, pod.Options{Issuers: []config.Issuer{settings}})
	running := project.Start(t)
	grace := project.User(t, "grace")
	claims := provider.Claims("ext-ada", time.Now())
	claims["name"] = "Ada"
	token := provider.Sign(issuer.FirstKey, claims)

	c := newClient(t, running, pod.Bearer(token))
	created := c.call(http.MethodPost, "/chat/v1/conversations", map[string]any{
		"name": "Hello", "externalId": "hello", "members": []any{map[string]any{"user": "username:grace"}},
	}).expect(http.StatusCreated)
	ada, err := project.Store.User(t.Context(), model.UserRef{ExternalID: "ext-ada"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(ada.DisplayName).To(Equal("Ada"))
	g.Expect(created).To(HaveKeyWithValue("createdBy", ada.ID.String()))

	reader := running.Open(t, pod.Bearer(project.Token(t, grace)))
	conversation, err := project.Store.Conversation(t.Context(), model.ConversationRef{ExternalID: "hello"})
	g.Expect(err).NotTo(HaveOccurred())
	for i, header := range []http.Header{
		pod.Bearer(token), pod.Header("Sec-WebSocket-Protocol", "parley.v1, bearer."+token),
	} {
		socket := running.Open(t, header)
		socket.Send(send(1, conversation.ID, "hi"))
		g.Expect(socket.Await(pod.Answer(1)).Error).To(BeNil())
		event := reader.Await(pod.Event("message.created"))
		message := data[model.Message](t, event.Data)
		g.Expect(message.Sender).To(Equal(ada.ID))
		g.Expect(message.Seq).To(BeEquivalentTo(i + 1))
	}

	claims["aud"] = "another service"
	refused := pod.Bearer(provider.Sign(issuer.FirstKey, claims))
	c.as(refused).call(http.MethodGet, "/chat/v1/connect", nil).refused(http.StatusUnauthorized, "invalid_token")
	c.as(refused).call(http.MethodGet, "/chat/v1/ws", nil).refused(http.StatusUnauthorized, "invalid_token")
	g.Expect(provider.Requests()).To(Equal(1))
}

func TestAnIssuerThatIsDownIsNotTheTokensFault(t *testing.T) {
	provider := issuer.Start(t, "https://login.example.com/")
	provider.Stop()
	project := pod.New(t, pod.Options{Issuers: []config.Issuer{provider.Settings()}})
	token := provider.Sign(issuer.FirstKey, provider.Claims("ext-ada", time.Now()))
	c := newClient(t, project.Start(t), pod.Bearer(token))
	c.call(http.MethodGet, "/chat/v1/connect", nil).refused(http.StatusServiceUnavailable, "unavailable")
}
