package native_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

func TestReportsReachThoseWhoModerate(t *testing.T) { onEveryEngine(t, reportsReachThoseWhoModerate) }

func reportsReachThoseWhoModerate(t *testing.T, r *room) {
	g := NewWithT(t)
	sent := r.send(r.asAda, map[string]any{"content": "x", "externalId": "m"})
	path := r.message(sent) + "/reports"
	r.asGrace.call("POST", path, map[string]any{"reason": "spam"}).expect(201)
	report := r.asGrace.call("POST", path, map[string]any{"reason": strings.Repeat("ä", 1000), "properties": map[string]any{"a": 1}}).expect(201)
	g.Expect(report).To(And(HaveKeyWithValue("reporter", r.grace.ID.String()), HaveKeyWithValue("message", sent["id"])))
	r.asGrace.call("POST", path, map[string]any{"reason": strings.Repeat("ä", 1001)}).refused(400, "invalid_request")
	r.asAlan.call("POST", path, map[string]any{}).refused(404, "conversation_not_found")
	r.admin.call("POST", path, map[string]any{}).refused(400, "invalid_request")
	r.asAda.call("POST", path, map[string]any{}).expect(201)

	list := r.asAda.call("GET", r.path+"/reports?limit=1", nil).expect(200)
	g.Expect(list).To(And(HaveKeyWithValue("total", 2.0), HaveKeyWithValue("items", HaveLen(1))))
	rest := r.asAda.call("GET", r.path+"/reports?limit=1&cursor="+list["next"].(string), nil).expect(200)
	g.Expect(rest["items"]).To(ConsistOf(Equal(report)), "the later report replaced the first")
	r.asGrace.call("GET", r.path+"/reports", nil).refused(403, "permission_denied")

	r.asAda.call("GET", "/chat/v1/reports", nil).refused(403, "permission_denied")
	for query, count := range map[string]int{
		"": 2, "?conversation=" + r.id.String(): 2, "?message=m": 2, "?reporter=username:grace": 1, "?conversation=1000000999999": 0,
	} {
		g.Expect(r.admin.call("GET", "/chat/v1/reports"+query, nil).expect(200)["items"]).To(HaveLen(count), query)
	}
	r.admin.call("GET", "/chat/v1/reports?message=nothing", nil).refused(404, "message_not_found")
	r.admin.call("GET", "/chat/v1/reports?conversation=external:", nil).refused(400, "invalid_request")
	_, err := r.project.Store.UpdateUser(t.Context(), r.alan.ID, func(user *model.User) error {
		user.Role = model.UserModerator
		return nil
	})
	g.Expect(err).NotTo(HaveOccurred())
	r.asAlan.call("GET", "/chat/v1/reports", nil).expect(200)
	r.asAlan.call("GET", r.path+"/reports", nil).expect(200)

	r.asGrace.call("DELETE", r.path+"/messages/m/reports", nil).expect(204)
	r.asGrace.call("DELETE", path, nil).refused(404, "report_not_found")
	r.asAda.call("DELETE", r.message(sent), nil).expect(204)
	r.asGrace.call("POST", path, map[string]any{}).refused(409, "message_deleted")
}
