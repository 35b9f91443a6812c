package native_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/test/pod"
)

// limited is a project with the limits changed, its one pod and an admin who
// acts for ada.
func limited(t *testing.T, change func(*config.Limits)) (*pod.Project, *client) {
	t.Helper()
	limits := pod.GenerousLimits()
	change(&limits)
	project := pod.New(t, pod.Options{Limits: &limits})
	project.User(t, "ada")
	return project, newClient(t, project.Start(t), onBehalf(project.SecretKey, "username:ada"))
}

// filled is JSON with text that makes it the given number of bytes long.
func filled(before string, bytes int, after string) string {
	return before + strings.Repeat("x", bytes-len(before)-len(after)) + after
}

func members(from, to int) string {
	var list []string
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprintf(`{"user":"username:user-%d"}`, i))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestEachLimitOfARequestIsASettingOfTheProject(t *testing.T) {
	const users, conversations, messages = "/chat/v1/users", "/chat/v1/conversations", "/chat/v1/conversations/external:room/messages"
	for name, test := range map[string]struct {
		set          func(*config.Limits)
		method, path string
		body         func(over int) string // at the limit with 0, one above with 1
		allowed      int
		status       int
		field        string
	}{
		"bodyBytes": {
			func(l *config.Limits) { l.BodyBytes = 2000 }, "POST", users,
			func(over int) string { return strings.Repeat(" ", 1998+over) + "{}" }, 201, 413, "body",
		},
		"contentBytes": {
			func(l *config.Limits) { l.ContentBytes = 100 }, "POST", messages,
			func(over int) string { return `{"content":` + filled(`"`, 100+over, `"`) + `}` }, 201, 413, "content",
		},
		"propertiesBytes of a user": {
			func(l *config.Limits) { l.PropertiesBytes = 100 }, "POST", users,
			func(over int) string { return `{"properties":` + filled(`{"a":"`, 100+over, `"}`) + `}` }, 201, 413, "properties",
		},
		"propertiesBytes of a message": {
			func(l *config.Limits) { l.PropertiesBytes = 100 }, "POST", messages,
			func(over int) string { return `{"content":"a","properties":` + filled(`{"a":"`, 100+over, `"}`) + `}` }, 201, 413, "properties",
		},
		"nameLength of a user": {
			func(l *config.Limits) { l.NameLength = 10 }, "POST", users,
			func(over int) string { return `{"displayName":"` + strings.Repeat("é", 10+over) + `"}` }, 201, 400, "displayName",
		},
		"nameLength of a guest": {
			func(l *config.Limits) { l.NameLength = 10 }, "POST", "/chat/v1/sessions/guest",
			func(over int) string { return `{"displayName":"` + strings.Repeat("é", 10+over) + `"}` }, 201, 400, "displayName",
		},
		"nameLength of a conversation": {
			func(l *config.Limits) { l.NameLength = 10 }, "POST", conversations,
			func(over int) string { return `{"name":"` + strings.Repeat("é", 10+over) + `"}` }, 201, 400, "name",
		},
		"membersPerRequest": {
			func(l *config.Limits) { l.MembersPerRequest = 3 }, "POST", conversations,
			func(over int) string { return `{"members":` + members(0, 3+over) + `}` }, 201, 400, "members",
		},
		"directMembers": {
			func(l *config.Limits) { l.DirectMembers = 3 }, "POST", conversations,
			func(over int) string { return `{"type":"direct","members":` + members(0, 2+over) + `}` }, 201, 400, "members",
		},
		"directMembers by default": {
			func(*config.Limits) {}, "POST", conversations,
			func(over int) string { return `{"type":"direct","members":` + members(0, 9+over) + `}` }, 201, 400, "members",
		},
		"membersPerRequest by default": {
			func(*config.Limits) {}, "POST", conversations,
			func(over int) string { return `{"members":` + members(0, 100+over) + `}` }, 201, 400, "members",
		},
	} {
		t.Run(name, func(t *testing.T) {
			project, admin := limited(t, test.set)
			for i := range 101 {
				project.User(t, fmt.Sprintf("user-%d", i))
			}
			admin.call("POST", conversations, `{"externalId":"room"}`).expect(201)
			admin.call(test.method, test.path, test.body(0)).expect(test.allowed)
			code := map[int]string{400: "invalid_request", 413: "too_large"}[test.status]
			problem := admin.call(test.method, test.path, test.body(1)).refused(test.status, code)
			NewWithT(t).Expect(problem["errors"]).To(ContainElement(HaveKeyWithValue("field", test.field)), "%v", problem)
		})
	}
}

func TestTheSizeOfAPageIsASettingOfTheProject(t *testing.T) {
	g := NewWithT(t)
	_, admin := limited(t, func(l *config.Limits) { l.PageSize, l.MaxPageSize = 2, 3 })
	admin.call("POST", "/chat/v1/conversations", `{"externalId":"room"}`).expect(201)
	const messages = "/chat/v1/conversations/external:room/messages"
	for range 4 {
		admin.call("POST", messages, `{"content":"a"}`).expect(201)
	}
	page := admin.call("GET", messages, nil).expect(200)
	g.Expect(page["items"]).To(HaveLen(2))
	older := admin.call("GET", fmt.Sprintf("%s?cursor=%s", messages, page["older"]), nil).expect(200)
	g.Expect(older["items"]).To(HaveLen(2))
	g.Expect(admin.call("GET", messages+"?limit=3", nil).expect(200)["items"]).To(HaveLen(3))
	problem := admin.call("GET", messages+"?limit=4", nil).refused(400, "invalid_request")
	g.Expect(problem["errors"]).To(ContainElement(HaveKeyWithValue("field", "limit")))
}
