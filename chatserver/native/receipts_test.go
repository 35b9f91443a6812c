package native_test

import (
	"fmt"
	"testing"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// marks are what receipt.moved and membership.updated have in common.
type marks struct {
	User, Conversation    string
	ReadSeq, DeliveredSeq int
	OwnRev, ClearedSeq    int
	Muted, Hidden         bool
	At                    string
}

// moved accepts a receipt.moved that says the user has read so far.
func moved(t *testing.T, user model.User, readSeq int) func(pod.Frame) bool {
	return func(frame pod.Frame) bool {
		return frame.Event == "receipt.moved" && data[marks](t, frame.Data).User == user.ID.String() &&
			data[marks](t, frame.Data).ReadSeq == readSeq
	}
}

func TestAReadMarkIsToldToTheConversationAndToTheReadersOtherSessions(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		r := newPair(t, model.Group, options)
		sender := r.one.Open(t, r.asAda.header)
		reader, other := r.two.Open(t, r.asGrace.header), r.one.Open(t, r.asGrace.header)
		r.send(r.asAda, 3)

		reader.Send(map[string]any{"id": 1, "op": "read", "conversation": r.conversation.String(), "seq": 2})
		answer := data[marks](t, reader.Await(pod.Answer(1)).OK)
		g.Expect(answer.ReadSeq).To(Equal(2))
		g.Expect(answer.DeliveredSeq).To(BeNumerically(">=", 2))
		member, err := r.project.Store.Member(t.Context(), r.conversation, r.grace.ID)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(member.ReadSeq).To(BeEquivalentTo(2), "an acked mark is durable")

		told := sender.Await(moved(t, r.grace, 2))
		g.Expect(told.Conversation).To(Equal(r.conversation.String()))
		g.Expect(told.Rev).To(BeZero(), "it has no place in the order of the conversation")
		own := data[marks](t, other.Await(pod.Event("membership.updated")).Data)
		g.Expect(own.Conversation).To(Equal(r.conversation.String()))
		g.Expect(own.ReadSeq).To(Equal(2))
		g.Expect(own.OwnRev).To(Equal(answer.OwnRev))

		r.asGrace.call("POST", r.path("/read"), nil).expect(200)
		sender.Await(moved(t, r.grace, 3))
		unread := r.asGrace.call("POST", r.path("/unread"), map[string]any{"seq": 2}).expect(200)
		g.Expect(unread).To(numbers(map[string]int{"readSeq": 1, "deliveredSeq": 3}))
		sender.Await(moved(t, r.grace, 1))
		g.Expect(r.asGrace.call("GET", r.path("/unread"), nil).expect(200)).To(numbers(map[string]int{"count": 2}))
	})
}

func TestAMarkMovesTheReadMarkForwardAndNeverBeyondTheLastMessage(t *testing.T) {
	r := newPair(t, model.Group, pod.Options{})
	second := r.send(r.asAda, 2)
	r.send(r.asAda, 2)
	for _, step := range []struct {
		name    string
		mark    any
		readSeq int
	}{
		{"a seq", map[string]any{"seq": 1}, 1},
		{"a message", map[string]any{"message": second}, 2},
		{"zero, which is before all", map[string]any{"seq": 0}, 2},
		{"an earlier seq", map[string]any{"seq": 1}, 2},
		{"a seq beyond the last", map[string]any{"seq": 99}, 4},
		{"nothing, for the last", nil, 4},
	} {
		answer := r.asGrace.call("POST", r.path("/read"), step.mark).expect(200)
		NewWithT(t).Expect(answer).To(numbers(map[string]int{"readSeq": step.readSeq}), step.name)
	}
}

func TestAMarkThatDidNotMoveIsNotTold(t *testing.T) {
	r := newPair(t, model.Group, pod.Options{})
	r.send(r.asAda, 1)
	r.asGrace.call("POST", r.path("/read"), nil).expect(200)
	socket := r.one.Open(t, r.asAda.header)
	r.asGrace.call("POST", r.path("/read"), nil).expect(200)
	r.asGrace.call("POST", r.path("/unread"), map[string]any{"seq": 5}).expect(200)
	r.send(r.asGrace, 1)
	NewWithT(t).Expect(socket.Next().Event).To(Equal("message.created"))
}

func TestABadMarkIsRefused(t *testing.T) {
	r := newPair(t, model.Group, pod.Options{})
	first := r.send(r.asAda, 1)
	r.send(r.asAda, 1)
	r.asGrace.call("POST", r.path("/clear"), map[string]any{"upTo": 1}).expect(200)
	for name, test := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"both":                       {"/read", `{"seq":1,"message":"` + first + `"}`, 400, "invalid_request"},
		"below zero":                 {"/read", `{"seq":-1}`, 400, "invalid_request"},
		"no number":                  {"/read", `{"seq":"1"}`, 400, "invalid_request"},
		"unknown field":              {"/read", `{"sequence":1}`, 400, "invalid_request"},
		"unknown message":            {"/read", `{"message":"1999999999999"}`, 404, "message_not_found"},
		"message that was cleared":   {"/read", `{"message":"` + first + `"}`, 404, "message_not_found"},
		"unread from nowhere":        {"/unread", ``, 400, "invalid_request"},
		"unread from zero":           {"/unread", `{"seq":0}`, 400, "invalid_request"},
		"unread an unknown message":  {"/unread", `{"message":"external:x"}`, 404, "message_not_found"},
		"delivered below zero":       {"/delivered", `{"seq":-1}`, 400, "invalid_request"},
		"delivered, unknown message": {"/delivered", `{"message":"1999999999999"}`, 404, "message_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			r.asGrace.call("POST", r.path(test.path), test.body).refused(test.status, test.code)
		})
	}
	socket := r.two.Open(t, r.asGrace.header)
	room := r.conversation.String()
	for id, test := range []struct{ fields, code string }{
		{`"conversation":"` + room + `","seq":-1`, "invalid_request"},
		{`"conversation":"` + room + `","seq":1,"message":"1"`, "invalid_request"},
		{`"seq":1`, "invalid_request"},
		{`"conversation":"` + room + `","message":"1999999999999"`, "message_not_found"},
		{`"conversation":"1999999999999"`, "conversation_not_found"},
	} {
		socket.SendRaw(websocket.TextMessage, fmt.Appendf(nil, `{"id":%d,"op":"read",%s}`, id, test.fields))
		NewWithT(t).Expect(socket.Await(pod.Answer(int64(id))).Error.Code).To(Equal(test.code), test.fields)
	}
}

func TestOnlyMembersHaveMarks(t *testing.T) {
	r := newPair(t, model.Private, pod.Options{})
	eve := newClient(t, r.one, pod.Bearer(r.project.Token(t, r.project.User(t, "eve"))))
	public := r.create(store.NewConversation{Type: model.Public}, r.ada)
	server := newClient(t, r.one, key(r.project.SecretKey))
	for _, path := range []string{"/read", "/delivered", "/clear"} {
		eve.call("POST", r.path(path), nil).refused(404, "conversation_not_found")
		eve.call("POST", pathOf(public, path), nil).refused(404, "member_not_found")
		server.call("POST", r.path(path), nil).refused(400, "invalid_request")
		server.as(key(r.project.PublicKey)).call("POST", r.path(path), nil).refused(403, "permission_denied")
	}
	for _, path := range []string{"/receipts", "/context"} {
		eve.call("GET", r.path(path), nil).refused(404, "conversation_not_found")
		eve.call("GET", pathOf(public, path), nil).refused(403, "permission_denied")
		server.call("GET", r.path(path), nil).expect(200)
	}
	r.send(r.asAda, 1)
	server.as(onBehalf(r.project.SecretKey, "username:grace")).call("POST", r.path("/read"), nil).expect(200)
	member, err := r.project.Store.Member(t.Context(), r.conversation, r.grace.ID)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(member.ReadSeq).To(BeEquivalentTo(1))
}

func TestAConversationThatKeepsNothingHasNoMarks(t *testing.T) {
	r := newPair(t, model.Group, pod.Options{})
	for name, id := range map[string]model.ConversationID{
		"ephemeral": r.create(store.NewConversation{Type: model.Group, Ephemeral: true}, r.ada),
		"open":      r.create(store.NewConversation{Type: model.Open, Ephemeral: true}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/read", "/delivered", "/clear"} {
				r.asAda.call("POST", pathOf(id, path), nil).refused(409, "conversation_ephemeral")
			}
			r.asAda.call("POST", pathOf(id, "/unread"), map[string]any{"seq": 1}).refused(409, "conversation_ephemeral")
			for _, path := range []string{"/receipts", "/context", "/unread", "/messages/1000000000001/receipts"} {
				r.asAda.call("GET", pathOf(id, path), nil).refused(409, "conversation_ephemeral")
			}
			socket := r.one.Open(t, r.asAda.header)
			socket.Send(map[string]any{"id": 1, "op": "read", "conversation": id.String()})
			NewWithT(t).Expect(socket.Await(pod.Answer(1)).Error.Code).To(Equal("conversation_ephemeral"))
		})
	}
}

func TestReceiptsSayWhoHasReadWhatAndSinceWhen(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		r := newPair(t, model.Group, options)
		first := r.send(r.asAda, 1)
		second := r.send(r.asAda, 1)
		r.asGrace.call("POST", r.path("/read"), map[string]any{"message": first}).expect(200)
		r.asGrace.call("POST", r.path("/delivered"), nil).expect(200)

		read := r.asAda.call("GET", r.path("/messages/"+first+"/receipts"), nil).expect(200)
		g.Expect(read["items"]).To(ConsistOf(SatisfyAll(HaveKeyWithValue("user", r.grace.ID.String()), HaveKey("at"), numbers(map[string]int{"seq": 1}))))
		unread := r.asAda.call("GET", r.path("/messages/"+second+"/receipts?kind=read"), nil).expect(200)
		g.Expect(unread["items"]).To(BeEmpty())
		g.Expect(unread["total"]).To(BeEquivalentTo(0))
		got := r.asAda.call("GET", r.path("/messages/"+second+"/receipts?kind=delivered"), nil).expect(200)
		g.Expect(got["items"]).To(HaveLen(1))
		r.asAda.call("GET", r.path("/messages/"+second+"/receipts?kind=seen"), nil).refused(400, "invalid_request")
		r.asAda.call("GET", r.path("/messages/1999999999999/receipts"), nil).refused(404, "message_not_found")

		page := r.asAda.call("GET", r.path("/receipts?limit=1"), nil).expect(200)
		g.Expect(page["total"]).To(BeEquivalentTo(2))
		g.Expect(page["items"]).To(ConsistOf(SatisfyAll(HaveKeyWithValue("user", r.ada.ID.String()), numbers(map[string]int{"readSeq": 0}))))
		page = r.asAda.call("GET", r.path("/receipts?limit=1&cursor="+page["next"].(string)), nil).expect(200)
		g.Expect(page["items"]).To(ConsistOf(SatisfyAll(HaveKeyWithValue("user", r.grace.ID.String()), HaveKey("readAt"), numbers(map[string]int{"readSeq": 1, "deliveredSeq": 2}))))
	})
}

func TestTheContextTellsOfAHundredMembersWithinARange(t *testing.T) {
	g := NewWithT(t)
	r := newPair(t, model.Group, pod.Options{})
	r.send(r.asAda, 4)
	r.asGrace.call("POST", r.path("/read"), map[string]any{"seq": 3}).expect(200)
	for query, members := range map[string]int{
		"": 2, "?from=3": 1, "?from=4": 0, "?to=2": 1, "?from=0&to=3": 2, "?from=3&to=3": 1,
	} {
		answer := r.asGrace.call("GET", r.path("/context"+query), nil).expect(200)
		g.Expect(answer["members"]).To(HaveLen(members), query)
		g.Expect(answer).To(numbers(map[string]int{"firstSeq": 1, "lastSeq": 4}))
		g.Expect(answer["own"]).To(numbers(map[string]int{"readSeq": 3}))
	}
	for _, query := range []string{"?from=-1", "?to=-1", "?from=x", "?from=3&to=2"} {
		r.asGrace.call("GET", r.path("/context"+query), nil).refused(400, "invalid_request")
	}

	const members = 100
	full := r.create(store.NewConversation{Type: model.Group}, append(r.users(members-1), r.ada)...)
	answer := r.asAda.call("GET", pathOf(full, "/context"), nil).expect(200)
	g.Expect(answer["members"]).To(HaveLen(members))
	g.Expect(answer).To(HaveKeyWithValue("complete", true))
	g.Expect(r.project.Store.ChangeConversation(t.Context(), full, func(change store.Change) error {
		_, err := change.SaveMember(t.Context(), model.Member{
			Conversation: full, User: r.grace.ID, Role: model.RoleMember, CreatedRev: change.Next(), Rev: change.Conversation().Rev, CreatedAt: change.Now(),
		})
		return err
	})).To(Succeed())
	answer = r.asAda.call("GET", pathOf(full, "/context"), nil).expect(200)
	g.Expect(answer["members"]).To(HaveLen(members))
	g.Expect(answer).To(HaveKeyWithValue("complete", false))
}

func TestWhatAWebSocketGotIsDelivered(t *testing.T) {
	g := NewWithT(t)
	r := newPair(t, model.Group, pod.Options{})
	sender := r.one.Open(t, r.asAda.header)
	reader := r.two.Open(t, r.asGrace.header)
	message := r.send(r.asAda, 1)
	reader.Await(pod.Event("message.created"))
	told := data[marks](t, sender.Await(moved(t, r.grace, 0)).Data)
	g.Expect(told.DeliveredSeq).To(Equal(1))
	got := r.asAda.call("GET", r.path("/messages/"+message+"/receipts?kind=delivered"), nil).expect(200)
	g.Expect(got["items"]).To(HaveLen(1))
	g.Expect(r.asAda.call("GET", r.path("/messages/"+message+"/receipts"), nil).expect(200)["items"]).To(BeEmpty())
}

func TestReceiptsAreToldUpToTheLimitOfMembers(t *testing.T) {
	limits := pod.GenerousLimits()
	limits.ReceiptMembers = 2
	g := NewWithT(t)
	r := newPair(t, model.Group, pod.Options{Limits: &limits})
	large := r.create(store.NewConversation{Type: model.Group}, append(r.users(1), r.ada, r.grace)...)
	r.append(r.conversation, r.ada, 2)
	r.append(large, r.ada, 2)
	follower, own := r.one.Open(t, r.asAda.header), r.one.Open(t, r.asGrace.header)

	for id, deliveredSeq := range map[model.ConversationID]int{r.conversation: 1, large: 0} {
		answer := r.asGrace.call("POST", pathOf(id, "/delivered"), map[string]any{"seq": 1}).expect(200)
		g.Expect(answer).To(numbers(map[string]int{"deliveredSeq": deliveredSeq}))
	}
	g.Expect(follower.Await(pod.Event("receipt.moved")).Conversation).To(Equal(r.conversation.String()))

	r.asGrace.call("POST", pathOf(large, "/read"), nil).expect(200)
	g.Expect(own.Await(pod.Event("membership.updated")).Data).To(ContainSubstring(large.String()))
	r.asGrace.call("POST", r.path("/read"), nil).expect(200)
	g.Expect(follower.Await(pod.Event("receipt.moved")).Conversation).To(Equal(r.conversation.String()), "the large one was not told")
	g.Expect(config.DefaultLimits().ReceiptMembers).To(Equal(100))
}
