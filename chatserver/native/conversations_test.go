package native_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func TestAConversationIsReadAsItsReaderSeesIt(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace, eve := c.user("ada"), c.user("grace"), c.user("eve")
	staff := c.userWithRole("staff", model.UserStaff)
	room := ada.create(map[string]any{"type": "public", "name": "Hello", "members": with(named("grace"))})
	ada.call("POST", room+"/messages", map[string]any{"content": "hi"}).expect(201)

	own := grace.call("GET", room+"?include=members", nil).expect(200)
	g.Expect(own["member"]).To(HaveKeyWithValue("user", c.ids["grace"]))
	g.Expect(own["lastMessage"]).To(HaveKeyWithValue("content", "hi"))
	g.Expect(own["unread"]).To(BeEquivalentTo(1))
	g.Expect(own["members"]).To(HaveLen(2))
	g.Expect(ada.call("GET", room, nil).expect(200)["unread"]).To(BeEquivalentTo(0))

	// A public conversation is visible to all, but neither what is said nor who is there.
	strange := eve.call("GET", room, nil).expect(200)
	g.Expect(strange).To(HaveKeyWithValue("name", "Hello"))
	g.Expect(strange).NotTo(HaveKey("lastMessage"))
	g.Expect(strange).NotTo(HaveKey("member"))
	eve.call("GET", room+"?include=members", nil).refused(403, "permission_denied")
	eve.call("GET", room+"/members", nil).refused(403, "permission_denied")
	eve.call("GET", room+"/members/username:ada", nil).refused(403, "permission_denied")
	g.Expect(staff.call("GET", room, nil).expect(200)).To(HaveKey("lastMessage"))
	g.Expect(c.admin.call("GET", room+"?include=members", nil).expect(200)["members"]).To(HaveLen(2))
	ada.call("GET", room+"?include=everything", nil).refused(400, "invalid_request")

	private := ada.create(map[string]any{"type": "private"})
	eve.call("GET", private, nil).refused(404, "conversation_not_found")
	eve.call("GET", private+"/members", nil).refused(404, "conversation_not_found")
	newClient(t, c.pod, key(c.PublicKey)).call("GET", room, nil).refused(403, "permission_denied")
}

func TestWhoMayNotReceiveMessagesSeesNoneInAView(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"members": with(named("grace")), "message": map[string]any{"content": "hi"}})
	ada.call("PATCH", room+"/members/username:grace", map[string]any{"permissions": map[string]any{"message.receive": false}}).expect(200)
	g.Expect(grace.call("GET", room, nil).expect(200)).NotTo(HaveKey("lastMessage"))
	listed := grace.call("GET", conversations, nil).expect(200)["items"].([]any)[0]
	g.Expect(listed).NotTo(HaveKey("lastMessage"))
	g.Expect(listed).To(HaveKeyWithValue("unread", 0.0))
}

func TestAConversationIsChangedByAMergePatch(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"name": "Hello", "avatar": "https://example.com/a.png", "properties": map[string]any{"a": 1, "b": 2}, "members": with(named("grace"))})
	socket := grace.socket()

	changed := ada.call("PATCH", room, map[string]any{"name": "Plans", "avatar": nil, "sinceJoin": true, "externalId": "plans", "properties": map[string]any{"a": nil, "c": 3}})
	conversation := changed.expect(200)
	g.Expect(changed.header.Get("ETag")).To(Equal(`"2"`))
	g.Expect(conversation["name"]).To(Equal("Plans"))
	g.Expect(conversation["sinceJoin"]).To(BeTrue())
	g.Expect(conversation).NotTo(HaveKey("avatar"))
	g.Expect(conversation["properties"]).To(Equal(map[string]any{"b": 2.0, "c": 3.0}))
	event := socket.Next()
	g.Expect(event.Event).To(Equal("conversation.updated"))
	g.Expect(event.Rev).To(BeEquivalentTo(2))
	told := data[model.Conversation](t, event.Data)
	g.Expect(told.Name).To(Equal("Plans"))
	g.Expect(told.Version).To(BeEquivalentTo(2))
	g.Expect(told.UpdatedAt).To(BeTemporally(">", told.CreatedAt))
	g.Expect(grace.call("GET", conversations+"/plans", nil).expect(200)["name"]).To(Equal("Plans"))

	// What changes nothing is no change.
	same := ada.call("PATCH", room, map[string]any{"name": "Plans"}).expect(200)
	g.Expect(same["version"]).To(BeEquivalentTo(2))
	g.Expect(same["rev"]).To(BeEquivalentTo(2))
	emptied := ada.call("PATCH", room, map[string]any{"externalId": nil, "properties": nil}).expect(200)
	g.Expect(emptied["properties"]).To(BeEmpty())
	g.Expect(emptied).NotTo(HaveKey("externalId"))
}

func TestAPatchOfAConversationIsRefused(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace, moderator, eve := c.user("ada"), c.user("grace"), c.user("alan"), c.user("eve")
	staff := c.userWithRole("staff", model.UserStaff)
	mod := c.userWithRole("mod", model.UserModerator)
	room := ada.create(map[string]any{"type": "public", "members": with(named("grace"), namedAs("alan", model.RoleModerator))})
	ada.create(map[string]any{"externalId": "taken"})
	for name, test := range map[string]struct {
		by     *client
		body   string
		status int
		code   string
	}{
		"by a member":          {grace, `{"name":"a"}`, 403, "permission_denied"},
		"by a stranger":        {eve, `{"name":"a"}`, 403, "permission_denied"},
		"by staff":             {staff, `{"name":"a"}`, 403, "permission_denied"},
		"of ephemeral":         {ada, `{"ephemeral":true}`, 400, "invalid_request"},
		"of the type":          {ada, `{"type":"group"}`, 400, "invalid_request"},
		"of the status":        {ada, `{"status":"archived"}`, 400, "invalid_request"},
		"of an unknown field":  {ada, `{"color":"red"}`, 400, "invalid_request"},
		"with a long name":     {ada, `{"name":"` + strings.Repeat("a", 257) + `"}`, 400, "invalid_request"},
		"with a taken name":    {ada, `{"externalId":"taken"}`, 409, "conversation_exists"},
		"with list properties": {ada, `{"properties":[]}`, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) { test.by.call("PATCH", room, test.body).refused(test.status, test.code) })
	}
	moderator.call("PATCH", room, `{"name":"a"}`).expect(200)
	mod.call("PATCH", room, `{"name":"b"}`).expect(200)
	c.admin.call("PATCH", room, `{"name":"c"}`).expect(200)
}

func TestPropertiesStayWithinTheirLimitWhenTheyAreMerged(t *testing.T) {
	c := newCast(t, withLimits(func(l *config.Limits) { l.PropertiesBytes = 40 }))
	ada := c.user("ada")
	room := ada.create(map[string]any{"properties": map[string]any{"a": strings.Repeat("x", 20)}})
	// {"a":"xxxxxxxxxxxxxxxxxxxx","b":"yyyyy"} has 40 bytes.
	ada.call("PATCH", room, map[string]any{"properties": map[string]any{"b": strings.Repeat("y", 6)}}).refused(413, "too_large")
	ada.call("PATCH", room, map[string]any{"properties": map[string]any{"b": strings.Repeat("y", 5)}}).expect(200)
}

func TestAChangeOfAnotherVersionIsRefused(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	room := ada.create(map[string]any{})
	conditional := func(version string) *client {
		header := ada.header.Clone()
		header.Set("If-Match", version)
		return ada.as(header)
	}
	seen := ada.call("GET", room, nil).header.Get("ETag")
	conditional(seen).call("PATCH", room, `{"name":"a"}`).expect(200)
	conditional(seen).call("PATCH", room, `{"name":"b"}`).refused(412, "version_changed")
	conditional("*").call("PATCH", room, `{"name":"c"}`).expect(200)
	conditional("x").call("PATCH", room, `{"name":"d"}`).refused(400, "invalid_request")

	member := room + "/members/username:ada"
	rev := ada.call("GET", member, nil).header.Get("ETag")
	ada.call("POST", room+"/members", named("ada")).expect(200)
	conditional(`"99"`).call("PATCH", member, `{"role":"owner"}`).refused(412, "version_changed")
	conditional(rev).call("PATCH", member, `{"role":"owner"}`).expect(200)
}

func TestMembersOfADirectConversationChangeItsPropertiesOnly(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace, mod := c.user("ada"), c.user("grace"), c.userWithRole("mod", model.UserModerator)
	room := ada.create(map[string]any{"type": "direct", "members": with(named("grace"))})
	ada.call("PATCH", room, `{"properties":{"color":"red"}}`).expect(200)
	grace.call("PATCH", room, `{"properties":{"color":"blue"}}`).expect(200)
	grace.call("PATCH", room, `{"name":"Us"}`).refused(403, "permission_denied")
	mod.call("PATCH", room, `{"properties":{}}`).refused(403, "permission_denied")
	c.admin.call("PATCH", room, `{"name":"Us"}`).expect(200)
}

func TestAnArchivedConversationTakesNoMessagesUntilItIsActiveAgain(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"members": with(named("grace"))})
	socket := grace.socket()
	grace.call("POST", room+"/archive", nil).refused(403, "permission_denied")
	g.Expect(ada.call("POST", room+"/archive", nil).expect(200)["status"]).To(Equal("archived"))
	g.Expect(data[model.Conversation](t, socket.Next().Data).Status).To(Equal(model.ConversationArchived))
	again := ada.call("POST", room+"/archive", nil).expect(200)
	g.Expect(again["version"]).To(BeEquivalentTo(2))
	g.Expect(field(ada.call("GET", conversations+"?status=archived", nil).expect(200), "id")).To(HaveLen(1))
	_, err := c.pod.Chat.Send(t.Context(), principalOf(c, "ada"), sendTo(room, "a"))
	g.Expect(err).To(MatchError(model.ErrArchived))
	g.Expect(ada.call("POST", room+"/unarchive", nil).expect(200)["status"]).To(Equal("active"))
	ada.call("POST", room+"/messages", `{"content":"a"}`).expect(201)
}

func TestADeletedConversationIsGoneForEverybody(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"externalId": "secret", "name": "Secret", "members": with(namedAs("grace", model.RoleAdmin)), "message": map[string]any{"content": "hi"}})
	socket := grace.socket()
	grace.call("DELETE", room, nil).refused(403, "permission_denied")
	job := ada.call("DELETE", room, nil).expect(202)
	g.Expect(job).To(HaveKeyWithValue("kind", "conversation.erase"))
	g.Expect(conversations + "/" + job["conversation"].(string)).To(Equal(room))

	event := socket.Next()
	g.Expect(event.Event).To(Equal("conversation.deleted"))
	told := data[map[string]any](t, event.Data)
	g.Expect(told).To(HaveLen(3), "%v", told)
	g.Expect(told).To(HaveKey("deletedAt"))
	for _, client := range []*client{ada, grace, c.admin} {
		client.call("GET", room, nil).refused(404, "conversation_not_found")
		client.call("DELETE", room, nil).refused(404, "conversation_not_found")
	}
	ada.call("POST", room+"/messages", `{"content":"a"}`).refused(404, "conversation_not_found")
	g.Expect(field(ada.call("GET", conversations, nil).expect(200), "id")).To(BeEmpty())
	ada.create(map[string]any{"externalId": "secret"})

	audit, _, err := c.Store.ListAudit(t.Context(), auditOf("conversation.deleted"), model.ListPage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(audit).To(HaveLen(1))
	g.Expect(audit[0].Actor.String()).To(Equal(c.ids["ada"]))
}

func TestDirectConversationsAndTicketsAreDeletedByThoseWhoAdminister(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	c.user("grace")
	admin, mod := c.userWithRole("admin", model.UserAdmin), c.userWithRole("mod", model.UserModerator)
	for _, body := range []map[string]any{{"type": "direct", "members": with(named("grace"))}, {"type": "ticket"}} {
		room := ada.create(body)
		ada.call("DELETE", room, nil).refused(403, "permission_denied")
		mod.call("DELETE", room, nil).refused(403, "permission_denied")
		admin.call("DELETE", room, nil).expect(202)
	}
	onBehalfOfGrace := newClient(t, c.pod, onBehalf(c.SecretKey, "username:grace"))
	onBehalfOfGrace.call("DELETE", ada.create(map[string]any{"type": "direct", "members": with(named("grace"))}), nil).expect(202)
}

func TestAnyCredentialLearnsWhatTheProjectAllows(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, withLimits(func(l *config.Limits) { l.NameLength = 77 }))
	for _, client := range []*client{c.admin, c.user("ada"), newClient(t, c.pod, key(c.PublicKey))} {
		project := client.call("GET", "/chat/v1/project", nil).expect(200)
		g.Expect(project["name"]).To(Equal("demo"))
		g.Expect(project["features"]).To(HaveKeyWithValue("guestSessions", true))
		g.Expect(project["limits"]).To(HaveKeyWithValue("nameLength", 77.0))
		g.Expect(fmt.Sprint(project)).NotTo(ContainSubstring(c.SecretKey))
	}
	newClient(t, c.pod, pod.Header()).call("GET", "/chat/v1/project", nil).refused(401, "unauthenticated")
}
