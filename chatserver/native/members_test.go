package native_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func TestWhoMayAddMembersGivesNoRoleAboveTheOwn(t *testing.T) {
	c := newCast(t, pod.Options{})
	clients := map[string]*client{
		"owner": c.user("owner"), "admin": c.user("admin"), "moderator": c.user("moderator"), "member": c.user("member"),
		"guest": c.user("guest"), "stranger": c.user("stranger"),
		"project moderator": c.userWithRole("pm", model.UserModerator), "project admin": c.userWithRole("pa", model.UserAdmin),
		"staff": c.userWithRole("staff", model.UserStaff), "secret key": c.admin,
	}
	room := clients["owner"].create(map[string]any{"type": "public", "members": with(
		namedAs("admin", "admin"), namedAs("moderator", "moderator"), named("member"), namedAs("guest", "guest"))})
	highest := map[string]int{"owner": 5, "admin": 4, "moderator": 3, "project moderator": 3, "project admin": 5, "secret key": 5}
	for name, client := range clients {
		for rank, role := range []model.MemberRole{"guest", "member", "moderator", "admin", "owner"} {
			t.Run(fmt.Sprintf("%s adds %s", name, role), func(t *testing.T) {
				c.user(fmt.Sprint("new-", name, role))
				answer := client.call("POST", room+"/members", namedAs(fmt.Sprint("new-", name, role), role))
				if rank+1 <= highest[name] {
					answer.expect(201)
				} else {
					answer.refused(403, "permission_denied")
				}
			})
		}
	}
}

func TestMembersAreRemovedByThoseAboveThem(t *testing.T) {
	c := newCast(t, pod.Options{})
	owner, moderator, member := c.user("owner"), c.user("moderator"), c.user("member")
	c.user("second")
	room := owner.create(map[string]any{"members": with(namedAs("moderator", "moderator"), named("member"), namedAs("second", "moderator"))})
	member.call("DELETE", room+"/members/username:moderator", nil).refused(403, "permission_denied")
	moderator.call("DELETE", room+"/members/username:owner", nil).refused(403, "permission_denied")
	moderator.call("DELETE", room+"/members/username:second", nil).refused(403, "permission_denied")
	moderator.call("DELETE", room+"/members/username:member", nil).expect(204)
	moderator.call("DELETE", room+"/members/username:member", nil).refused(404, "member_not_found")
	owner.call("DELETE", room+"/members/username:second", nil).expect(204)
	moderator.call("DELETE", room+"/members/username:moderator", nil).expect(204)
	moderator.call("GET", room, nil).refused(404, "conversation_not_found")
}

func TestPublicConversationsAreJoinedAndOthersNot(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	staff := c.userWithRole("staff", model.UserStaff)
	public := ada.create(map[string]any{"type": "public"})
	grace.call("POST", public+"/join", nil).expect(201)
	grace.call("POST", public+"/join", nil).expect(200)
	grace.call("POST", public+"/messages", `{"content":"hi"}`).expect(201)
	NewWithT(t).Expect(c.rolesOf(public)).To(Equal(map[string]string{"ada": "owner", "grace": "member"}))
	grace.call("POST", public+"/leave", nil).expect(204)
	grace.call("POST", public+"/leave", nil).refused(404, "member_not_found")
	for _, kind := range []string{"group", "private", "ticket"} {
		room := ada.create(map[string]any{"type": kind})
		grace.call("POST", room+"/join", nil).refused(404, "conversation_not_found")
		staff.call("POST", room+"/join", nil).refused(403, "permission_denied")
	}
	open := c.admin.create(map[string]any{"type": "open"})
	grace.call("POST", open+"/join", nil).refused(409, "open_conversation")
	c.admin.call("POST", open+"/members", named("grace")).refused(409, "open_conversation")
	c.admin.call("POST", open+"/invites", named("grace")).refused(409, "open_conversation")
	NewWithT(t).Expect(grace.call("GET", open+"/members", nil).expect(200)["items"]).To(BeEmpty())
	c.admin.call("POST", public+"/join", nil).refused(400, "invalid_request")
	c.admin.call("POST", public+"/leave", nil).refused(400, "invalid_request")
}

func TestOnlyStaffAddsMembersToATicket(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, staff := c.user("ada"), c.userWithRole("staff", model.UserStaff)
	c.user("grace")
	ticket := ada.create(map[string]any{"type": "ticket"})
	ada.call("POST", ticket+"/members", named("grace")).refused(403, "permission_denied")
	ada.call("POST", ticket+"/invites", named("grace")).refused(403, "permission_denied")
	staff.call("POST", ticket+"/members", namedAs("staff", "moderator")).expect(201)
	staff.call("POST", ticket+"/members", namedAs("grace", "admin")).refused(403, "permission_denied")
	staff.call("POST", ticket+"/members", named("grace")).expect(201)
	group := ada.create(map[string]any{})
	staff.call("POST", group+"/members", named("staff")).refused(403, "permission_denied")
}

func TestWhenTheLastOwnerGoesTheNextInRankOwnsTheConversation(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	people := map[string]*client{}
	for _, name := range []string{"ada", "grace", "alan", "eve"} {
		people[name] = c.user(name)
	}
	room := people["ada"].create(map[string]any{"type": "public", "members": with(namedAs("grace", "guest"))})
	people["ada"].call("POST", room+"/members", namedAs("eve", "moderator")).expect(201)
	people["ada"].call("POST", room+"/members", namedAs("alan", "moderator")).expect(201)
	socket := people["grace"].socket()
	people["ada"].call("POST", room+"/leave", nil).expect(204)
	// Of the two moderators eve was there first.
	g.Expect(c.rolesOf(room)).To(Equal(map[string]string{"eve": "owner", "alan": "moderator", "grace": "guest"}))
	left, raised := socket.Next(), socket.Next()
	g.Expect(left.Event).To(Equal("member.removed"))
	g.Expect(raised.Event).To(Equal("member.updated"))
	g.Expect(raised.Rev).To(Equal(left.Rev + 1))
	g.Expect(data[model.Member](t, raised.Data).Role).To(Equal(model.RoleOwner))

	// An owner who stays stays the owner; one who is removed or banned has a successor too.
	people["eve"].call("PATCH", room+"/members/username:alan", `{"role":"owner"}`).expect(200)
	people["eve"].call("POST", room+"/leave", nil).expect(204)
	g.Expect(c.rolesOf(room)).To(Equal(map[string]string{"alan": "owner", "grace": "guest"}))
	c.admin.call("PUT", room+"/bans/username:alan", nil).expect(201)
	g.Expect(c.rolesOf(room)).To(Equal(map[string]string{"grace": "owner"}))
	people["grace"].call("POST", room+"/leave", nil).expect(204)
	g.Expect(c.rolesOf(room)).To(BeEmpty())
}

func TestRolesAreGivenBelowTheOwnAndOwnersHandOver(t *testing.T) {
	c := newCast(t, pod.Options{})
	owner, admin, moderator, member := c.user("owner"), c.user("admin"), c.user("moderator"), c.user("member")
	c.user("guest")
	c.user("admin2")
	room := owner.create(map[string]any{"members": with(namedAs("admin", "admin"), namedAs("admin2", "admin"),
		namedAs("moderator", "moderator"), named("member"), namedAs("guest", "guest"))})
	for _, step := range []struct {
		by     *client
		whom   string
		role   string
		status int
		code   string
	}{
		{member, "guest", "member", 403, "permission_denied"},
		{member, "member", "admin", 403, "permission_denied"},
		{moderator, "guest", "member", 200, ""},
		{moderator, "guest", "moderator", 403, "permission_denied"},
		{moderator, "admin", "member", 403, "permission_denied"},
		{admin, "guest", "moderator", 200, ""},
		{admin, "guest", "admin", 403, "permission_denied"},
		{admin, "admin2", "member", 403, "permission_denied"},
		{admin, "owner", "member", 403, "permission_denied"},
		{admin, "admin", "owner", 403, "permission_denied"},
		{admin, "admin", "moderator", 200, ""},
		{owner, "owner", "member", 409, "last_owner"},
		{c.admin, "owner", "member", 409, "last_owner"},
		{owner, "admin2", "owner", 200, ""},
		{owner, "admin2", "member", 403, "permission_denied"},
		{owner, "owner", "member", 200, ""},
		{c.admin, "owner", "owner", 200, ""},
		{owner, "nobody", "member", 404, "user_not_found"},
		{owner, "guest", "king", 400, "invalid_request"},
	} {
		t.Run(fmt.Sprint(step.whom, " becomes ", step.role, " ", step.status), func(t *testing.T) {
			answer := step.by.call("PATCH", room+"/members/username:"+step.whom, map[string]any{"role": step.role})
			if step.code != "" {
				answer.refused(step.status, step.code)
			} else {
				NewWithT(t).Expect(answer.expect(200)["role"]).To(Equal(step.role))
			}
		})
	}
	owner.call("PATCH", room+"/members/username:guest", `{"role":null}`).refused(400, "invalid_request")
	c.user("outsider")
	owner.call("PATCH", room+"/members/username:outsider", `{"role":"guest"}`).refused(404, "member_not_found")
	direct := owner.create(map[string]any{"type": "direct", "members": with(named("guest"))})
	c.admin.call("PATCH", direct+"/members/username:guest", `{"role":"owner"}`).refused(409, "direct_members_fixed")
}

func TestPermissionsAreGivenByThoseWhoHaveThem(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	owner, admin, moderator, member := c.user("owner"), c.user("admin"), c.user("moderator"), c.user("member")
	room := owner.create(map[string]any{"members": with(namedAs("admin", "admin"), namedAs("moderator", "moderator"), named("member"))})
	change := func(by *client, whom, permissions string) response {
		return by.call("PATCH", room+"/members/username:"+whom, `{"permissions":`+permissions+`}`)
	}
	change(moderator, "member", `{"message.send":false}`).refused(403, "permission_denied")
	change(admin, "owner", `{"message.send":false}`).refused(403, "permission_denied")
	change(admin, "admin", `{"message.send":true}`).refused(403, "permission_denied")
	change(admin, "member", `{"admin.view":true}`).refused(403, "permission_denied")
	change(admin, "member", `{"fly":true}`).refused(400, "invalid_request")
	g.Expect(change(admin, "member", `{"message.send":false,"member.add":true}`).expect(200)["permissions"]).To(Equal(map[string]any{"message.send": false, "member.add": true}))
	_, err := c.pod.Chat.Send(t.Context(), principalOf(c, "member"), sendTo(room, "a"))
	g.Expect(err).To(MatchError(model.Forbidden("")))
	c.user("new")
	member.call("POST", room+"/members", named("new")).expect(201)

	// Taking away a denial is giving too.
	change(owner, "admin", `{"message.send":false}`).expect(200)
	change(admin, "member", `{"message.send":null}`).refused(403, "permission_denied")
	change(admin, "member", `null`).refused(403, "permission_denied")
	g.Expect(change(owner, "member", `{"message.send":null}`).expect(200)["permissions"]).To(Equal(map[string]any{"member.add": true}))
	g.Expect(change(owner, "member", `null`).expect(200)).NotTo(HaveKey("permissions"))
	member.call("POST", room+"/messages", `{"content":"a"}`).expect(201)
}

func TestWhoMayReceiveAgainHearsAtOnce(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"members": with(named("grace"))})
	socket := grace.socket()
	ada.call("PATCH", room+"/members/username:grace", `{"permissions":{"message.receive":false}}`).expect(200)
	g.Expect(socket.Next().Event).To(Equal("member.updated"))
	ada.call("POST", room+"/messages", `{"content":"unheard"}`).expect(201)
	ada.call("PATCH", room+"/members/username:grace", `{"permissions":{"message.receive":null}}`).expect(200)
	g.Expect(socket.Next().Event).To(Equal("member.updated"))
	ada.call("POST", room+"/messages", `{"content":"heard"}`).expect(201)
	g.Expect(data[model.Message](t, socket.Await(pod.Event("message.created")).Data).Content).To(MatchJSON(`"heard"`))
}

func TestMembersAreListedByWhatIsAskedFor(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	for _, name := range []string{"alan", "grace"} {
		c.user(name)
	}
	eve := c.user("eve")
	room := ada.create(map[string]any{"members": with(named("alan"), namedAs("grace", "admin"))})
	for query, want := range map[string][]any{
		"":                                  {c.ids["ada"], c.ids["alan"], c.ids["grace"]},
		"?role=admin":                       {c.ids["grace"]},
		"?role=admin,owner":                 {c.ids["ada"], c.ids["grace"]},
		"?search=A":                         {c.ids["ada"], c.ids["alan"]},
		"?user=username:alan":               {c.ids["alan"]},
		"?user=username:alan,username:eve":  {c.ids["alan"]},
		"?limit=1&page=2":                   {c.ids["alan"]},
		"?offset=2":                         {c.ids["grace"]},
		"?role=owner&user=" + c.ids["alan"]: nil,
	} {
		t.Run(query, func(t *testing.T) {
			NewWithT(t).Expect(field(ada.call("GET", room+"/members"+query, nil).expect(200), "user")).To(Equal(want))
		})
	}
	g := NewWithT(t)
	first := ada.call("GET", room+"/members?limit=2", nil).expect(200)
	g.Expect(first["total"]).To(BeEquivalentTo(3))
	g.Expect(field(ada.call("GET", room+"/members?limit=2&cursor="+first["next"].(string), nil).expect(200), "user")).To(ConsistOf(c.ids["grace"]))
	g.Expect(ada.call("GET", room+"/members/username:alan", nil).expect(200)["role"]).To(Equal("member"))
	ada.call("GET", room+"/members/username:eve", nil).refused(404, "member_not_found")
	ada.call("GET", room+"/members/username:nobody", nil).refused(404, "user_not_found")
	ada.call("GET", room+"/members?role=king", nil).refused(400, "invalid_request")
	ada.call("GET", room+"/members?user=username:nobody", nil).refused(400, "invalid_request")
	eve.call("GET", room+"/members", nil).refused(404, "conversation_not_found")
}
