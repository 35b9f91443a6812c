package native_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

func attachments(count int) []any {
	list := []any{}
	for i := range count {
		list = append(list, map[string]any{"url": fmt.Sprintf("https://example.org/%d.jpg", i)})
	}
	return list
}

func TestAMessageCarriesWhatItWasSentWith(t *testing.T) {
	onEveryEngine(t, aMessageCarriesWhatItWasSentWith)
}

func aMessageCarriesWhatItWasSentWith(t *testing.T, r *room) {
	g := NewWithT(t)
	file := map[string]any{
		"url": "https://example.org/a.jpg", "name": "a.jpg", "contentType": "image/jpeg", "size": 7.0,
		"properties": map[string]any{"width": 3.0},
	}
	sent := r.send(r.asAda, map[string]any{
		"type": "file", "attachments": []any{file}, "groupTag": "photos", "externalId": "m-1", "properties": map[string]any{"a": 1},
	})
	g.Expect(sent).To(And(
		HaveKeyWithValue("durable", true), HaveKeyWithValue("content", ""), HaveKeyWithValue("groupTag", "photos"),
		HaveKeyWithValue("author", map[string]any{"username": "ada"}), HaveKeyWithValue("attachments", []any{file}),
	))
	read := r.asGrace.call("GET", r.path+"/messages/m-1", nil).expect(200)
	delete(sent, "durable")
	g.Expect(read).To(Equal(sent))
	g.Expect(r.asGrace.call("GET", "/chat/v1/messages/m-1", nil).expect(200)).To(Equal(sent))
	r.asAlan.call("GET", "/chat/v1/messages/m-1", nil).refused(404, "message_not_found")
	r.asAlan.call("GET", r.path+"/messages/m-1", nil).refused(404, "conversation_not_found")
	r.asAlan.call("POST", r.path+"/messages", map[string]any{"content": "x"}).refused(404, "conversation_not_found")
}

func TestASendIsRefusedWithTheFieldThatIsWrong(t *testing.T) {
	r := newGroup(t)
	mention := func(mention map[string]any) map[string]any {
		return map[string]any{"content": "hello", "mentions": []any{mention}}
	}
	attachment := func(field string, value any) map[string]any {
		file := map[string]any{"url": "https://example.org/a"}
		file[field] = value
		return map[string]any{"type": "file", "attachments": []any{file}}
	}
	for name, test := range map[string]struct {
		body  map[string]any
		field string
	}{
		"unknown type":                {map[string]any{"content": "x", "type": "video"}, "type"},
		"file without a file":         {map[string]any{"content": "x", "type": "file"}, "attachments"},
		"text with a file":            {map[string]any{"content": "x", "attachments": attachments(1)}, "attachments"},
		"too many files":              {map[string]any{"type": "file", "attachments": attachments(11)}, "attachments"},
		"relative URL":                {attachment("url", "/a.jpg"), "attachments.0.url"},
		"URL of another scheme":       {attachment("url", "ftp://example.org/a"), "attachments.0.url"},
		"URL without a host":          {attachment("url", "https:///a"), "attachments.0.url"},
		"URL too long":                {attachment("url", "https://example.org/"+strings.Repeat("x", 2029)), "attachments.0.url"},
		"name too long":               {attachment("name", strings.Repeat("x", 257)), "attachments.0.name"},
		"content type too long":       {attachment("contentType", strings.Repeat("x", 129)), "attachments.0.contentType"},
		"negative size":               {attachment("size", -1), "attachments.0.size"},
		"properties no object":        {attachment("properties", 7), "attachments.0.properties"},
		"thread without a name":       {map[string]any{"type": "thread"}, "content"},
		"thread that is a reply":      {map[string]any{"type": "thread", "content": "x", "parent": "y"}, "parent"},
		"group tag too long":          {map[string]any{"content": "x", "groupTag": strings.Repeat("x", 129)}, "groupTag"},
		"parent that names nothing":   {map[string]any{"content": "x", "parent": "external:"}, "parent"},
		"mention of nothing":          {mention(map[string]any{}), "mentions.0"},
		"mention of two things":       {mention(map[string]any{"user": "a", "conversation": "b"}), "mentions.0"},
		"mention of nobody":           {mention(map[string]any{"user": "nobody"}), "mentions.0.user"},
		"mention of an unseen room":   {mention(map[string]any{"conversation": "nowhere"}), "mentions.0.conversation"},
		"mention behind the text":     {mention(map[string]any{"user": "username:ada", "start": 1, "end": 6}), "mentions.0"},
		"mention that ends too early": {mention(map[string]any{"user": "username:ada", "start": 2, "end": 2}), "mentions.0"},
	} {
		t.Run(name, func(t *testing.T) {
			problem := r.asAda.call("POST", r.path+"/messages", test.body).refused(400, "invalid_request")
			NewWithT(t).Expect(problem["errors"].([]any)[0]).To(HaveKeyWithValue("field", test.field))
		})
	}
	r.asAda.call("POST", r.path+"/messages", attachment("properties", map[string]any{"x": strings.Repeat("x", 16*1024)})).refused(413, "too_large")
	r.asAda.call("POST", r.path+"/messages", map[string]any{"content": "x", "parent": "m-9"}).refused(404, "parent_not_found")
	r.asAda.call("POST", r.path+"/messages", map[string]any{"content": "x", "parent": "1000000999999"}).refused(404, "parent_not_found")
}

func TestTheNumberOfFilesAndMentionsOfAMessageIsASetting(t *testing.T) {
	limits := pod.GenerousLimits()
	limits.AttachmentsPerMessage, limits.MentionsPerMessage = 2, 2
	r := newRoom(t, pod.Options{Limits: &limits}, store.NewConversation{})
	r.send(r.asAda, map[string]any{"type": "file", "attachments": attachments(2)})
	r.asAda.call("POST", r.path+"/messages", map[string]any{"type": "file", "attachments": attachments(3)}).refused(400, "invalid_request")
	mention := map[string]any{"user": "username:ada"}
	sent := r.send(r.asAda, map[string]any{"content": "@grace @alan", "mentions": []any{mention}})
	NewWithT(t).Expect(sent["mentions"]).To(HaveLen(2), "what the text shows fills up to the limit")
	r.asAda.call("POST", r.path+"/messages", map[string]any{"content": "x", "mentions": []any{mention, mention, mention}}).refused(400, "invalid_request")
}

func TestMentionsAndLinksStandWithTheMessageAndFollowItsText(t *testing.T) {
	onEveryEngine(t, mentionsAndLinksStandWithTheMessageAndFollowItsText)
}

func mentionsAndLinksStandWithTheMessageAndFollowItsText(t *testing.T, r *room) {
	g := NewWithT(t)
	sent := r.send(r.asAda, map[string]any{
		"content":  map[string]any{"text": "👋 @GRACE, see https://example.org/@alan and @nobody"},
		"mentions": []any{map[string]any{"user": "username:alan"}, map[string]any{"conversation": r.id.String()}},
	})
	grace := map[string]any{"user": r.grace.ID.String(), "start": 3.0, "end": 9.0}
	alan, here := map[string]any{"user": r.alan.ID.String()}, map[string]any{"conversation": r.id.String()}
	g.Expect(sent["mentions"]).To(Equal([]any{alan, here, grace}), "a URL mentions nobody")
	g.Expect(sent["links"]).To(Equal([]any{map[string]any{"url": "https://example.org/@alan", "start": 15.0, "end": 40.0}}))
	g.Expect(r.texts(r.asGrace, "mentions=username:grace")).To(HaveLen(1))
	g.Expect(r.texts(r.asGrace, "mentions=username:ada")).To(BeEmpty())

	edited := r.asAda.call("PATCH", r.message(sent), map[string]any{"content": "to @ada"}).expect(200)
	g.Expect(edited["mentions"]).To(Equal([]any{alan, here, map[string]any{"user": r.ada.ID.String(), "start": 3.0, "end": 7.0}}))
	g.Expect(edited).NotTo(HaveKey("links"))
	edited = r.asAda.call("PATCH", r.message(sent), map[string]any{"content": "to nobody", "mentions": []any{}}).expect(200)
	g.Expect(edited).NotTo(HaveKey("mentions"))
}

func TestARepeatedSendIsTheSameOnlyInAllItsFields(t *testing.T) {
	r := newGroup(t)
	root := r.send(r.asAda, map[string]any{"content": "root"})
	body := func() map[string]any {
		return map[string]any{
			"clientId": "c", "type": "file", "content": "x", "attachments": attachments(1), "groupTag": "g",
			"mentions": []any{map[string]any{"user": "username:grace"}}, "parent": root["id"], "properties": map[string]any{"a": 1},
		}
	}
	first := r.send(r.asAda, body())
	again := r.asAda.call("POST", r.path+"/messages", body()).expect(200)
	NewWithT(t).Expect(again["id"]).To(Equal(first["id"]))
	for field, value := range map[string]any{
		"attachments": attachments(2), "groupTag": "h", "parent": first["id"], "externalId": "e", "content": "y",
		"mentions": []any{map[string]any{"user": "username:alan"}}, "properties": map[string]any{"a": 2},
	} {
		other := body()
		other[field] = value
		r.asAda.call("POST", r.path+"/messages", other).refused(409, "client_id_reused")
	}
}

func TestOnlyASecretKeySpeaksForTheProjectOrForOthers(t *testing.T) {
	onEveryEngine(t, onlyASecretKeySpeaksForTheProjectOrForOthers)
}

func onlyASecretKeySpeaksForTheProjectOrForOthers(t *testing.T, r *room) {
	g := NewWithT(t)
	system := map[string]any{"type": "system_text", "content": "Ada joined"}
	r.asAda.call("POST", r.path+"/messages", system).refused(403, "permission_denied")
	sent := r.send(r.admin, system)
	g.Expect(sent).NotTo(Or(HaveKey("sender"), HaveKey("author")))
	r.send(r.admin, map[string]any{"type": "system_file", "attachments": attachments(1)})
	r.admin.call("POST", r.path+"/messages", map[string]any{"content": "x"}).refused(400, "invalid_request")

	named := map[string]any{"content": "x", "sender": "username:grace"}
	g.Expect(r.send(r.admin, named)).To(HaveKeyWithValue("sender", r.grace.ID.String()))
	r.admin.as(onBehalf(r.project.SecretKey, "username:ada")).call("POST", r.path+"/messages", named).refused(400, "invalid_request")
	r.asAda.call("POST", r.path+"/messages", named).refused(403, "permission_denied")
	r.admin.call("POST", r.path+"/messages", map[string]any{"content": "x", "sender": "username:nobody"}).refused(404, "user_not_found")
	r.admin.call("POST", r.path+"/messages", map[string]any{"content": "x", "sender": "username:alan"}).refused(404, "member_not_found")

	// Nobody but the project edits what the project said.
	r.asAda.call("PATCH", r.message(sent), map[string]any{"content": "y"}).refused(403, "permission_denied")
	g.Expect(r.admin.call("PATCH", r.message(sent), map[string]any{"content": "y"}).expect(200)).NotTo(HaveKey("editedBy"))
}

func TestTheHistoryShowsWhatAUserIsCalledNow(t *testing.T) {
	g := NewWithT(t)
	r := newGroup(t)
	r.send(r.asAda, map[string]any{"content": "x"})
	_, err := r.project.Store.UpdateUser(t.Context(), r.ada.ID, func(user *model.User) error {
		user.DisplayName = "Ada L."
		return nil
	})
	g.Expect(err).NotTo(HaveOccurred())
	page := r.asAda.call("GET", r.path+"/messages", nil).expect(200)
	g.Expect(page["items"].([]any)[0]).To(HaveKeyWithValue("author", map[string]any{"username": "ada", "displayName": "Ada L."}))
}

func TestANameThatThisServerChangedIsOnTheNextMessage(t *testing.T) {
	g := NewWithT(t)
	r := newGroup(t)
	r.send(r.asAda, map[string]any{"content": "x"})
	r.admin.call("PATCH", "/chat/v1/users/username:ada", map[string]any{"displayName": "Ada L."}).expect(200)
	g.Expect(r.send(r.asAda, map[string]any{"content": "y"})).To(HaveKeyWithValue("author", map[string]any{"username": "ada", "displayName": "Ada L."}))
}

func TestADirectConversationTakesNothingAcrossABlock(t *testing.T) {
	r := newRoom(t, pod.Options{}, store.NewConversation{Type: model.Direct})
	sent := r.send(r.asAda, map[string]any{"content": "hi"})
	_, _, err := r.project.Store.SaveBlock(t.Context(), r.grace.ID, r.ada.ID)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, c := range []*client{r.asAda, r.asGrace} {
		c.call("POST", r.path+"/messages", map[string]any{"content": "x"}).refused(403, "blocked")
		c.call("POST", r.path+"/events", map[string]any{"type": "x"}).refused(403, "blocked")
		c.call("PUT", reaction(r.message(sent), "👍"), nil).refused(403, "blocked")
	}
}

func TestAConversationThatKeepsNothingChecksAndDelivers(t *testing.T) {
	g := NewWithT(t)
	for name, wanted := range map[string]store.NewConversation{
		"ephemeral": {Ephemeral: true},
		"open":      {Type: model.Open, Ephemeral: true},
		"direct":    {Type: model.Direct, Ephemeral: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, pod.Options{}, wanted)
			path := r.path + "/messages"
			sent := r.asAda.call("POST", path, map[string]any{"content": "hi @grace", "clientId": "c"}).expect(200)
			g.Expect(sent).To(And(
				HaveKeyWithValue("durable", false), HaveKeyWithValue("clientId", "c"), HaveKeyWithValue("mentions", HaveLen(1)),
				HaveKeyWithValue("author", map[string]any{"username": "ada"}),
				Not(Or(HaveKey("id"), HaveKey("seq"), HaveKey("rev"), HaveKey("createdRev"))),
			))
			g.Expect(r.texts(r.asAda, "")).To(BeEmpty())
			r.asAda.call("POST", path, map[string]any{"content": "x", "parent": "1000000000001"}).refused(404, "parent_not_found")
			r.asAda.call("POST", path, map[string]any{"content": "x", "type": "thread"}).refused(409, "conversation_ephemeral")
			if wanted.Type == model.Open {
				r.asAlan.call("POST", path, map[string]any{"content": "x"}).expect(200)
			} else {
				r.asAlan.call("POST", path, map[string]any{"content": "x"}).refused(404, "conversation_not_found")
			}
			if wanted.Type == model.Direct {
				_, _, err := r.project.Store.SaveBlock(t.Context(), r.grace.ID, r.ada.ID)
				g.Expect(err).NotTo(HaveOccurred())
				r.asAda.call("POST", path, map[string]any{"content": "x"}).refused(403, "blocked")
			}
			r.change(t, func(change store.Change) error {
				return change.SaveBan(t.Context(), model.Ban{Conversation: r.id, User: r.ada.ID, CreatedAt: change.Now()})
			})
			r.asAda.call("POST", path, map[string]any{"content": "x"}).refused(403, "banned")
			_, err := r.project.Store.UpdateUser(t.Context(), r.grace.ID, func(user *model.User) error {
				user.Permissions = model.Permissions{model.MessageSend: false}
				return nil
			})
			g.Expect(err).NotTo(HaveOccurred())
			r.asGrace.call("POST", path, map[string]any{"content": "x"}).refused(403, "permission_denied")
			g.Expect(r.admin.call("POST", path, map[string]any{"content": "x", "type": "system_text"}).expect(200)).NotTo(HaveKey("sender"))
			r.change(t, func(change store.Change) error {
				change.Conversation().Status = model.ConversationArchived
				change.Next()
				return nil
			})
			r.admin.call("POST", path, map[string]any{"content": "x", "type": "system_text"}).refused(409, "conversation_archived")
		})
	}
}

func TestACustomEventNeedsWhatAMessageNeeds(t *testing.T) {
	r := newGroup(t)
	path := r.path + "/events"
	r.asAda.call("POST", path, map[string]any{"type": "poll.opened"}).expect(204)
	r.admin.call("POST", path, map[string]any{"type": strings.Repeat("x", 64)}).expect(204)
	for _, bad := range []string{"", strings.Repeat("x", 65), "Poll", "a b", "ä"} {
		r.asAda.call("POST", path, map[string]any{"type": bad}).refused(400, "invalid_request")
	}
	r.asAda.call("POST", path, map[string]any{"type": "x", "properties": map[string]any{"x": strings.Repeat("x", config.DefaultLimits().PropertiesBytes)}}).refused(413, "too_large")
	r.asAlan.call("POST", path, map[string]any{"type": "x"}).refused(404, "conversation_not_found")
	r.change(t, func(change store.Change) error {
		member, err := change.Member(t.Context(), r.grace.ID)
		if err != nil {
			return err
		}
		member.Permissions, member.Rev = model.Permissions{model.MessageSend: false}, change.Next()
		_, err = change.SaveMember(t.Context(), member)
		return err
	})
	r.asGrace.call("POST", path, map[string]any{"type": "x"}).refused(403, "permission_denied")
}
