package native_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
)

func TestAUserIsReadChangedAndErasedByEachOfItsNames(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	for name, reference := range map[string]func(object) string{
		"id":                   func(user object) string { return user["id"].(string) },
		"externalId":           func(object) string { return "u-1" },
		"externalId, prefixed": func(object) string { return "external:u-1" },
		"username":             func(object) string { return "username:Alan" },
	} {
		t.Run(name, func(t *testing.T) {
			server := newClient(t, f.pod, f.key.header)
			user := server.call("POST", usersPath, object{"username": "alan", "externalId": "u-1"}).expect(201)
			path := usersPath + "/" + reference(user)
			f.Expect(server.call("GET", path, nil).expect(200)["id"]).To(Equal(user["id"]))
			f.Expect(server.call("PATCH", path, object{"displayName": "Alan"}).expect(200)["id"]).To(Equal(user["id"]))
			f.Expect(server.call("DELETE", path, nil).expect(202)["user"]).To(Equal(user["id"]))
			server.call("GET", path, nil).refused(404, "user_not_found")
		})
	}
}
