package native_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func TestABannedUserIsOutAndStaysOut(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"type": "public", "members": with(named("grace"))})
	invited := ada.create(map[string]any{"type": "private"})
	invite := ada.call("POST", invited+"/invites", named("grace")).expect(201)
	socket := grace.socket()

	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	ban := ada.call("PUT", room+"/bans/username:grace", map[string]any{"reason": strings.Repeat("é", 1000), "expiresAt": expires}).expect(201)
	g.Expect(ban).To(HaveKeyWithValue("bannedBy", c.ids["ada"]))
	g.Expect(ban).To(HaveKeyWithValue("expiresAt", expires.Format(time.RFC3339)))
	g.Expect(socket.Next().Event).To(Equal("member.removed"))
	grace.call("POST", room+"/messages", `{"content":"a"}`).refused(404, "conversation_not_found")
	grace.call("POST", room+"/join", nil).refused(403, "banned")
	ada.call("POST", room+"/members", named("grace")).refused(403, "banned")
	ada.call("POST", room+"/invites", named("grace")).refused(403, "banned")
	// One who is invited and then banned comes no more.
	ada.call("PUT", invited+"/bans/username:grace", nil).expect(201)
	grace.call("POST", "/chat/v1/invites/"+invite["id"].(string)+"/accept", nil).refused(403, "banned")

	again := ada.call("PUT", room+"/bans/username:grace", map[string]any{"reason": "other"}).expect(200)
	g.Expect(again).NotTo(HaveKey("expiresAt"))
	g.Expect(ada.call("GET", room+"/bans/username:grace", nil).expect(200)["reason"]).To(Equal("other"))
	g.Expect(field(ada.call("GET", room+"/bans", nil).expect(200), "user")).To(ConsistOf(c.ids["grace"]))
	ada.call("DELETE", room+"/bans/username:grace", nil).expect(204)
	ada.call("DELETE", room+"/bans/username:grace", nil).refused(404, "ban_not_found")
	ada.call("GET", room+"/bans/username:grace", nil).refused(404, "ban_not_found")
	grace.call("POST", room+"/join", nil).expect(201)
}

func TestBansAreForModeratorsAndWhoStandsBelowThem(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, moderator, member := c.user("ada"), c.user("moderator"), c.user("member")
	c.user("stranger")
	c.userWithRole("pm", model.UserModerator)
	c.userWithRole("pa", model.UserAdmin)
	room := ada.create(map[string]any{"members": with(namedAs("moderator", "moderator"), named("member"))})
	for name, test := range map[string]struct {
		by     *client
		whom   string
		body   string
		status int
		code   string
	}{
		"by a member":           {member, "stranger", `{}`, 403, "permission_denied"},
		"of the owner":          {moderator, "ada", `{}`, 403, "permission_denied"},
		"of oneself":            {moderator, "moderator", `{}`, 403, "permission_denied"},
		"of a moderator":        {moderator, "pm", `{}`, 403, "permission_denied"},
		"of an admin":           {ada, "pa", `{}`, 403, "permission_denied"},
		"of nobody":             {ada, "nobody", `{}`, 404, "user_not_found"},
		"that is over":          {ada, "member", `{"expiresAt":"2020-01-01T00:00:00Z"}`, 400, "invalid_request"},
		"until what is no time": {ada, "member", `{"expiresAt":"tomorrow"}`, 400, "invalid_request"},
		"with a long reason":    {ada, "member", `{"reason":"` + strings.Repeat("a", 1001) + `"}`, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			test.by.call("PUT", room+"/bans/username:"+test.whom, test.body).refused(test.status, test.code)
		})
	}
	moderator.call("PUT", room+"/bans/username:stranger", nil).expect(201)
	member.call("GET", room+"/bans", nil).refused(403, "permission_denied")
	member.call("GET", room+"/bans/username:stranger", nil).refused(403, "permission_denied")
	member.call("DELETE", room+"/bans/username:stranger", nil).refused(403, "permission_denied")
	c.admin.call("PUT", room+"/bans/username:ada", nil).expect(201)
	direct := moderator.create(map[string]any{"type": "direct", "members": with(named("member"))})
	c.admin.call("PUT", direct+"/bans/username:member", nil).refused(409, "direct_members_fixed")
}
