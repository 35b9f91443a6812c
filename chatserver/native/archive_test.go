package native_test

import (
	"testing"

	"github.com/parley-chat/parley/test/pod"
)

func TestWhoIsGivenThePermissionArchives(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"members": with(named("grace"))})
	give := func(permissions string) {
		ada.call("PATCH", room+"/members/username:grace", `{"permissions":`+permissions+`}`).expect(200)
	}
	grace.call("POST", room+"/archive", nil).refused(403, "permission_denied")
	give(`{"conversation.archive":true}`)
	grace.call("POST", room+"/archive", nil).expect(200)
	give(`{"conversation.archive":null}`)
	grace.call("POST", room+"/unarchive", nil).refused(403, "permission_denied")
}
