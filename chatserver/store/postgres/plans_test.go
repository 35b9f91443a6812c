package postgres

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/services"
)

// TestNoStatementReadsAWholeTable calls every method of the contract on a large
// schema and looks at the plans of whatever it sends.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	g := NewWithT(t)
	seen := &recorder{}
	opened := openIn(t, Options{DSN: dsn(services.Postgres(t)), Schema: "project", Project: "uid-1", tracer: seen})
	fill(t, opened)
	calls := planCalls(t, opened)
	called := map[string]bool{}
	for _, call := range calls {
		called[call.method] = true
		seen.take()
		g.Expect(call.run()).To(Succeed(), call.method)
		for _, sent := range seen.take() {
			if !sent.planned() {
				continue
			}
			for mode, plan := range plansOf(t, opened, sent) {
				refused := slices.DeleteFunc(plan.wholeTables(), func(table string) bool { return call.mayRead(table) })
				if len(refused) > 0 {
					t.Errorf("%s, %s, reads all of %q:\n%s\n%v", call.method, mode, refused, sent.text, sent.arguments)
				}
			}
		}
	}
	for _, contract := range []struct {
		prefix string
		of     reflect.Type
	}{{"", reflect.TypeFor[store.Store]()}, {"Change.", reflect.TypeFor[store.Change]()}} {
		for i := range contract.of.NumMethod() {
			name := contract.prefix + contract.of.Method(i).Name
			g.Expect(called[name] || name == "Close").To(BeTrue(), "%s is not called", name)
		}
	}
}

// planCall is one call of a method with arguments as they come.
type planCall struct {
	method string
	run    func() error
	// all is the table of which the call asks for everything, so that its number
	// of rows cannot be known otherwise.
	all string
}

// mayRead says of which tables a statement may read all rows: of small ones, and
// of that which the call asks for.
func (c planCall) mayRead(table string) bool {
	name, _, _ := strings.Cut(table, " ")
	large := []string{
		"users", "conversations", "members", "messages", "reactions", "hidden_messages", "hidden", "receipt_moves", "receipt",
		"blocks", "reports", "invites", "sessions", "audit",
	}
	return name == c.all || !slices.Contains(large, name)
}

// The rows that calls are about.
const (
	planUser   = model.UserID(model.FirstID + 37)
	planOther  = model.UserID(model.FirstID + 74)
	planRoom   = model.ConversationID(model.FirstID)
	planDirect = model.ConversationID(model.FirstID + 1)
)

// ignoring leaves the error of a call.
func ignoring[T any](_ T, err error) error { return err }

func ignoringTwo[T, U any](_ T, _ U, err error) error { return err }

func planCalls(t *testing.T, opened *Store) []planCall {
	t.Helper()
	return slices.Concat(
		userCalls(t, opened), tokenCalls(t, opened), conversationCalls(t, opened), conversationListCalls(t, opened),
		memberCalls(t, opened), messageCalls(t, opened), appendCalls(t, opened), moderationCalls(t, opened),
		changeCalls(t, opened), jobCalls(t, opened),
	)
}

var (
	planPage  = model.ListPage{Limit: 20}
	planSince = time.Now().Add(-time.Minute)
)

// pages are a part by offset and a part by cursor.
func pages(key, id int64) []model.ListPage {
	return []model.ListPage{{Limit: 20, Offset: 20}, {Limit: 20, After: model.ListCursor{Key: key, ID: id}}}
}

func userCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	list := func(filter store.UserFilter, page model.ListPage) func() error {
		return func() error { return ignoringTwo(s.ListUsers(ctx, filter, page)) }
	}
	calls := []planCall{
		{method: "Ping", run: func() error { return s.Ping(ctx) }},
		{method: "CreateUser", run: func() error { return ignoring(s.CreateUser(ctx, store.NewUser{Username: "new"})) }},
		{method: "User", run: func() error { return ignoring(s.User(ctx, model.UserRef{ID: planUser})) }},
		{method: "User", run: func() error { return ignoring(s.User(ctx, model.UserRef{ExternalID: "user-1"})) }},
		{method: "User", run: func() error { return ignoring(s.User(ctx, model.UserRef{Username: "name1"})) }},
		{method: "UserIDsByUsername", run: func() error {
			return ignoring(s.UserIDsByUsername(ctx, []string{"name1", "NAME2", "nobody"}))
		}},
		{method: "UserIDs", run: func() error {
			return ignoring(s.UserIDs(ctx, []model.UserRef{{ID: planUser}, {ExternalID: "user-1"}, {Username: "name1"}}))
		}},
		{method: "UsersByID", run: func() error { return ignoring(s.UsersByID(ctx, []model.UserID{planUser, planOther})) }},
		{method: "UpdateUser", run: func() error {
			return ignoring(s.UpdateUser(ctx, planUser, func(user *model.User) error { user.Email = "a@example.org"; return nil }))
		}},
		{method: "TouchUsers", run: func() error {
			return s.TouchUsers(ctx, map[model.UserID]time.Time{planUser: time.Now(), planOther: time.Now()})
		}},
		{method: "EraseUser", run: func() error {
			return ignoring(s.EraseUser(ctx, model.FirstID+19_999, store.NewJob{Kind: model.EraseUser}, model.AuditEvent{Action: "x"}))
		}},
		{method: "ListUsers", run: list(store.UserFilter{Search: "name 77"}, planPage)},
		{method: "ListUsers", run: list(store.UserFilter{DisplayName: "Name 77"}, planPage)},
		{method: "ListUsers", run: list(store.UserFilter{IDs: []model.UserID{planUser, planOther}}, planPage)},
		{method: "ListUsers", run: list(store.UserFilter{AccountStatus: model.AccountActive}, planPage), all: "users"},
	}
	for _, page := range pages(0, int64(planUser)) {
		calls = append(calls, planCall{method: "ListUsers", run: list(store.UserFilter{}, page), all: "users"})
	}
	return calls
}

func tokenCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	expiresAt := time.Now().Add(time.Hour)
	token := model.RefreshToken{Hash: [32]byte{1}, Family: "f", User: planUser, ExpiresAt: expiresAt}
	record := model.SessionRecord{ID: "new", Kind: model.UserSession, User: planUser, StartedAt: time.Now()}
	calls := []planCall{
		{method: "SaveRefreshToken", run: func() error { return s.SaveRefreshToken(ctx, token) }},
		{method: "RotateRefreshToken", run: func() error {
			return ignoring(s.RotateRefreshToken(ctx, token.Hash, model.RefreshToken{Hash: [32]byte{2}, ExpiresAt: expiresAt}, time.Now()))
		}},
		{method: "RevokeTokens", run: func() error { return ignoring(s.RevokeTokens(ctx, planUser)) }},
		{method: "RevokedSince", run: func() error { return ignoring(s.RevokedSince(ctx, planSince)) }},
		{method: "DeleteExpired", run: func() error { return ignoring(s.DeleteExpired(ctx, time.Now(), 100)) }},
		{method: "SavePass", run: func() error { return s.SavePass(ctx, store.Pass{User: planUser, ExpiresAt: expiresAt}) }},
		{method: "TakePass", run: func() error { return ignoring(s.TakePass(ctx, [32]byte{}, time.Now())) }},
		{method: "SetSecret", run: func() error { return s.SetSecret(ctx, planUser, "n", []byte("x")) }},
		{method: "Secret", run: func() error { return ignoring(s.Secret(ctx, planUser, "n")) }},
		{method: "SecretNames", run: func() error { return ignoring(s.SecretNames(ctx, planUser)) }},
		{method: "DeleteSecret", run: func() error { return s.DeleteSecret(ctx, planUser, "n") }},
		{method: "RecordSessions", run: func() error {
			return s.RecordSessions(ctx, []model.SessionRecord{record}, map[string]time.Time{"1": time.Now()})
		}},
		{method: "DeleteSessions", run: func() error { return ignoring(s.DeleteSessions(ctx, planSince, 100)) }},
		{method: "ListSessions", run: func() error {
			return ignoringTwo(s.ListSessions(ctx, store.SessionFilter{}, planPage))
		}, all: "sessions"},
	}
	for _, filter := range []store.SessionFilter{{User: planUser}, {Conversation: planRoom}, {User: planUser, Ended: new(false)}} {
		for _, page := range pages(time.Now().UnixMicro(), model.FirstID) {
			calls = append(calls, planCall{method: "ListSessions", run: func() error { return ignoringTwo(s.ListSessions(ctx, filter, page)) }})
		}
	}
	return calls
}

func conversationCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	room := store.NewConversation{
		Type: model.Direct, CreatedBy: planUser, Members: []store.NewMember{{User: planUser}, {User: model.FirstID + 12_345}},
		FirstMessages: []store.NewMessage{{Sender: planUser, ClientID: "c", Type: model.TextMessage, Content: []byte(`"x"`)}},
	}
	return []planCall{
		{method: "Epoch", run: func() error { return ignoring(s.Epoch(ctx)) }},
		{method: "Now", run: func() error { return ignoring(s.Now(ctx)) }},
		{method: "CreateConversation", run: func() error { return ignoring(s.CreateConversation(ctx, room)) }},
		{method: "CreateConversation", run: func() error { return ignoring(s.CreateConversation(ctx, room)) }},
		{method: "Conversation", run: func() error { return ignoring(s.Conversation(ctx, model.ConversationRef{ID: planRoom})) }},
		{method: "Conversation", run: func() error { return ignoring(s.Conversation(ctx, model.ConversationRef{ExternalID: "room-5"})) }},
		{method: "Standing", run: func() error { return ignoring(s.Standing(ctx, model.ConversationRef{ID: planRoom}, planUser)) }},
		{method: "Standing", run: func() error {
			return ignoring(s.Standing(ctx, model.ConversationRef{ExternalID: "room-5"}, planUser))
		}},
		{method: "Revs", run: func() error { return ignoring(s.Revs(ctx, []model.ConversationID{planRoom, planDirect})) }},
		{method: "Changes", run: func() error { return ignoring(s.Changes(ctx, planRoom, filledRoomMessages-50, 100)) }},
		{method: "Changes", run: func() error { return ignoring(s.Changes(ctx, planRoom, 0, 100)) }},
		{method: "MembershipsChanged", run: func() error {
			return ignoring(s.MembershipsChanged(ctx, []model.UserID{planUser, planOther}, planSince))
		}},
		{method: "Memberships", run: func() error { return ignoring(s.Memberships(ctx, planUser, 1000)) }},
	}
}

func conversationListCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	list := func(all string, filter store.ConversationFilter, page model.ListPage) planCall {
		return planCall{method: "ListConversations", all: all, run: func() error {
			return ignoringTwo(s.ListConversations(t.Context(), filter, page))
		}}
	}
	calls := []planCall{
		list("conversations", store.ConversationFilter{Viewer: planUser}, planPage),
		list("conversations", store.ConversationFilter{Types: []model.ConversationType{model.Public}}, planPage),
	}
	for _, page := range pages(time.Now().UnixMicro(), model.FirstID) {
		for _, filter := range []store.ConversationFilter{
			{Viewer: planUser, MemberOf: planUser},
			{Viewer: planUser, MemberOf: planUser, Unread: new(true), Hidden: new(false)},
			{Viewer: planUser, MemberOf: planUser, Types: []model.ConversationType{model.Group}, ActivitySince: planSince},
			{Viewer: planUser, WithMembers: []model.UserID{planUser, planOther}, OnlyMembers: true},
			{Search: "room 77"},
			{Name: "Room 77"},
			{CreatedBy: planUser},
		} {
			calls = append(calls, list("", filter, page))
		}
		// Half of the public ones are to be read.
		calls = append(calls, list("conversations", store.ConversationFilter{JoinableBy: planUser}, page))
	}
	return calls
}

func memberCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	mark := []store.DeliveredMark{{Conversation: planRoom, User: planOther, Seq: 50}, {Conversation: planRoom, User: planUser, Seq: 50}}
	calls := []planCall{
		{method: "Member", run: func() error { return ignoring(s.Member(ctx, planRoom, planUser)) }},
		{method: "SaveOwn", run: func() error {
			return ignoring(s.SaveOwn(ctx, planRoom, planUser, func(member *model.Member) error { member.ClearedSeq = 9; return nil }))
		}},
		{method: "HideMessage", run: func() error { return ignoringTwo(s.HideMessage(ctx, planRoom, planUser, 77)) }},
		{method: "MarkRead", run: func() error { return ignoringTwo(s.MarkRead(ctx, planRoom, planUser, filledRoomMessages-100)) }},
		{method: "MarkUnread", run: func() error { return ignoringTwo(s.MarkUnread(ctx, planRoom, planUser, filledRoomMessages-200)) }},
		{method: "MarkDelivered", run: func() error { return ignoring(s.MarkDelivered(ctx, mark, 100)) }},
		{method: "Unread", run: func() error { return ignoring(s.Unread(ctx, planUser, []model.ConversationID{planRoom, planDirect})) }},
		{method: "UnreadTotals", run: func() error { return ignoringTwo(s.UnreadTotals(ctx, planUser, nil)) }},
		{method: "UnreadTotals", run: func() error {
			return ignoringTwo(s.UnreadTotals(ctx, planUser, []model.ConversationType{model.Group}))
		}},
	}
	for _, page := range pages(0, int64(planUser)) {
		for _, filter := range []store.MemberFilter{
			{}, {Roles: []model.MemberRole{model.RoleMember}}, {Users: []model.UserID{planUser}}, {Search: "name 7"},
		} {
			calls = append(calls,
				// A tenth of all users are in this one.
				planCall{method: "ListMembers", all: "users", run: func() error {
					return ignoringTwo(s.ListMembers(ctx, planRoom, filter, page))
				}},
				planCall{method: "ListMembers", run: func() error { return ignoringTwo(s.ListMembers(ctx, planDirect, filter, page)) }})
		}
		for _, kind := range []store.ReceiptKind{store.ReadReceipt, store.DeliveredReceipt} {
			calls = append(calls, planCall{method: "ListReceipts", run: func() error {
				return ignoringTwo(s.ListReceipts(ctx, planRoom, 20, kind, page))
			}})
		}
	}
	return calls
}

func messageCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	known := model.MessageRef{ExternalID: fmt.Sprint(planRoom, "-7")}
	message, err := s.FindMessage(ctx, known)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var calls []planCall
	for _, ref := range []model.MessageRef{known, {ID: message.ID}} {
		calls = append(calls,
			planCall{method: "Message", run: func() error { return ignoring(s.Message(ctx, planRoom, ref)) }},
			planCall{method: "FindMessage", run: func() error { return ignoring(s.FindMessage(ctx, ref)) }})
	}
	for _, filter := range []store.MessageFilter{
		{}, {Viewer: planUser, Floor: 10}, {Thread: message.ID}, {Parent: message.ID}, {NoReplies: true, Live: true},
		{Types: []model.MessageType{model.TextMessage}}, {Sender: planUser}, {GroupTag: "x"}, {Mentions: planUser},
		{Since: planSince, Until: time.Now()}, {Threads: true, Live: true},
	} {
		for _, page := range []model.MessagePage{
			{Limit: 50}, {Limit: 50, Before: 5_000}, {Limit: 50, After: 5_000}, {Limit: 50, Oldest: true, Offset: 100},
		} {
			calls = append(calls, planCall{method: "Messages", run: func() error { return ignoring(s.Messages(ctx, planRoom, filter, page)) }})
		}
		calls = append(calls, planCall{method: "CountMessages", run: func() error { return ignoring(s.CountMessages(ctx, planRoom, filter)) }})
	}
	for _, page := range pages(time.Now().UnixMicro(), model.FirstID) {
		for _, emoji := range []string{"", "x"} {
			calls = append(calls, planCall{method: "ListReactions", run: func() error {
				return ignoringTwo(s.ListReactions(ctx, planRoom, 21, emoji, page))
			}})
		}
	}
	return calls
}

func appendCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	parent, err := s.FindMessage(ctx, model.MessageRef{ExternalID: fmt.Sprint(planRoom, "-7")})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	send := func(sender model.UserID, parent model.MessageID, clientIDs ...string) func() error {
		var group []store.NewMessage
		for i, clientID := range clientIDs {
			group = append(group, store.NewMessage{
				Conversation: planRoom + model.ConversationID(i%2), Sender: sender, ClientID: clientID, Type: model.TextMessage,
				Content: []byte(`"x"`), Parent: parent,
			})
		}
		return func() error { return ignoring(s.Append(ctx, group)) }
	}
	return []planCall{
		{method: "Append", run: send(planUser, 0, "one")},
		{method: "Append", run: send(planUser, 0, "two", "three", "four", "five")},
		{method: "Append", run: send(planUser, parent.ID, "reply")},
		{method: "Append", run: send(model.FirstID+15_000, 0, "refused")},
	}
}

func moderationCalls(t *testing.T, s *Store) []planCall {
	t.Helper()
	ctx := t.Context()
	message, err := s.FindMessage(ctx, model.MessageRef{ExternalID: fmt.Sprint(planRoom, "-7")})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	report := model.Report{Conversation: planRoom, Message: message.ID, Reporter: planUser}
	calls := []planCall{
		{method: "SaveBlock", run: func() error { return ignoringTwo(s.SaveBlock(ctx, planUser, model.FirstID+5)) }},
		{method: "AnyBlock", run: func() error { return ignoring(s.AnyBlock(ctx, planUser, []model.UserID{planOther})) }},
		{method: "BlockedBy", run: func() error { return ignoring(s.BlockedBy(ctx, []model.UserID{planUser, planOther})) }},
		{method: "DeleteBlock", run: func() error { return ignoring(s.DeleteBlock(ctx, planUser, model.FirstID+5)) }},
		{method: "SaveReport", run: func() error { return ignoring(s.SaveReport(ctx, report)) }},
		{method: "DeleteReport", run: func() error { return s.DeleteReport(ctx, planRoom, message.ID, planUser) }},
		{method: "AddAudit", run: func() error { return s.AddAudit(ctx, model.AuditEvent{Action: "x"}) }},
		{method: "Invite", run: func() error { return ignoring(s.Invite(ctx, model.FirstID+1)) }},
	}
	for _, page := range pages(0, model.FirstID+100) {
		calls = append(calls, planCall{method: "ListBans", run: func() error { return ignoringTwo(s.ListBans(ctx, planRoom, page)) }})
		for _, filter := range []store.InviteFilter{{Conversation: planRoom, Status: model.InvitePending}, {User: planUser}} {
			calls = append(calls, planCall{method: "ListInvites", run: func() error { return ignoringTwo(s.ListInvites(ctx, filter, page)) }})
		}
		for _, filter := range []store.ReportFilter{{Conversation: planDirect}, {Message: message.ID}, {Reporter: planUser}} {
			calls = append(calls, planCall{method: "ListReports", run: func() error { return ignoringTwo(s.ListReports(ctx, filter, page)) }})
		}
		for _, filter := range []store.AuditFilter{{Action: "action 1"}, {Actor: planUser}, {User: planUser}, {Conversation: planRoom}} {
			calls = append(calls, planCall{method: "ListAudit", run: func() error { return ignoringTwo(s.ListAudit(ctx, filter, page)) }})
		}
	}
	for _, page := range pages(time.Now().UnixMicro(), model.FirstID) {
		calls = append(calls, planCall{method: "ListBlocks", run: func() error { return ignoringTwo(s.ListBlocks(ctx, planUser, page)) }})
	}
	return calls
}
