package native_test

import "github.com/parley-chat/parley/chatserver/model"

// conversationsMatrix are the cells of conversations and members.
var conversationsMatrix = []matrixRow{
	{"listConversations", "by-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/conversations", nil }},
	{"listConversations: all", "yy-yyyy-----------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/conversations?all=true", nil }},
	{"listConversations of another", "yy-yyyy-----------uu", "", func(s *matrixScenario) (string, string, any) {
		return "GET", "/conversations?user=" + s.target.ID.String(), nil
	}},
	{"createConversation", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", "/conversations", `{}` }},
	{"createConversation: open", "yy-yyy------------uu", "", func(s *matrixScenario) (string, string, any) { return "POST", "/conversations", `{"type":"open"}` }},
	{"createConversation for another", "yb----------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", "/conversations", map[string]any{"createdBy": s.target.ID.String()}
	}},
	{"getConversation", "yy-yyyyyyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in(""), nil }},
	{"getConversation: public", "yy-yyyyyyyyyyyyyy-uu", model.Public, func(s *matrixScenario) (string, string, any) { return "GET", s.in(""), nil }},
	{"updateConversation", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) { return "PATCH", s.in(""), `{"name":"x"}` }},
	{"updateConversation: public", "yy-yyy-yyy--------uu", model.Public, func(s *matrixScenario) (string, string, any) { return "PATCH", s.in(""), `{"name":"x"}` }},
	{"deleteConversation", "yy-yy--y------00--uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.in(""), nil }},
	{"archiveConversation", "yy-yyy-yy-----00--uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/archive"), nil }},
	{"unarchiveConversation", "yy-yyy-yy-----00--uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/unarchive"), nil }},
	{"listMembers", "yy-yyyyyyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/members"), nil }},
	{"listMembers: public", "yy-yyyyyyyyyyy--y-uu", model.Public, func(s *matrixScenario) (string, string, any) { return "GET", s.in("/members"), nil }},
	{"addMember", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/members"), map[string]any{"user": s.stranger.ID.String()}
	}},
	{"addMember: oneself", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/members"), map[string]any{"user": s.actor.ID.String()}
	}},
	{"addMember: an owner", "yy-yy--y------00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/members"), map[string]any{"user": s.stranger.ID.String(), "role": "owner"}
	}},
	{"getMember", "yy-yyyyyyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) {
		return "GET", s.in("/members/" + s.target.ID.String()), nil
	}},
	{"updateMember: promote", "yy-yy--yy-----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "PATCH", s.in("/members/" + s.target.ID.String()), `{"role":"moderator"}`
	}},
	{"updateMember: oneself", "0y-0000y------00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "PATCH", s.in("/members/" + s.actor.ID.String()), `{"role":"owner"}`
	}},
	{"updateMember: deny", "yy-yy--yy-----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "PATCH", s.in("/members/" + s.target.ID.String()), `{"permissions":{"message.send":false}}`
	}},
	{"removeMember", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "DELETE", s.in("/members/" + s.target.ID.String()), nil
	}},
	{"removeMember: the owner", "yy-yy---------00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "DELETE", s.in("/members/" + s.room.CreatedBy.String()), nil
	}},
	{"joinConversation", "by-----yyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/join"), nil }},
	{"joinConversation: public", "by-yyyyyyyyyyyy-y-uu", model.Public, func(s *matrixScenario) (string, string, any) { return "POST", s.in("/join"), nil }},
	{"leaveConversation", "by-0000yyyyyyy00y-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.in("/leave"), nil }},
	{"listBans", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/bans"), nil }},
	{"getBan", "00-000-000----00--uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/bans/" + s.actor.ID.String()), nil }},
	{"banUser", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "PUT", s.in("/bans/" + s.target.ID.String()), map[string]any{"expiresAt": later()}
	}},
	{"unbanUser", "00-000-000----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "DELETE", s.in("/bans/" + s.actor.ID.String()), nil
	}},
	{"listConversationInvites", "yy-yyyyyyy----00--uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/invites"), nil }},
	{"createInvite", "yy-yyy-yyy----00--uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", s.in("/invites"), map[string]any{"user": s.stranger.ID.String()}
	}},
	{"listInvites", "by-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/invites", nil }},
	{"revokeInvite", "y0-yyy-0000000-00-uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.invited(""), nil }},
	{"acceptInvite", "b0-yyyy0000000y00-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.invited("/accept"), nil }},
	{"declineInvite", "b0-yyyy0000000y00-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.invited("/decline"), nil }},
	{"listMessages", "yy-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.in("/messages"), nil }},
}
