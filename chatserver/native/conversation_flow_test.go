package native_test

import (
	"fmt"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
)

func TestATenantCreatesUsersAConversationAndMessages(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	admin := newClient(t, project.Start(t), key(project.SecretKey))

	ada := admin.call("POST", "/chat/v1/users", map[string]any{"username": "ada", "displayName": "Ada", "properties": map[string]any{"team": "engines"}}).expect(201)
	admin.call("POST", "/chat/v1/users", map[string]any{"externalId": "u-2", "username": "grace"}).expect(201)
	token := admin.call("POST", "/chat/v1/users/username:ada/tokens", nil).expect(201)
	g.Expect(token["user"]).To(HaveKeyWithValue("id", ada["id"]))

	asAda := admin.as(pod.Bearer(token["token"].(string)))
	conversation := asAda.call("POST", "/chat/v1/conversations", map[string]any{"name": "Hello", "externalId": "hello"}).expect(201)
	g.Expect(conversation["members"]).To(HaveLen(1))
	path := "/chat/v1/conversations/" + conversation["id"].(string)

	asAda.call("POST", path+"/members", map[string]any{"user": "u-2"}).expect(201)
	asAda.call("POST", path+"/members", map[string]any{"user": "username:grace"}).expect(200)

	first := asAda.call("POST", path+"/messages", map[string]any{"content": map[string]any{"text": "hi"}}).expect(201)
	g.Expect(first).To(HaveKeyWithValue("seq", 1.0))
	asGrace := admin.as(onBehalf(project.SecretKey, "u-2"))
	second := asGrace.call("POST", "/chat/v1/conversations/hello/messages", map[string]any{"content": "hello", "clientId": "c-1"}).expect(201)
	g.Expect(second).To(HaveKeyWithValue("seq", 2.0))

	edited := asAda.call("PATCH", path+"/messages/"+first["id"].(string), map[string]any{"content": map[string]any{"text": "hi!"}}).expect(200)
	g.Expect(edited).To(HaveKey("editedAt"))
	asGrace.call("DELETE", path+"/messages/"+second["id"].(string), nil).expect(204)

	page := asAda.call("GET", path+"/messages", nil).expect(200)
	items := page["items"].([]any)
	g.Expect(items).To(HaveLen(2))
	g.Expect(items[0]).To(HaveKeyWithValue("content", map[string]any{"text": "hi!"}))
	g.Expect(items[1]).NotTo(HaveKey("content"))
	g.Expect(items[1]).To(HaveKey("deletedAt"))
}

func TestHistoryIsReadByCursorInBothDirections(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	c := newClient(t, project.Start(t), pod.Bearer(project.Token(t, ada)))
	path := fmt.Sprintf("/chat/v1/conversations/%s/messages", conversation.ID)

	empty := c.call("GET", path, nil).expect(200)
	g.Expect(empty).NotTo(HaveKey("older"))
	for i := range 7 {
		c.call("POST", path, map[string]any{"content": fmt.Sprint("message ", i+1)}).expect(201)
	}
	seqs := func(page map[string]any) (list []float64) {
		for _, item := range page["items"].([]any) {
			list = append(list, item.(map[string]any)["seq"].(float64))
		}
		return list
	}
	newest := c.call("GET", path+"?limit=3", nil).expect(200)
	g.Expect(seqs(newest)).To(Equal([]float64{5, 6, 7}))
	older := c.call("GET", path+"?limit=3&cursor="+newest["older"].(string), nil).expect(200)
	g.Expect(seqs(older)).To(Equal([]float64{2, 3, 4}))
	oldest := c.call("GET", path+"?limit=3&cursor="+older["older"].(string), nil).expect(200)
	g.Expect(seqs(oldest)).To(Equal([]float64{1}))
	g.Expect(oldest).NotTo(HaveKey("older"))
	again := c.call("GET", path+"?limit=3&cursor="+oldest["newer"].(string), nil).expect(200)
	g.Expect(seqs(again)).To(Equal([]float64{2, 3, 4}))

	end := c.call("GET", path+"?cursor="+newest["newer"].(string), nil).expect(200)
	g.Expect(seqs(end)).To(BeEmpty())
	c.call("POST", path, map[string]any{"content": "eight"}).expect(201)
	next := c.call("GET", path+"?cursor="+end["newer"].(string), nil).expect(200)
	g.Expect(seqs(next)).To(Equal([]float64{8}))
}

func TestAReaderFromTheBeginningPassesEveryMessage(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	c := newClient(t, project.Start(t), pod.Bearer(project.Token(t, ada)))
	path := fmt.Sprintf("/chat/v1/conversations/%s/messages", conversation.ID)

	page := c.call("GET", path+"?limit=2", nil).expect(200)
	page = c.call("GET", path+"?limit=2&cursor="+page["newer"].(string), nil).expect(200)
	for i := range 3 {
		c.call("POST", path, map[string]any{"content": fmt.Sprint("message ", i+1)}).expect(201)
	}
	var seqs []float64
	for range 2 {
		page = c.call("GET", path+"?limit=2&cursor="+page["newer"].(string), nil).expect(200)
		for _, item := range page["items"].([]any) {
			seqs = append(seqs, item.(map[string]any)["seq"].(float64))
		}
	}
	g.Expect(seqs).To(Equal([]float64{1, 2, 3}))
}

func TestADirectConversationExistsOncePerSetOfMembers(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada, grace, alan := project.User(t, "ada"), project.User(t, "grace"), project.User(t, "alan")
	c := newClient(t, project.Start(t), pod.Bearer(project.Token(t, ada)))
	body := map[string]any{"type": "direct", "members": []any{map[string]any{"user": grace.ID.String()}}}
	first := c.call("POST", "/chat/v1/conversations", body).expect(201)

	asGrace := c.as(pod.Bearer(project.Token(t, grace)))
	same := asGrace.call("POST", "/chat/v1/conversations", map[string]any{"type": "direct", "members": []any{map[string]any{"user": "username:ADA"}}}).expect(200)
	g.Expect(same["id"]).To(Equal(first["id"]))

	path := "/chat/v1/conversations/" + first["id"].(string) + "/members"
	c.call("POST", path, map[string]any{"user": alan.ID.String()}).refused(409, "direct_members_fixed")
	c.call("DELETE", path+"/"+grace.ID.String(), nil).refused(409, "direct_members_fixed")
	c.call("POST", "/chat/v1/conversations", map[string]any{"type": "direct"}).refused(400, "invalid_request")
}

func TestARepeatedClientIDStoresAMessageOnce(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	c := newClient(t, project.Start(t), pod.Bearer(project.Token(t, ada)))
	path := fmt.Sprintf("/chat/v1/conversations/%s/messages", conversation.ID)

	first := c.call("POST", path, `{"clientId":"c-1","content":{"text":"hi"}}`).expect(http.StatusCreated)
	again := c.call("POST", path, `{"clientId":"c-1","content":{ "text": "hi" }}`).expect(http.StatusOK)
	g.Expect(again["id"]).To(Equal(first["id"]))
	c.call("POST", path, `{"clientId":"c-1","content":{"text":"other"}}`).refused(409, "client_id_reused")
	page := c.call("GET", path, nil).expect(200)
	g.Expect(page["items"]).To(HaveLen(1))
}

func TestConnectNamesTheHomeShard(t *testing.T) {
	g := NewWithT(t)
	project := pod.New(t, pod.Options{})
	ada := project.User(t, "ada")
	conversation := project.Group(t, ada)
	target := project.Start(t)
	c := newClient(t, target, pod.Bearer(project.Token(t, ada)))
	byUser := c.call("GET", "/chat/v1/connect", nil).expect(200)
	byConversation := c.call("GET", "/chat/v1/connect?conversation="+conversation.ID.String(), nil).expect(200)
	byOtherUser := c.as(onBehalf(project.SecretKey, "username:ada")).call("GET", "/chat/v1/connect?conversation="+conversation.ID.String(), nil).expect(200)
	g.Expect(byOtherUser["shard"]).To(Equal(byConversation["shard"]))
	c.call("GET", "/chat/v1/connect?conversation=elsewhere", nil).refused(404, "conversation_not_found")
	for _, answer := range []map[string]any{byUser, byConversation} {
		g.Expect(answer["url"]).To(Equal(fmt.Sprintf("/s/%v/chat/v1/ws", answer["shard"])))
		socket := pod.Dial(t, target.URL, answer["url"].(string), pod.Bearer(project.Token(t, ada)))
		g.Expect(socket.Next().Event).To(Equal("hello"))
	}
}
