package native_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func TestEveryTypeOfConversationIsCreatedWithItsMembers(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	c.user("grace")
	mod := c.userWithRole("mod", model.UserModerator)
	staff := c.userWithRole("staff", model.UserStaff)
	for name, test := range map[string]struct {
		by      *client
		body    map[string]any
		members int
	}{
		"group":                    {ada, map[string]any{"type": "group", "members": with(named("grace"), named("ada"))}, 2},
		"public":                   {ada, map[string]any{"type": "public", "members": with(named("grace"))}, 2},
		"private":                  {ada, map[string]any{"type": "private", "sinceJoin": true}, 1},
		"direct":                   {ada, map[string]any{"type": "direct", "members": with(named("grace"))}, 2},
		"ticket":                   {ada, map[string]any{"type": "ticket"}, 1},
		"ticket by staff":          {staff, map[string]any{"type": "ticket", "members": with(named("grace"))}, 2},
		"ephemeral":                {ada, map[string]any{"ephemeral": true}, 1},
		"open by a moderator":      {mod, map[string]any{"type": "open"}, 0},
		"open by a key":            {c.admin, map[string]any{"type": "open"}, 0},
		"of nobody":                {c.admin, map[string]any{"members": with(named("grace"))}, 1},
		"of nobody without anyone": {c.admin, map[string]any{}, 0},
		"in another's name":        {c.admin, map[string]any{"createdBy": "username:ada"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			made := test.by.call("POST", conversations, test.body)
			conversation := made.expect(201)
			g.Expect(conversation["members"]).To(HaveLen(test.members))
			g.Expect(conversation["memberCount"]).To(BeEquivalentTo(test.members))
			g.Expect(conversation["status"]).To(Equal("active"))
			g.Expect(made.header.Get("ETag")).To(Equal(`"1"`))
			g.Expect(conversation["ephemeral"]).To(Equal(test.body["ephemeral"] == true || test.body["type"] == "open"))
			g.Expect(conversation["sinceJoin"]).To(Equal(test.body["sinceJoin"] == true))
		})
	}
	g := NewWithT(t)
	owned := ada.create(map[string]any{"members": with(namedAs("grace", model.RoleAdmin), namedAs("ada", model.RoleGuest))})
	g.Expect(c.rolesOf(owned)).To(Equal(map[string]string{"ada": "owner", "grace": "admin"}))
	level := ada.create(map[string]any{"type": "direct", "members": with(namedAs("grace", model.RoleOwner), named("mod"))})
	g.Expect(c.rolesOf(level)).To(Equal(map[string]string{"ada": "member", "grace": "member", "mod": "member"}))
	unowned := c.admin.call("POST", conversations, map[string]any{"members": with(named("grace"))}).expect(201)
	g.Expect(unowned).NotTo(HaveKey("createdBy"))
}

func TestACreationThatIsNotAllowedIsRefused(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	staff := c.userWithRole("staff", model.UserStaff)
	public := newClient(t, c.pod, key(c.PublicKey))
	onBehalfOfAda := newClient(t, c.pod, onBehalf(c.SecretKey, "username:ada"))
	for name, test := range map[string]struct {
		by     *client
		body   map[string]any
		status int
		code   string
	}{
		"open by a user":             {ada, map[string]any{"type": "open"}, 403, "permission_denied"},
		"open by staff":              {staff, map[string]any{"type": "open"}, 403, "permission_denied"},
		"open with members":          {c.admin, map[string]any{"type": "open", "members": with(named("ada"))}, 400, "invalid_request"},
		"open with a message":        {c.admin, map[string]any{"type": "open", "createdBy": "username:ada", "message": map[string]any{"content": "a"}}, 400, "invalid_request"},
		"ephemeral with a message":   {ada, map[string]any{"ephemeral": true, "message": map[string]any{"content": "a"}}, 400, "invalid_request"},
		"others in a user's ticket":  {ada, map[string]any{"type": "ticket", "members": with(named("grace"))}, 403, "permission_denied"},
		"createdBy by a user":        {ada, map[string]any{"createdBy": "username:grace"}, 403, "permission_denied"},
		"createdBy on behalf":        {onBehalfOfAda, map[string]any{"createdBy": "username:ada"}, 400, "invalid_request"},
		"createdBy nobody":           {c.admin, map[string]any{"createdBy": "username:nobody"}, 400, "invalid_request"},
		"public key":                 {public, map[string]any{}, 403, "permission_denied"},
		"message of nobody":          {c.admin, map[string]any{"message": map[string]any{"content": "a"}}, 400, "invalid_request"},
		"message without content":    {ada, map[string]any{"message": map[string]any{}}, 400, "invalid_request"},
		"direct alone":               {ada, map[string]any{"type": "direct", "members": with(named("ada"))}, 400, "invalid_request"},
		"direct of nobody, of one":   {c.admin, map[string]any{"type": "direct", "members": with(named("ada"))}, 400, "invalid_request"},
		"avatar that is too long":    {ada, map[string]any{"avatar": fmt.Sprintf("%2049d", 1)}, 400, "invalid_request"},
		"externalId that is an id":   {ada, map[string]any{"externalId": "1000000000001"}, 400, "invalid_request"},
		"externalId that was given":  {ada, map[string]any{"externalId": "taken"}, 409, "conversation_exists"},
		"message in a wrong clothes": {ada, map[string]any{"message": map[string]any{"content": "a", "clientId": "parley-1"}}, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.code == "conversation_exists" {
				grace.create(map[string]any{"externalId": "taken"})
			}
			test.by.call("POST", conversations, test.body).refused(test.status, test.code)
		})
	}
	problem := ada.call("POST", conversations, `{"message":{}}`).refused(400, "invalid_request")
	NewWithT(t).Expect(problem["errors"]).To(ContainElement(HaveKeyWithValue("field", "message.content")))
}

func TestAFirstMessageComesWithTheConversation(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	socket := grace.socket()
	body := map[string]any{"type": "direct", "members": with(named("grace")), "message": map[string]any{"content": map[string]any{"text": "hi"}, "clientId": "c-1"}}
	made := ada.call("POST", conversations, body).expect(201)
	g.Expect(made["lastSeq"]).To(BeEquivalentTo(1))
	g.Expect(made["message"]).To(HaveKeyWithValue("sender", c.ids["ada"]))
	g.Expect(socket.Next().Event).To(Equal("conversation.created"))
	g.Expect(socket.Next().Event).To(Equal("message.created"))

	// To a direct conversation that is there it is sent like any other.
	again := ada.call("POST", conversations, body).expect(200)
	g.Expect(again["message"]).To(HaveKeyWithValue("id", made["message"].(map[string]any)["id"]))
	body["message"] = map[string]any{"content": "again"}
	again = ada.call("POST", conversations, body).expect(200)
	g.Expect(again["message"]).To(HaveKeyWithValue("seq", 2.0))
	g.Expect(socket.Next().Event).To(Equal("message.created"))
	view := grace.call("GET", conversations+"/"+made["id"].(string), nil).expect(200)
	g.Expect(view["lastMessage"]).To(HaveKeyWithValue("content", "again"))
	g.Expect(view["unread"]).To(BeEquivalentTo(2))
}

func TestUsersOfWhomOneBlocksTheOtherGetNoDirectConversation(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	blocked := map[string]model.UserID{}
	for name := range c.ids {
		user, err := c.Store.User(t.Context(), model.UserRef{Username: name})
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		blocked[name] = user.ID
	}
	_, _, err := c.Store.SaveBlock(t.Context(), blocked["ada"], blocked["grace"])
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	ada.call("POST", conversations, map[string]any{"type": "direct", "members": with(named("grace"))}).refused(403, "blocked")
	grace.call("POST", conversations, map[string]any{"type": "direct", "members": with(named("ada"))}).refused(403, "blocked")
	c.admin.call("POST", conversations, map[string]any{"type": "direct", "members": with(named("ada"), named("grace"))}).refused(403, "blocked")
	grace.call("POST", conversations, map[string]any{"members": with(named("ada"))}).expect(201)
}

func TestConversationsAndTheirMembersAreLimited(t *testing.T) {
	c := newCast(t, withLimits(func(l *config.Limits) { l.MembersPerConversation, l.ConversationsPerUser = 3, 2 }))
	ada := c.user("ada")
	for _, name := range []string{"a", "b", "c"} {
		c.user(name)
	}
	ada.call("POST", conversations, map[string]any{"members": with(named("a"), named("b"), named("c"))}).refused(409, "conversation_full")
	room := ada.create(map[string]any{"type": "public", "members": with(named("a"))})
	ada.call("POST", room+"/members", named("b")).expect(201)
	ada.call("POST", room+"/members", named("c")).refused(409, "conversation_full")
	ada.call("POST", room+"/members", named("b")).expect(200)

	direct := map[string]any{"type": "direct", "members": with(named("a"))}
	ada.create(direct)
	ada.call("POST", conversations, nil).refused(409, "too_many_conversations")
	ada.call("POST", conversations, map[string]any{"type": "direct", "members": with(named("c"))}).refused(409, "too_many_conversations")
	ada.call("POST", conversations, direct).expect(200)
	other := c.admin.create(map[string]any{"type": "public"})
	c.admin.call("POST", other+"/members", named("ada")).refused(409, "too_many_conversations")
	ada.call("POST", other+"/join", nil).refused(409, "too_many_conversations")
	ada.call("POST", room+"/leave", nil).expect(204)
	ada.call("POST", other+"/join", nil).expect(201)
	// One who is there stays there, full or not.
	ada.call("POST", other+"/join", nil).expect(200)
}
