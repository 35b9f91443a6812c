package native_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

func TestConversationsAreListedByWhatIsAskedFor(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	c.user("alan")
	c.userWithRole("staff", model.UserStaff)
	group := ada.create(map[string]any{"name": "Alpha", "members": with(named("grace"))})
	direct := ada.create(map[string]any{"type": "direct", "members": with(named("grace"))})
	public := grace.create(map[string]any{"type": "public", "name": "Alpine", "members": with(named("ada"), named("alan"))})
	hidden := ada.create(map[string]any{"name": "Hidden"})
	other := grace.create(map[string]any{"type": "public", "name": "Other"})
	open := c.admin.create(map[string]any{"type": "open", "name": "Open"})
	// What comes last is first.
	grace.call("POST", group+"/messages", `{"content":"hi"}`).expect(201)
	ada.call("POST", hidden+"/archive", nil).expect(200)
	hide(t, c, "ada", hidden)
	middle := ada.call("GET", public, nil).expect(200)["activityAt"].(string)

	for query, want := range map[string][]string{
		"":                                {group, public, direct},
		"?type=group":                     {group},
		"?type=group,public":              {group, public},
		"?type=group&type=direct":         {group, direct},
		"?search=alp":                     {group, public},
		"?name=Alpha":                     {group},
		"?with=username:alan":             {public},
		"?with=username:grace":            {group, public, direct},
		"?with=username:grace&only=true":  {group, direct},
		"?unread=true":                    {group},
		"?unread=false":                   {public, direct},
		"?hidden=true":                    {hidden},
		"?hidden=true&status=archived":    {hidden},
		"?status=archived":                {},
		"?empty=true":                     {public, direct},
		"?empty=false":                    {group},
		"?createdBy=username:grace":       {public},
		"?since=" + middle:                {group, public},
		"?until=" + middle:                {direct},
		"?joinable=true":                  {open, other},
		"?joinable=true&type=open":        {open},
		"?user=username:ada":              {group, public, direct},
		"?user=username:ada&search=Alpha": {group},
	} {
		t.Run(query, func(t *testing.T) { expectPaths(t, ada.call("GET", conversations+query, nil).expect(200), want) })
	}
	all := []string{group, open, other, hidden, public, direct}
	expectPaths(t, c.admin.call("GET", conversations+"?all=true", nil).expect(200), all)
	staff := newClient(t, c.pod, onBehalf(c.SecretKey, "username:staff"))
	expectPaths(t, staff.call("GET", conversations+"?all=true&search=o", nil).expect(200), []string{open, other})
	expectPaths(t, c.admin.call("GET", conversations+"?user=username:alan", nil).expect(200), []string{public})
	expectPaths(t, staff.call("GET", conversations, nil).expect(200), nil)
}

// expectPaths compares the ids of a list with paths, in their order.
func expectPaths(t *testing.T, list map[string]any, want []string) {
	t.Helper()
	got := []string{}
	for _, id := range field(list, "id") {
		got = append(got, conversations+"/"+id.(string))
	}
	g := NewWithT(t)
	g.Expect(got).To(HaveExactElements(want), "%v", field(list, "name"))
	g.Expect(list["total"]).To(BeEquivalentTo(len(want)))
}

// hide makes a user hide a conversation.
func hide(t *testing.T, c *cast, username, path string) {
	t.Helper()
	conversation, err := c.Store.Conversation(t.Context(), sendTo(path, "").Conversation)
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = c.Store.SaveOwn(t.Context(), conversation.ID, principalOf(c, username).User, func(member *model.Member) error {
		member.Hidden = true
		return nil
	})
	g.Expect(err).NotTo(HaveOccurred())
}

func TestAListOfConversationsIsRefused(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	c.user("grace")
	mod := c.userWithRole("mod", model.UserModerator)
	for query, code := range map[string]string{
		"?all=true":                        "permission_denied",
		"?user=username:grace":             "permission_denied",
		"?user=username:nobody":            "permission_denied",
		"?all=true&joinable=true":          "invalid_request",
		"?joinable=true&hidden=true":       "invalid_request",
		"?type=secret":                     "invalid_request",
		"?status=busy":                     "invalid_request",
		"?only=true":                       "invalid_request",
		"?only=perhaps":                    "invalid_request",
		"?unread=1":                        "invalid_request",
		"?with=username:nobody":            "invalid_request",
		"?createdBy=username:nobody":       "invalid_request",
		"?since=yesterday":                 "invalid_request",
		"?until=yesterday":                 "invalid_request",
		"?limit=0":                         "invalid_request",
		"?limit=201":                       "invalid_request",
		"?offset=10001":                    "invalid_request",
		"?cursor=x":                        "invalid_request",
		"?search=a%00b":                    "invalid_request",
		"?search=a%ffb":                    "invalid_request",
		"?page=1&cursor=eyJpIjoxfQ":        "invalid_request",
		"?user=username:grace&all=true":    "invalid_request",
		"?joinable=true&user=username:ada": "invalid_request",
	} {
		t.Run(query, func(t *testing.T) {
			status := map[string]int{"permission_denied": 403, "invalid_request": 400}[code]
			ada.call("GET", conversations+query, nil).refused(status, code)
		})
	}
	mod.call("GET", conversations+"?all=true", nil).expect(200)
	mod.call("GET", conversations+"?user=username:nobody", nil).refused(404, "user_not_found")
	c.admin.call("GET", conversations, nil).refused(400, "invalid_request")
	c.admin.call("GET", conversations+"?joinable=true", nil).refused(400, "invalid_request")
	newClient(t, c.pod, key(c.PublicKey)).call("GET", conversations, nil).refused(403, "permission_denied")
}

func TestAListOfConversationsIsReadInParts(t *testing.T) {
	g := NewWithT(t)
	c := newCast(t, pod.Options{})
	ada := c.user("ada")
	var paths []string
	for range 5 {
		paths = append([]string{ada.create(map[string]any{})}, paths...)
	}
	read := func(query string) ([]string, map[string]any) {
		list := ada.call("GET", conversations+query, nil).expect(200)
		g.Expect(list["total"]).To(BeEquivalentTo(5))
		got := []string{}
		for _, id := range field(list, "id") {
			got = append(got, conversations+"/"+id.(string))
		}
		return got, list
	}
	var got []string
	query := "?limit=2"
	for range 3 {
		part, list := read(query)
		got = append(got, part...)
		next, _ := list["next"].(string)
		query = "?limit=2&cursor=" + next
	}
	g.Expect(got).To(Equal(paths))
	second, _ := read("?limit=2&page=2")
	g.Expect(second).To(Equal(paths[2:4]))
	rest, _ := read("?offset=3")
	g.Expect(rest).To(Equal(paths[3:]))
}

// A ban that is over lets the user find the conversation again.
func TestWhoIsBannedFindsNothingToJoin(t *testing.T) {
	c := newCast(t, pod.Options{})
	ada, grace := c.user("ada"), c.user("grace")
	room := ada.create(map[string]any{"type": "public"})
	expectPaths(t, grace.call("GET", conversations+"?joinable=true", nil).expect(200), []string{room})
	ada.call("PUT", room+"/bans/username:grace", nil).expect(201)
	expectPaths(t, grace.call("GET", conversations+"?joinable=true", nil).expect(200), nil)
	past := time.Now().Add(-time.Hour)
	id := sendTo(room, "").Conversation.ID
	NewWithT(t).Expect(c.Store.ChangeConversation(t.Context(), id, func(change store.Change) error {
		return change.SaveBan(t.Context(), model.Ban{Conversation: id, User: principalOf(c, "grace").User, ExpiresAt: &past, CreatedAt: past})
	})).To(Succeed())
	expectPaths(t, grace.call("GET", conversations+"?joinable=true", nil).expect(200), []string{room})
	grace.call("POST", room+"/join", nil).expect(201)
}
