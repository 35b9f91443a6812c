package native_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

func TestTheHistoryIsSelected(t *testing.T) { onEveryEngine(t, theHistoryIsSelected) }

// theHistoryIsSelected lists what each query finds of one history.
func theHistoryIsSelected(t *testing.T, r *room) {
	g := NewWithT(t)
	root := r.send(r.asAda, map[string]any{"content": "root", "externalId": "root"})
	r.send(r.asGrace, map[string]any{"content": "tagged", "groupTag": "g"})
	reply := r.send(r.asGrace, map[string]any{"content": "reply", "parent": "root"})
	r.send(r.asAda, map[string]any{"content": "again", "parent": reply["id"]})
	gone := r.send(r.asAda, map[string]any{"content": "gone"})
	named := r.send(r.asAda, map[string]any{"type": "thread", "content": "named", "externalId": "named"})
	r.send(r.asAda, map[string]any{"type": "file", "content": "file @grace", "attachments": attachments(1)})
	r.asAda.call("DELETE", r.message(gone), nil).expect(204)

	now := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for query, wanted := range map[string][]any{
		"":                                       {"root", "tagged", "reply", "again", nil, "named", "file @grace"},
		"thread=root":                            {"reply", "again"},
		"parent=root":                            {"reply"},
		"parent=" + reply["id"].(string):         {"again"},
		"noReplies=true":                         {"root", "tagged", nil, "named", "file @grace"},
		"type=thread,file":                       {"named", "file @grace"},
		"sender=username:grace":                  {"tagged", "reply"},
		"groupTag=g":                             {"tagged"},
		"mentions=username:grace":                {"file @grace"},
		"since=" + now:                           {},
		"until=" + now:                           {"root", "tagged", "reply", "again", nil, "named", "file @grace"},
		"limit=2":                                {"named", "file @grace"},
		"page=1&limit=2":                         {"named", "file @grace"},
		"page=2&limit=2":                         {"reply", "again"},
		"offset=1&limit=3":                       {"reply", "again", "named"},
		"before=3":                               {"root", "tagged"},
		"before=root":                            {},
		"after=5":                                {"named", "file @grace"},
		"after=0&limit=2":                        {"root", "tagged"},
		"after=" + named["id"].(string):          {"file @grace"},
		"around=" + reply["id"].(string):         {"root", "tagged", "reply", "again", nil, "named", "file @grace"},
		"limit=3&around=" + reply["id"].(string): {"tagged", "reply", "again"},
		"limit=1&around=" + reply["id"].(string): {"reply"},
		"around=root&limit=4":                    {"root", "tagged", "reply"},
		"around=root&limit=4&sender=username:ada": {"root", "again", nil},
	} {
		g.Expect(r.texts(r.asGrace, query)).To(Equal(wanted), query)
	}
	threads := r.asGrace.call("GET", r.path+"/threads", nil).expect(200)
	g.Expect(contents(threads)).To(Equal([]any{"root", "reply", "named"}))
	g.Expect(threads["items"].([]any)[0]).To(HaveKeyWithValue("replyCount", 2.0))
	g.Expect(reply).To(And(HaveKeyWithValue("parent", root["id"]), HaveKeyWithValue("thread", root["id"])))

	for query, total := range map[string]float64{"count=true": 6, "page=1": 6, "offset=0&thread=root": 2} {
		g.Expect(r.asGrace.call("GET", r.path+"/messages?"+query, nil).expect(200)).To(HaveKeyWithValue("total", total), query)
	}
	for _, query := range []string{"", "count=false", "limit=1"} {
		g.Expect(r.asGrace.call("GET", r.path+"/messages?"+query, nil).expect(200)).NotTo(HaveKey("total"), query)
	}
	page := r.asGrace.call("GET", r.path+"/messages?limit=3&around=named", nil).expect(200)
	older := r.asGrace.call("GET", r.path+"/messages?limit=2&cursor="+page["older"].(string), nil).expect(200)
	g.Expect(contents(older)).To(Equal([]any{"reply", "again"}))
}

func TestAPlaceInTheHistoryThatIsNoneIsRefused(t *testing.T) {
	r := newGroup(t)
	r.send(r.asAda, map[string]any{"content": "x"})
	for query, wanted := range map[string]struct {
		status int
		code   string
	}{
		"before=0":                {400, "invalid_request"},
		"before=-1":               {400, "invalid_request"},
		"before=nothing":          {404, "message_not_found"},
		"around=nothing":          {404, "message_not_found"},
		"after=external:":         {400, "invalid_request"},
		"before=2&after=1":        {400, "invalid_request"},
		"page=0":                  {400, "invalid_request"},
		"offset=10001":            {400, "invalid_request"},
		"limit=0":                 {400, "invalid_request"},
		"limit=201":               {400, "invalid_request"},
		"type=video":              {400, "invalid_request"},
		"noReplies=yes":           {400, "invalid_request"},
		"since=yesterday":         {400, "invalid_request"},
		"count=1":                 {400, "invalid_request"},
		"sender=external:":        {400, "invalid_request"},
		"sender=username:nobody":  {404, "user_not_found"},
		"mentions=username:no":    {404, "user_not_found"},
		"thread=nothing":          {404, "message_not_found"},
		"groupTag=%00":            {400, "invalid_request"},
		"cursor=YTE&before=2":     {400, "invalid_request"},
		"parent=1000000999999":    {404, "message_not_found"},
		"around=1&page=2":         {400, "invalid_request"},
		"after=1000000999999":     {404, "message_not_found"},
		"thread=external%3Anoone": {404, "message_not_found"},
	} {
		r.asAda.call("GET", r.path+"/messages?"+query, nil).refused(wanted.status, wanted.code)
	}
	r.asAda.call("GET", r.path+"/messages?offset=10000", nil).expect(200)
}

func TestEveryReaderSeesWhatIsThereForIt(t *testing.T) {
	g := NewWithT(t)
	r := newRoom(t, pod.Options{}, store.NewConversation{SinceJoin: true})
	before := r.send(r.asAda, map[string]any{"content": "before"})
	r.change(t, func(change store.Change) error {
		rev := change.Next()
		_, err := change.SaveMember(t.Context(), model.Member{
			Conversation: r.id, User: r.alan.ID, Role: model.RoleMember, JoinedSeq: change.Conversation().LastSeq,
			CreatedRev: rev, Rev: rev, CreatedAt: change.Now(),
		})
		return err
	})
	blocked := r.send(r.asGrace, map[string]any{"content": "of grace"})
	hidden := r.send(r.asAda, map[string]any{"content": "hidden"})
	r.send(r.asAda, map[string]any{"content": "after"})

	r.asAlan.call("DELETE", r.message(hidden)+"?for=me", nil).expect(204)
	r.asAlan.call("DELETE", r.message(hidden)+"?for=me", nil).expect(204)
	r.asAlan.call("DELETE", r.message(before)+"?for=me", nil).refused(404, "message_not_found")
	r.asAlan.call("DELETE", r.message(hidden)+"?for=you", nil).refused(400, "invalid_request")
	r.admin.call("DELETE", r.message(hidden)+"?for=me", nil).refused(400, "invalid_request")
	_, _, err := r.project.Store.SaveBlock(t.Context(), r.alan.ID, r.grace.ID)
	g.Expect(err).NotTo(HaveOccurred())

	g.Expect(r.texts(r.asAlan, "")).To(Equal([]any{"after"}))
	g.Expect(r.texts(r.admin.as(onBehalf(r.project.SecretKey, "username:alan")), "")).To(Equal([]any{"after"}))
	g.Expect(r.texts(r.admin, "")).To(Equal([]any{"before", "of grace", "hidden", "after"}))
	g.Expect(r.texts(r.asAda, "")).To(Equal([]any{"before", "of grace", "hidden", "after"}))
	g.Expect(r.asAlan.call("GET", r.path+"/messages?count=true", nil).expect(200)).To(HaveKeyWithValue("total", 1.0))
	for _, unseen := range []map[string]any{before, hidden, blocked} {
		r.asAlan.call("GET", r.message(unseen), nil).refused(404, "message_not_found")
		r.asAlan.call("GET", "/chat/v1/messages/"+unseen["id"].(string), nil).refused(404, "message_not_found")
		r.asAlan.call("GET", r.path+"/messages?around="+unseen["id"].(string), nil).refused(404, "message_not_found")
		r.admin.call("GET", "/chat/v1/messages/"+unseen["id"].(string), nil).expect(200)
		r.asAlan.call("GET", r.message(unseen)+"/reactions", nil).refused(404, "message_not_found")
		r.asAlan.call("GET", r.message(unseen)+"/receipts", nil).refused(404, "message_not_found")
		for _, method := range []string{"PUT", "DELETE"} {
			r.asAlan.call(method, reaction(r.message(unseen), "👍"), nil).refused(404, "message_not_found")
		}
		r.asGrace.call("PUT", reaction(r.message(unseen), "👍"), nil).expect(201)
	}
}

func TestWhoComesBackDoesNotEditWhatItNoLongerSees(t *testing.T) {
	r := newRoom(t, pod.Options{}, store.NewConversation{SinceJoin: true})
	sent := r.send(r.asGrace, map[string]any{"content": "x"})
	r.asGrace.call("PATCH", r.message(sent), `{"content":"y"}`).expect(200)
	r.asAda.call("DELETE", r.path+"/members/username:grace", nil).expect(204)
	r.asAda.call("POST", r.path+"/members", map[string]any{"user": "username:grace", "role": "admin"}).expect(201)
	r.asGrace.call("GET", r.message(sent), nil).refused(404, "message_not_found")
	r.asGrace.call("PATCH", r.message(sent), `{"content":"z"}`).refused(404, "message_not_found")
	r.admin.call("PATCH", r.message(sent), `{"content":"z"}`).expect(200)
	r.asGrace.call("DELETE", r.message(sent), nil).expect(204)
}

func TestAMessageChangesByAMergePatch(t *testing.T) { onEveryEngine(t, aMessageChangesByAMergePatch) }

func aMessageChangesByAMergePatch(t *testing.T, r *room) {
	g := NewWithT(t)
	sent := r.send(r.asGrace, map[string]any{"content": "x", "properties": map[string]any{"a": 1, "b": map[string]any{"c": 2, "d": 3}}})
	patch := func(c *client, body any) response { return c.call("PATCH", r.message(sent), body) }

	changed := patch(r.asGrace, `{"properties":{"a":null,"b":{"c":4}}}`).expect(200)
	g.Expect(changed["properties"]).To(Equal(map[string]any{"b": map[string]any{"c": 4.0, "d": 3.0}}))
	g.Expect(changed).NotTo(HaveKey("editedAt"), "properties alone are no edit")
	g.Expect(changed).To(HaveKeyWithValue("content", "x"))
	g.Expect(patch(r.asGrace, `{"properties":null}`).expect(200)["properties"]).To(BeEmpty())
	edited := patch(r.asGrace, `{"content":"y"}`).expect(200)
	g.Expect(edited).To(And(HaveKeyWithValue("editedBy", r.grace.ID.String()), HaveKey("editedAt")))

	patch(r.asGrace, `{"content":null}`).refused(400, "invalid_request")
	patch(r.asGrace, map[string]any{"attachments": attachments(1)}).refused(400, "invalid_request")
	patch(r.asAda, `{"content":"z"}`).refused(403, "permission_denied")
	patch(r.asAda, `{"properties":{}}`).refused(403, "permission_denied")
	g.Expect(patch(r.admin, `{"content":"z"}`).expect(200)).NotTo(HaveKey("editedBy"), "the project itself did")

	sent = r.send(r.asGrace, map[string]any{"type": "file", "content": "x", "attachments": attachments(1)})
	edited = patch(r.asGrace, map[string]any{"content": nil, "attachments": attachments(2)}).expect(200)
	g.Expect(edited).To(And(HaveKeyWithValue("content", ""), HaveKeyWithValue("attachments", attachments(2))))
	patch(r.asGrace, map[string]any{"attachments": []any{}}).refused(400, "invalid_request")

	r.change(t, func(change store.Change) error {
		member, err := change.Member(t.Context(), r.grace.ID)
		if err != nil {
			return err
		}
		member.Permissions, member.Rev = model.Permissions{model.MessageEdit: false, model.MessageDelete: false}, change.Next()
		_, err = change.SaveMember(t.Context(), member)
		return err
	})
	patch(r.asGrace, `{"content":"z"}`).refused(403, "permission_denied")
	r.asGrace.call("DELETE", r.message(sent), nil).refused(403, "permission_denied")
	r.asAda.call("DELETE", r.message(sent)+"?for=all", nil).expect(204)
	patch(r.admin, `{"content":"z"}`).refused(409, "message_deleted")
	r.asAda.call("DELETE", r.message(sent), nil).refused(409, "message_deleted")
	g.Expect(r.asAda.call("GET", r.message(sent), nil).expect(200)).To(HaveKeyWithValue("deletedBy", r.ada.ID.String()))
}

func TestPropertiesOfAMessageStayWithinTheirLimitWhenTheyAreMerged(t *testing.T) {
	limits := pod.GenerousLimits()
	limits.PropertiesBytes = 21
	r := newRoom(t, pod.Options{Limits: &limits}, store.NewConversation{})
	sent := r.send(r.asAda, map[string]any{"content": "x", "properties": map[string]any{"a": "12345"}})
	r.asAda.call("PATCH", r.message(sent), `{"properties":{"b":"1"}}`).expect(200)
	r.asAda.call("PATCH", r.message(sent), fmt.Sprintf(`{"properties":{"b":%q}}`, "12")).refused(413, "too_large")
}
