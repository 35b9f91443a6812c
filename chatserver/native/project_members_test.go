package native_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

func TestASecretKeyAddsAndRemovesMembersOfEveryRank(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	room := ada.create(map[string]any{"type": "private"})
	for _, role := range []model.MemberRole{"guest", "member", "moderator", "admin", "owner"} {
		c.user(string(role))
		c.admin.call("POST", room+"/members", namedAs(string(role), role)).expect(201)
	}
	g.Expect(c.rolesOf(room)).To(HaveLen(6))
	for _, name := range []string{"ada", "guest", "member", "moderator", "admin"} {
		c.admin.call("DELETE", room+"/members/username:"+name, nil).expect(204)
	}
	g.Expect(c.rolesOf(room)).To(Equal(map[string]string{"owner": "owner"}))
}
