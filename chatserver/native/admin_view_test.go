package native_test

import (
	"testing"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func TestConversationsOfAllUsersAreShownTogetherToThoseWhoViewAsAdmin(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	c.user("grace")
	direct := ada.create(map[string]any{"type": "direct", "members": with(named("grace"))})
	ticket := ada.create(map[string]any{"type": "ticket"})
	for role, sees := range map[model.UserRole]bool{
		model.UserSuperadmin: true, model.UserAdmin: true, model.UserModerator: true, model.UserStaff: true, model.UserPlain: false,
	} {
		t.Run(string(role), func(t *testing.T) {
			reader := c.userWithRole("a-"+string(role), role)
			expectView(t, reader, sees, ticket, direct)
			// The permission decides, and the role only what holds without it.
			path := usersPath + "/username:a-" + string(role)
			c.admin.call("PATCH", path, object{"permissions": object{"admin.view": !sees}}).expect(200)
			expectView(t, reader, !sees, ticket, direct)
		})
	}
}

// expectView checks whether a reader sees the conversations of all and of one user.
func expectView(t *testing.T, reader *client, sees bool, want ...string) {
	t.Helper()
	for _, query := range []string{"?all=true", "?user=username:ada"} {
		answer := reader.call("GET", conversations+query, nil)
		if sees {
			expectPaths(t, answer.expect(200), want)
		} else {
			answer.refused(403, "permission_denied")
		}
	}
}
