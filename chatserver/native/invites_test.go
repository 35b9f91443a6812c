package native_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

const invites = "/chat/v1/invites"

func TestAnInvitedUserComesInByAccepting(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"type": "private", "name": "Secret"})
	invite := ada.call("POST", room+"/invites", namedAs("grace", "moderator")).expect(201)
	g.Expect(invite).To(HaveKeyWithValue("status", "pending"))
	g.Expect(invite).To(HaveKeyWithValue("invitedBy", c.ids["ada"]))
	g.Expect(ada.call("POST", room+"/invites", named("grace")).expect(200)["id"]).To(Equal(invite["id"]))
	grace.call("GET", room, nil).refused(404, "conversation_not_found")
	g.Expect(field(grace.call("GET", invites+"?status=pending", nil).expect(200), "id")).To(ConsistOf(invite["id"]))

	path := invites + "/" + invite["id"].(string)
	ada.call("POST", path+"/accept", nil).refused(404, "invite_not_found")
	g.Expect(grace.call("POST", path+"/accept", nil).expect(200)["status"]).To(Equal("accepted"))
	member := grace.call("GET", room+"/members/username:grace", nil).expect(200)
	g.Expect(member).To(HaveKeyWithValue("role", "moderator"))
	g.Expect(member).To(HaveKeyWithValue("invitedBy", c.ids["ada"]))
	grace.call("POST", path+"/accept", nil).refused(409, "invite_closed")
	grace.call("POST", path+"/decline", nil).refused(409, "invite_closed")
	ada.call("DELETE", path, nil).refused(409, "invite_closed")
	ada.call("POST", room+"/invites", named("grace")).refused(409, "member_exists")
	g.Expect(field(ada.call("GET", room+"/invites", nil).expect(200), "status")).To(ConsistOf("accepted"))
	g.Expect(field(ada.call("GET", room+"/invites?status=pending", nil).expect(200), "status")).To(BeEmpty())
	ada.call("GET", room+"/invites?status=lost", nil).refused(400, "invalid_request")
}

func TestAnInviteIsDeclinedOrRevoked(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace, alan, eve, moderator := c.user("ada"), c.user("grace"), c.user("alan"), c.user("eve"), c.user("moderator")
	room := ada.create(map[string]any{"type": "private", "members": with(namedAs("moderator", "moderator"), named("alan"))})
	invite := func() string {
		return invites + "/" + ada.call("POST", room+"/invites", named("grace")).expect(201)["id"].(string)
	}
	declined := invite()
	g.Expect(grace.call("POST", declined+"/decline", nil).expect(200)["status"]).To(Equal("declined"))
	grace.call("POST", declined+"/accept", nil).refused(409, "invite_closed")

	revoked := invite()
	eve.call("DELETE", revoked, nil).refused(404, "invite_not_found")
	eve.call("POST", revoked+"/decline", nil).refused(404, "invite_not_found")
	grace.call("DELETE", revoked, nil).refused(403, "permission_denied")
	alan.call("DELETE", revoked, nil).refused(403, "permission_denied")
	moderator.call("DELETE", revoked, nil).expect(204)
	grace.call("POST", revoked+"/accept", nil).refused(409, "invite_closed")

	own := invite()
	ada.call("POST", room+"/leave", nil).expect(204)
	ada.call("DELETE", own, nil).expect(204)
	g.Expect(field(grace.call("GET", invites, nil).expect(200), "status")).To(Equal([]any{"revoked", "revoked", "declined"}))
	for _, missing := range []string{"/1999999999999", "/x"} {
		grace.call("POST", invites+missing+"/accept", nil).refused(404, "invite_not_found")
		grace.call("DELETE", invites+missing, nil).refused(404, "invite_not_found")
	}
	c.admin.call("GET", invites, nil).refused(400, "invalid_request")
	c.admin.call("POST", own+"/accept", nil).refused(400, "invalid_request")

	deleted := moderator.call("POST", room+"/invites", named("grace")).expect(201)["id"].(string)
	c.admin.call("DELETE", room, nil).expect(202)
	grace.call("POST", invites+"/"+deleted+"/accept", nil).refused(404, "invite_not_found")
}

func TestInvitesNeedWhatAddingNeeds(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, member := c.user("ada"), c.user("member")
	c.user("grace")
	staff := c.userWithRole("staff", model.UserStaff)
	room := ada.create(map[string]any{"type": "private", "members": with(named("member"))})
	member.call("POST", room+"/invites", named("grace")).refused(403, "permission_denied")
	member.call("GET", room+"/invites", nil).refused(403, "permission_denied")
	staff.call("POST", room+"/invites", named("grace")).refused(403, "permission_denied")
	staff.call("GET", room+"/invites", nil).expect(200)
	ada.call("POST", room+"/invites", map[string]any{}).refused(400, "invalid_request")
	ada.call("POST", room+"/invites", named("nobody")).refused(404, "user_not_found")
	ada.call("POST", room+"/invites", namedAs("grace", "king")).refused(400, "invalid_request")
	direct := ada.create(map[string]any{"type": "direct", "members": with(named("member"))})
	ada.call("POST", direct+"/invites", named("grace")).refused(409, "direct_members_fixed")
	_, _, err := c.Store.SaveBlock(t.Context(), principalOf(c, "grace").User, principalOf(c, "ada").User)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	ada.call("POST", room+"/invites", named("grace")).refused(403, "blocked")
	c.admin.call("POST", room+"/invites", named("grace")).expect(201)
}

// signalsOf reads the events about invites that reach a user.
func signalsOf(t *testing.T, c *cast, user *client) func() (string, model.Invite) {
	t.Helper()
	g := NewWithT(t)
	connection, response, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(c.pod.URL, "http")+"/chat/v1/ws", user.header)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(response.Body.Close()).To(Succeed())
	t.Cleanup(func() { _ = connection.Close() })
	var waiting []string
	next := func() (event struct {
		Event string
		Data  json.RawMessage
	}) {
		for len(waiting) == 0 {
			g.Expect(connection.SetReadDeadline(time.Now().Add(30 * time.Second))).To(Succeed())
			_, message, err := connection.ReadMessage()
			g.Expect(err).NotTo(HaveOccurred())
			waiting = strings.Split(string(message), "\n")
		}
		g.Expect(json.Unmarshal([]byte(waiting[0]), &event)).To(Succeed())
		waiting = waiting[1:]
		return event
	}
	g.Expect(next().Event).To(Equal("hello"))
	return func() (string, model.Invite) {
		for {
			if event := next(); strings.HasPrefix(event.Event, "invite.") {
				return event.Event, data[model.Invite](t, event.Data)
			}
		}
	}
}

func TestInvitesAreToldToThoseWhomTheyConcern(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"type": "private"})
	toAda, toGrace := signalsOf(t, c, ada), signalsOf(t, c, grace)
	invite := ada.call("POST", room+"/invites", named("grace")).expect(201)
	event, told := toGrace()
	g.Expect(event).To(Equal("invite.created"))
	g.Expect(told.ID.String()).To(Equal(invite["id"]))
	grace.call("POST", invites+"/"+told.ID.String()+"/accept", nil).expect(200)
	for _, next := range []func() (string, model.Invite){toAda, toGrace} {
		event, told := next()
		g.Expect(event).To(Equal("invite.updated"))
		g.Expect(told.Status).To(Equal(model.InviteAccepted))
	}
}
