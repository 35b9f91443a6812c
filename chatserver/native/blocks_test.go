package native_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

const graceBlocksAda = "/chat/v1/users/me/blocks/username:ada"

func TestABlockIsMadeOnceAndToldToTheBlockerAlone(t *testing.T) {
	g := NewWithT(t)
	r := newPair(t, model.Group, pod.Options{})
	here, there := r.two.Open(t, r.asGrace.header), r.one.Open(t, r.asGrace.header)
	foreign := r.one.Open(t, r.asAda.header)
	block := r.asGrace.call("PUT", graceBlocksAda, nil).expect(201)
	g.Expect(block).To(SatisfyAll(HaveKeyWithValue("blocker", r.grace.ID.String()), HaveKeyWithValue("blocked", r.ada.ID.String())))
	g.Expect(r.asGrace.call("PUT", graceBlocksAda, nil).expect(200)).To(Equal(block))
	r.asGrace.call("DELETE", graceBlocksAda, nil).expect(204)
	r.asGrace.call("DELETE", graceBlocksAda, nil).expect(204)
	for _, socket := range []*pod.Socket{here, there} {
		g.Expect(data[map[string]any](t, socket.Await(pod.Event("block.created")).Data)).To(Equal(block))
		g.Expect(data[map[string]any](t, socket.Await(pod.Event("block.deleted")).Data)).To(Equal(block))
	}
	r.send(r.asGrace, 1)
	for _, socket := range []*pod.Socket{here, there, foreign} {
		g.Expect(socket.Next().Event).To(Equal("message.created"), "nothing else was told")
	}
}

func TestBlocksAreListedTheLatestFirst(t *testing.T) {
	g := NewWithT(t)
	r := newPair(t, model.Group, pod.Options{})
	users := r.users(3)
	for _, user := range users {
		r.asGrace.call("PUT", "/chat/v1/users/me/blocks/"+user.ID.String(), nil).expect(201)
	}
	var seen []string
	path := "/chat/v1/users/me/blocks?limit=2"
	for cursor := ""; ; {
		page := r.asGrace.call("GET", path+cursor, nil).expect(200)
		g.Expect(page["total"]).To(BeEquivalentTo(3))
		for _, item := range page["items"].([]any) {
			seen = append(seen, item.(map[string]any)["blocked"].(string))
		}
		if page["next"] == nil {
			break
		}
		cursor = "&cursor=" + page["next"].(string)
	}
	g.Expect(seen).To(Equal([]string{users[2].ID.String(), users[1].ID.String(), users[0].ID.String()}))
	r.asGrace.call("GET", "/chat/v1/users/me/blocks?limit=0", nil).refused(400, "invalid_request")
}

func TestWhoMayBlockForWhom(t *testing.T) {
	r := newPair(t, model.Group, pod.Options{})
	with := func(role model.UserRole) *client {
		user, err := r.project.Store.CreateUser(t.Context(), store.NewUser{Role: role, Properties: []byte("{}")})
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return newClient(t, r.one, pod.Bearer(r.project.Token(t, user)))
	}
	path := "/chat/v1/users/username:grace/blocks"
	for name, test := range map[string]struct {
		as      *client
		allowed bool
	}{
		"secret key":          {newClient(t, r.one, key(r.project.SecretKey)), true},
		"secret key for them": {newClient(t, r.one, onBehalf(r.project.SecretKey, "username:grace")), true},
		"the user":            {r.asGrace, true},
		"admin":               {with(model.UserAdmin), true},
		"moderator":           {with(model.UserModerator), false},
		"another user":        {r.asAda, false},
		"public key":          {newClient(t, r.one, key(r.project.PublicKey)), false},
	} {
		t.Run(name, func(t *testing.T) {
			if !test.allowed {
				test.as.call("PUT", path+"/username:ada", nil).refused(403, "permission_denied")
				test.as.call("DELETE", path+"/username:ada", nil).refused(403, "permission_denied")
				test.as.call("GET", path, nil).refused(403, "permission_denied")
				return
			}
			test.as.call("PUT", path+"/username:ada", nil).expect(201)
			NewWithT(t).Expect(test.as.call("GET", path, nil).expect(200)["items"]).To(HaveLen(1))
			test.as.call("DELETE", path+"/username:ada", nil).expect(204)
		})
	}
}

func TestABadBlockIsRefused(t *testing.T) {
	r := newPair(t, model.Group, pod.Options{})
	r.asGrace.call("PUT", "/chat/v1/users/me/blocks/"+r.grace.ID.String(), nil).refused(400, "invalid_request")
	r.asGrace.call("DELETE", "/chat/v1/users/me/blocks/"+r.grace.ID.String(), nil).refused(400, "invalid_request")
	r.asGrace.call("PUT", "/chat/v1/users/me/blocks/username:nobody", nil).refused(404, "user_not_found")
	r.asGrace.call("DELETE", "/chat/v1/users/me/blocks/1999999999999", nil).refused(404, "user_not_found")
	server := newClient(t, r.one, key(r.project.SecretKey))
	server.call("GET", "/chat/v1/users/me/blocks", nil).refused(400, "invalid_request")
	server.call("PUT", graceBlocksAda, nil).refused(400, "invalid_request")
	server.call("GET", "/chat/v1/users/username:nobody/blocks", nil).refused(404, "user_not_found")
}

func TestAGroupHidesTheBlockedFromTheBlockerAlone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		r := newPair(t, model.Group, options)
		socket := r.two.Open(t, r.asGrace.header)
		unread := func() any { return r.asGrace.call("GET", r.path("/unread"), nil).expect(200)["count"] }
		r.send(r.asGrace, 1)
		hidden := r.send(r.asAda, 1)
		r.asGrace.call("PUT", graceBlocksAda, nil).expect(201)
		socket.Await(pod.Event("block.created"))
		r.send(r.asAda, 1)
		g.Expect(r.seqs(r.asGrace)).To(Equal([]int{1}))
		g.Expect(unread()).To(BeEquivalentTo(0))
		g.Expect(r.lastMessage(r.grace).Seq).To(BeEquivalentTo(1))
		r.asGrace.call("POST", r.path("/read"), map[string]any{"message": hidden}).refused(404, "message_not_found")
		g.Expect(r.seqs(r.asAda)).To(Equal([]int{1, 2, 3}))
		r.send(r.asGrace, 1)
		live := socket.Await(pod.Event("message.created"))
		g.Expect(data[model.Message](t, live.Data).Seq).To(BeEquivalentTo(4), "the blocked one's is not delivered")

		r.asGrace.call("DELETE", graceBlocksAda, nil).expect(204)
		g.Expect(r.seqs(r.asGrace)).To(Equal([]int{1, 2, 3, 4}))
		g.Expect(unread()).To(BeEquivalentTo(2))
	})
}

func TestABlockRefusesADirectConversationBothWaysAndHidesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		r := newPair(t, model.Direct, options)
		r.send(r.asAda, 2)
		r.asGrace.call("PUT", graceBlocksAda, nil).expect(201)
		for _, as := range []*client{r.asAda, r.asGrace} {
			as.call("POST", r.path("/messages"), map[string]any{"content": "hi"}).refused(403, "blocked")
			g.Expect(r.seqs(as)).To(Equal([]int{1, 2}))
		}
		socket := r.one.Open(t, r.asAda.header)
		socket.Send(send(1, r.conversation, "hi"))
		g.Expect(socket.Await(pod.Answer(1)).Error.Code).To(Equal("blocked"))
		g.Expect(r.asGrace.call("GET", r.path("/unread"), nil).expect(200)["count"]).To(BeEquivalentTo(2))
		g.Expect(r.lastMessage(r.grace).Seq).To(BeEquivalentTo(2))
		r.asGrace.call("DELETE", graceBlocksAda, nil).expect(204)
		r.send(r.asAda, 1)
		r.send(r.asGrace, 1)
	})
}
