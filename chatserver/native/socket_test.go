package native_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func send(id int64, conversation model.ConversationID, text string) map[string]any {
	return map[string]any{"id": id, "op": "send", "conversation": conversation.String(), "content": map[string]any{"text": text}}
}

func data[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var decoded T
	NewWithT(t).Expect(json.Unmarshal(raw, &decoded)).To(Succeed())
	return decoded
}

type ack struct {
	ID       string
	Seq, Rev int64
	ClientID string
}

func TestASentMessageIsAckedAndReachesEverySessionOnEveryPod(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada, grace)
	one, two := project.Start(t), project.Start(t)
	sender := one.Open(t, pod.Bearer(project.Token(t, ada)))
	own := one.Open(t, pod.Bearer(project.Token(t, ada)))
	remote := two.Open(t, pod.Bearer(project.Token(t, grace)))

	sender.Send(send(7, conversation.ID, "hi"))
	answer := data[ack](t, sender.Await(pod.Answer(7)).OK)
	g.Expect(answer.Seq).To(BeEquivalentTo(1))
	g.Expect(answer.Rev).To(BeEquivalentTo(2))
	for _, socket := range []*pod.Socket{own, remote} {
		event := socket.Await(pod.Event("message.created"))
		g.Expect(event.Rev).To(Equal(answer.Rev))
		message := data[model.Message](t, event.Data)
		g.Expect(message.ID.String()).To(Equal(answer.ID))
		g.Expect(message.Content).To(MatchJSON(`{"text":"hi"}`))
	}
}

func TestTheSenderGetsTheEventOfItsOwnMessage(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	socket := project.Start(t).Open(t, pod.Bearer(project.Token(t, ada)))
	socket.Send(send(1, conversation.ID, "hi"))
	socket.Await(pod.Event("message.created"))
}

func TestEveryReaderSeesOneOrder(t *testing.T) {
	g := NewWithT(t)
	const senders, each = 4, 50
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	pods := []*pod.Pod{project.Start(t), project.Start(t)}
	token := pod.Bearer(project.Token(t, ada))
	readers := []*pod.Socket{pods[0].Open(t, token), pods[1].Open(t, token)}
	for i := range senders {
		socket := pods[i%2].Open(t, token)
		go func() {
			for n := range each {
				encoded, _ := json.Marshal(send(int64(n), conversation.ID, fmt.Sprint(i, "/", n)))
				socket.SendRaw(websocket.TextMessage, encoded)
			}
		}()
	}
	var orders [2][]string
	for i, reader := range readers {
		for want := int64(2); want < 2+senders*each; want++ {
			event := reader.Await(pod.Event("message.created"))
			g.Expect(event.Rev).To(Equal(want), "reader %d", i)
			orders[i] = append(orders[i], string(data[model.Message](t, event.Data).Content))
		}
	}
	g.Expect(orders[0]).To(Equal(orders[1]))
	g.Expect(orders[0]).To(HaveLen(senders * each))
}

func TestEditsDeletesAndMembersAreDelivered(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada, grace)
	target := project.Start(t)
	socket := target.Open(t, pod.Bearer(project.Token(t, grace)))
	c := newClient(t, target, pod.Bearer(project.Token(t, ada)))
	path := "/chat/v1/conversations/" + conversation.ID.String()
	message := c.call("POST", path+"/messages", map[string]any{"content": "one"}).expect(201)
	c.call("PATCH", path+"/messages/"+message["id"].(string), map[string]any{"content": "two"}).expect(200)
	c.call("DELETE", path+"/messages/"+message["id"].(string), nil).expect(204)
	project.User(t, "alan")
	c.call("POST", path+"/members", map[string]any{"user": "username:alan"}).expect(201)
	c.call("DELETE", path+"/members/username:grace", nil).expect(204)

	for i, name := range []string{"message.created", "message.edited", "message.deleted", "member.added", "member.removed"} {
		frame := socket.Next()
		g.Expect(frame.Event).To(Equal(name))
		g.Expect(frame.Rev).To(BeEquivalentTo(2 + i))
		g.Expect(frame.Conversation).To(Equal(conversation.ID.String()))
	}
	// The member that left hears nothing more.
	c.call("POST", path+"/messages", map[string]any{"content": "secret"}).expect(201)
	socket.Send(map[string]any{"id": 1, "op": "ping"})
	g.Expect(socket.Next().ID).NotTo(BeNil())
}

func TestANewMemberHearsAtOnceOnEveryPod(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada, grace := project.User(t, "ada"), project.User(t, "grace")
	conversation := project.Group(t, ada)
	one, two := project.Start(t), project.Start(t)
	socket := two.Open(t, pod.Bearer(project.Token(t, grace)))
	c := newClient(t, one, pod.Bearer(project.Token(t, ada)))
	path := "/chat/v1/conversations/" + conversation.ID.String()
	c.call("POST", path+"/members", map[string]any{"user": "username:grace"}).expect(201)
	g.Expect(socket.Next().Event).To(Equal("member.added"))
	c.call("POST", path+"/messages", map[string]any{"content": "welcome"}).expect(201)
	g.Expect(socket.Next().Event).To(Equal("message.created"))

	// A conversation that is created with the user counts too, and a rejoin.
	c.call("POST", "/chat/v1/conversations", map[string]any{"members": []any{map[string]any{"user": "username:grace"}}}).expect(201)
	g.Expect(socket.Next().Event).To(Equal("conversation.created"))
	c.call("DELETE", path+"/members/username:grace", nil).expect(204)
	g.Expect(socket.Next().Event).To(Equal("member.removed"))
	c.call("POST", path+"/members", map[string]any{"user": "username:grace"}).expect(201)
	g.Expect(socket.Next().Event).To(Equal("member.added"))
	c.call("POST", path+"/messages", map[string]any{"content": "again"}).expect(201)
	g.Expect(socket.Next().Event).To(Equal("message.created"))
}

type snapshot struct {
	Epoch         string
	Conversations []struct {
		Conversation string
		Rev          int64
	}
	Added, Gone, Reset []string
}

func TestAResumingClientGetsWhatChangedMeanwhile(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation, other := project.Group(t, ada), project.Group(t, ada)
	one, two := project.Start(t), project.Start(t)
	token := pod.Bearer(project.Token(t, ada))
	c := newClient(t, one, token)
	path := fmt.Sprintf("/chat/v1/conversations/%s/messages", conversation.ID)

	first := pod.Dial(t, one.URL, "/chat/v1/ws", token)
	hello := data[struct{ Snapshot snapshot }](t, first.Next().Data)
	known := c.call("POST", path, map[string]any{"content": "seen"}).expect(201)
	seen := first.Await(pod.Event("message.created")).Rev
	first.Close()
	c.call("PATCH", path+"/"+known["id"].(string), map[string]any{"content": "seen, edited"}).expect(200)
	missed := c.call("POST", path, map[string]any{"content": "missed"}).expect(201)
	c.call("PATCH", path+"/"+missed["id"].(string), map[string]any{"content": "missed, edited"}).expect(200)

	resumed := pod.Dial(t, two.URL, "/chat/v1/ws?resume=true", token)
	g.Expect(resumed.Next().Event).To(Equal("hello"))
	resumed.Send(map[string]any{"id": 1, "op": "sync", "epoch": hello.Snapshot.Epoch, "conversations": map[string]int64{
		conversation.ID.String(): seen, "1999999999999": 3,
	}})
	answer := data[snapshot](t, resumed.Next().OK)
	g.Expect(answer.Gone).To(ConsistOf("1999999999999"))
	g.Expect(answer.Added).To(ConsistOf(other.ID.String()))
	g.Expect(answer.Reset).To(BeEmpty())

	edited := resumed.Next()
	g.Expect(edited.Event).To(Equal("message.edited"))
	g.Expect(data[model.Message](t, edited.Data).Content).To(MatchJSON(`"seen, edited"`))
	created := resumed.Next()
	g.Expect(created.Event).To(Equal("message.created"))
	g.Expect(data[model.Message](t, created.Data).Content).To(MatchJSON(`"missed, edited"`))

	c.call("POST", path, map[string]any{"content": "live"}).expect(201)
	g.Expect(data[model.Message](t, resumed.Next().Data).Content).To(MatchJSON(`"live"`))
}

func TestAResumeThatCannotBeServedIsAReset(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	target := project.Start(t)
	epoch, err := project.Store.Epoch(t.Context())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for name, state := range map[string]struct {
		epoch string
		rev   int64
	}{"another epoch": {"elsewhere-1", 1}, "a rev above the store's": {epoch, 99}} {
		t.Run(name, func(t *testing.T) {
			socket := pod.Dial(t, target.URL, "/chat/v1/ws?resume=true", pod.Bearer(project.Token(t, ada)))
			socket.Next()
			socket.Send(map[string]any{"id": 1, "op": "sync", "epoch": state.epoch, "conversations": map[string]int64{conversation.ID.String(): state.rev}})
			NewWithT(t).Expect(data[snapshot](t, socket.Next().OK).Reset).To(ConsistOf(conversation.ID.String()))
		})
	}
}

func TestARepeatedSendIsAckedWithTheFirstMessage(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	socket := project.Start(t).Open(t, pod.Bearer(project.Token(t, ada)))
	frame := send(1, conversation.ID, "hi")
	frame["clientId"], frame["externalId"], frame["properties"] = "6f9c", "order-7", map[string]any{"color": "blue"}
	socket.Send(frame)
	first := data[map[string]any](t, socket.Await(pod.Answer(1)).OK)
	frame["id"] = 2
	socket.Send(frame)
	again := data[map[string]any](t, socket.Await(pod.Answer(2)).OK)
	g.Expect(again).To(HaveKeyWithValue("duplicate", true))
	g.Expect(again["id"]).To(Equal(first["id"]))
	frame["id"], frame["content"] = 3, "other"
	socket.Send(frame)
	g.Expect(socket.Await(pod.Answer(3)).Error.Code).To(Equal("client_id_reused"))
}

func TestMoreChangesThanAResumeTellsAreAReset(t *testing.T) {
	const tooMany = 501
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	socket := project.Start(t).Open(t, pod.Bearer(project.Token(t, ada)))
	for i := range int64(tooMany) {
		socket.Send(send(i, conversation.ID, "hi"))
	}
	socket.Await(pod.Answer(tooMany - 1))
	socket.Send(map[string]any{"id": tooMany, "op": "sync"})
	epoch := data[snapshot](t, socket.Await(pod.Answer(tooMany)).OK).Epoch
	socket.Send(map[string]any{"id": tooMany + 1, "op": "sync", "epoch": epoch, "conversations": map[string]int64{conversation.ID.String(): 1}})
	NewWithT(t).Expect(socket.Await(pod.Event("reset")).Rev).To(BeEquivalentTo(tooMany + 1))
}

func TestABadFrameIsAnsweredWithAnErrorAndTheSocketStays(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada, eve := project.User(t, "ada"), project.User(t, "eve")
	conversation := project.Group(t, ada)
	foreign := project.Group(t, eve)
	socket := project.Start(t).Open(t, pod.Bearer(project.Token(t, ada)))
	for name, test := range map[string]struct{ frame, code string }{
		"malformed":             {`{"id":1`, "invalid_request"},
		"not an object":         {`[]`, "invalid_request"},
		"no id":                 {`{"op":"ping"}`, "invalid_request"},
		"no op":                 {`{"id":1}`, "invalid_request"},
		"unknown op":            {`{"id":1,"op":"dance"}`, "invalid_request"},
		"unknown field":         {`{"id":1,"op":"ping","x":1}`, "invalid_request"},
		"field of another op":   {`{"id":1,"op":"ping","content":"x"}`, "invalid_request"},
		"wrong type":            {`{"id":"x","op":"ping"}`, "invalid_request"},
		"NUL":                   {`{"id":1,"op":"send","conversation":"1","content":"\u0000"}`, "invalid_request"},
		"invalid UTF-8":         {"{\"id\":1,\"op\":\"send\",\"conversation\":\"1\",\"content\":\"\xff\"}", "invalid_request"},
		"no conversation":       {`{"id":1,"op":"send","content":"x"}`, "invalid_request"},
		"no content":            {`{"id":1,"op":"send","conversation":"` + conversation.ID.String() + `"}`, "invalid_request"},
		"unknown conversation":  {`{"id":1,"op":"send","conversation":"1999999999999","content":"x"}`, "conversation_not_found"},
		"foreign conversation":  {`{"id":1,"op":"send","conversation":"` + foreign.ID.String() + `","content":"x"}`, "conversation_not_found"},
		"negative rev":          {`{"id":1,"op":"sync","conversations":{"` + conversation.ID.String() + `":-1}}`, "invalid_request"},
		"epoch alone":           {`{"id":1,"op":"sync","epoch":"x"}`, "invalid_request"},
		"sync of what is no id": {`{"id":1,"op":"sync","conversations":{"hello":1}}`, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			socket.SendRaw(websocket.TextMessage, []byte(test.frame))
			frame := socket.Next()
			g.Expect(frame.Error).NotTo(BeNil())
			g.Expect(frame.Error.Code).To(Equal(test.code), frame.Error.Message)
		})
	}
	g := NewWithT(t)
	socket.SendRaw(websocket.BinaryMessage, []byte("x"))
	g.Expect(socket.Next().Error).NotTo(BeNil())
	socket.Send(map[string]any{"id": 2, "op": "ping"})
	g.Expect(*socket.Next().ID).To(BeEquivalentTo(2))
}

// closeCode reads until the connection is closed and returns the code.
func closeCode(t *testing.T, socket *pod.Socket) int {
	t.Helper()
	for {
		_, err := socket.TryNext()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code
		}
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	}
}

func TestAFrameIsAllowedUpToItsLimit(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	socket := project.Start(t).Open(t, pod.Bearer(project.Token(t, ada)))
	frame := `{"id":1,"op":"ping"}`
	fill := strings.Repeat(" ", config.DefaultLimits().BodyBytes-len(frame))
	socket.SendRaw(websocket.TextMessage, []byte(frame+fill))
	g.Expect(socket.Next().OK).NotTo(BeNil())
	socket.SendRaw(websocket.TextMessage, []byte(frame+fill+" "))
	g.Expect(closeCode(t, socket)).To(Equal(websocket.CloseMessageTooBig))
}

func TestTheSizeOfAFrameIsASettingOfTheProject(t *testing.T) {
	g := NewWithT(t)
	project, admin := limited(t, func(l *config.Limits) { l.BodyBytes = 2000 })
	socket := admin.pod.Open(t, onBehalf(project.SecretKey, "username:ada"))
	frame := `{"id":1,"op":"ping"}`
	fill := strings.Repeat(" ", 2000-len(frame))
	socket.SendRaw(websocket.TextMessage, []byte(frame+fill))
	g.Expect(socket.Next().OK).NotTo(BeNil())
	socket.SendRaw(websocket.TextMessage, []byte(frame+fill+" "))
	g.Expect(closeCode(t, socket)).To(Equal(websocket.CloseMessageTooBig))
}

func TestAWebSocketNeedsAUser(t *testing.T) {
	project := pod.New(t, pod.Options{})
	project.User(t, "ada")
	target := project.Start(t)
	for name, test := range map[string]struct {
		header http.Header
		status int
	}{
		"nothing":                  {http.Header{}, 401},
		"public key":               {key(project.PublicKey), 403},
		"secret key without user":  {key(project.SecretKey), 403},
		"secret key in a browser":  {pod.Header("X-API-Key", project.SecretKey, "X-Parley-User", "username:ada", "Origin", "https://app.example"), 403},
		"bad token in subprotocol": {pod.Header("Sec-WebSocket-Protocol", "parley.v1, bearer.hello"), 401},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, response, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(target.URL, "http")+"/chat/v1/ws", test.header)
			g.Expect(err).To(HaveOccurred())
			defer response.Body.Close()
			g.Expect(response.StatusCode).To(Equal(test.status))
			g.Expect(response.Header.Get("Content-Type")).To(Equal("application/problem+json"))
		})
	}
	newClient(t, target, onBehalf(project.SecretKey, "username:ada")).call("GET", "/chat/v1/ws", nil).refused(400, "invalid_request")
}

func TestABrowserSendsItsTokenAsASubprotocol(t *testing.T) {
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	token := project.Token(t, ada)
	socket := project.Start(t).Open(t, pod.Header("Sec-WebSocket-Protocol", "parley.v1, bearer."+token, "Origin", "https://app.example"))
	NewWithT(t).Expect(socket.Subprotocol()).To(Equal("parley.v1"))
}

func TestARevokedKeyClosesItsSocketsAndLeavesTheOthers(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	target := project.Start(t)
	project.Mint(t, keyset.Entry{Type: keyset.Secret})
	bound := target.Open(t, onBehalf(project.SecretKey, "username:ada"))
	tokenWithKey := target.Open(t, pod.Header("Authorization", "Bearer "+project.Token(t, ada), "X-API-Key", project.PublicKey))
	free := target.Open(t, pod.Bearer(project.Token(t, ada)))

	project.Keys.Keys = project.Keys.Keys[1:] // the secret key goes, the public one stays
	target.UseKeys(t)
	g.Expect(closeCode(t, bound)).To(Equal(4003))
	for _, socket := range []*pod.Socket{tokenWithKey, free} {
		socket.Send(map[string]any{"id": 1, "op": "ping"})
		g.Expect(socket.Next().OK).NotTo(BeNil())
	}
	newClient(t, target, key(project.SecretKey)).call("POST", "/chat/v1/users", nil).refused(401, "invalid_key")
}

func TestADrainingPodSaysSoClosesAndTakesNoMore(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	target := project.Start(t)
	socket := target.Open(t, pod.Bearer(project.Token(t, ada)))
	socket.Send(send(1, conversation.ID, "last"))
	socket.Await(pod.Answer(1))
	target.Hub.Drain(t.Context(), 50*time.Millisecond)
	socket.Await(pod.Event("drain"))
	g.Expect(closeCode(t, socket)).To(Equal(websocket.CloseServiceRestart))

	_, response, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(target.URL, "http")+"/chat/v1/ws", pod.Bearer(project.Token(t, ada)))
	g.Expect(err).To(HaveOccurred())
	defer response.Body.Close()
	g.Expect(response.StatusCode).To(Equal(503))
	g.Expect(response.Header.Get("Retry-After")).NotTo(BeEmpty())
}
