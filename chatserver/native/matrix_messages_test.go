package native_test

import "github.com/parley-chat/parley/chatserver/model"

// messagesMatrix are the cells of messages and of everything else.
var messagesMatrix = []matrixRow{
	{"listMessages: public", "yy-yyyyyyyyy-y--y-uu", model.Public, func(s *matrixScenario) (string, string, any) { return "GET", s.in("/messages"), nil }},
	{"sendMessage", "by-0000yyyyyy-00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/messages"), `{"content":"x"}` }},
	{"sendMessage: public", "by-0000yyyyyy-0-y-uu", model.Public, func(s *matrixScenario) (string, string, any) { return "POST", s.in("/messages"), `{"content":"x"}` }},
	{"sendMessage: open", "by-yyyyyyyyyyyy-y-uu", model.Open, func(s *matrixScenario) (string, string, any) { return "POST", s.in("/messages"), `{"content":"x"}` }},
	{"sendMessage: direct", "by-0000yyyyyy-00--uu", model.Direct, func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/messages"), `{"content":"x"}`
	}},
	{"listMessages: direct", "yy-yyyyyyyyy-y00y-uu", model.Direct, func(s *matrixScenario) (string, string, any) { return "GET", s.in("/messages"), nil }},
	{"sendMessage: system", "yy----------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/messages"), `{"content":"x","type":"system_text"}`
	}},
	{"sendMessage as another", "yb----------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/messages"), map[string]any{"content": "x", "sender": s.target.ID.String()}
	}},
	{"listThreads", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/threads"), nil }},
	{"getMessage", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.message(""), nil }},
	{"findMessage", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/messages/" + s.theirs.ID.String(), nil }},
	{"editMessage of another", "yy-yy---------00--uu", "", func(s *matrixScenario) (string, string, any) { return "PATCH", s.message(""), `{"content":"x"}` }},
	{"editMessage: one's own", "yy-yy--yyyy-yy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "PATCH", s.ownMessage(), `{"content":"x"}` }},
	{"deleteMessage of another", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.message(""), nil }},
	{"deleteMessage: one's own", "yy-yyy-yyyy-yy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.ownMessage(), nil }},
	{"deleteMessage for oneself", "by-0000yyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.message("?for=me"), nil }},
	{"triggerEvent", "yy-0000yyyyyy-00y-uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/events"), `{"type":"poll.opened"}`
	}},
	{"listReactions", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.message("/reactions"), nil }},
	{"addReaction", "by-0000yyyyy--00y-uu", "", func(s *matrixScenario) (string, string, any) { return "PUT", s.message("/reactions/x"), nil }},
	{"removeReaction", "b0-000000000-0000-uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.message("/reactions/x"), nil }},
	{"reportMessage", "by-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.message("/reports"), `{}` }},
	{"withdrawReport", "b0-00000000000000-uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.message("/reports"), nil }},
	{"listConversationReports", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/reports"), nil }},
	{"listReports", "yy-yyy------------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/reports", nil }},
	{"muteConversation", "by-0000yyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "PUT", s.in("/mute"), `{"muted":true}` }},
	{"hideConversation", "by-0000yyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "PUT", s.in("/hidden"), `{"hidden":true}` }},
	{"clearHistory", "by-0000yyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/clear"), nil }},
	{"markRead", "by-0000yyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/read"), nil }},
	{"markUnread", "by-0000yyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/unread"), `{"seq":1}` }},
	{"markDelivered", "by-0000yyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/delivered"), `{"seq":1}` }},
	{"unread", "by-0000yyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/unread"), nil }},
	{"unreadTotals", "by-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/unread", nil }},
	{"listReceipts", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/receipts"), nil }},
	{"listMessageReceipts", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.message("/receipts"), nil }},
	{"readingContext", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/context"), nil }},
	{"getPresence", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.user("/presence"), nil }},
	{"setPresence", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "PUT", s.own("/presence"), `{"status":"away"}` }},
	{"setPresence of another", "yy----------------uu", "", func(s *matrixScenario) (string, string, any) { return "PUT", s.user("/presence"), `{"status":"away"}` }},
	{"listPresence", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) {
		return "GET", "/presence?user=" + s.target.ID.String(), nil
	}},
	{"getConversationPresence", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/presence"), nil }},
	{"setTyping", "by-----yyyyyy-00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/typing"), `{"active":true}` }},
	{"listJobs", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/jobs", nil }},
	{"getJob", "00-00-------------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/jobs/1000000999999", nil }},
	{"listAudit", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/audit", nil }},
	{"connect", "yyyyyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/connect", nil }},
	{"connect to a conversation", "yy-yyyyyyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) {
		return "GET", "/connect?conversation=" + s.room.ID.String(), nil
	}},
	{"createPass", "by-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", "/connect/passes", nil }},
	{"openSocket", "-b-bbbbbbbbbbbbbb-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/ws", nil }},
	{"openapi", "yyyyyyyyyyyyyyyyyyyy", "", func(s *matrixScenario) (string, string, any) { return "GET", "/openapi.yaml", nil }},
	{"asyncapi", "yyyyyyyyyyyyyyyyyyyy", "", func(s *matrixScenario) (string, string, any) { return "GET", "/asyncapi.yaml", nil }},
}
