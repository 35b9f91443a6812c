package native_test

// peopleMatrix are the cells of sessions, users and blocks.
var peopleMatrix = []matrixRow{
	{"startGuestSession", "yyy---------------uu", "", func(s *matrixScenario) (string, string, any) { return "POST", "/sessions/guest", `{}` }},
	{"mintToken", "yyy---------------uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.user("/tokens"), nil }},
	{"mintToken of an administrator", "yy----------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", "/users/" + s.chief.ID.String() + "/tokens", nil
	}},
	{"revokeTokens", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.user("/tokens/revoke"), nil }},
	{"revokeTokens of oneself", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "POST", s.own("/tokens/revoke"), nil }},
	{"refreshSession", "uuuuuuuuuuuuuuuuuuuu", "", func(s *matrixScenario) (string, string, any) {
		return "POST", "/sessions/refresh", `{"refreshToken":"prt_unknown"}`
	}},
	{"verifySession", "yyyyyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/sessions/verify", nil }},
	{"listSessions", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "GET", "/sessions?user=" + s.target.ID.String(), nil
	}},
	{"listSessions of oneself", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) {
		return "GET", "/sessions?user=" + s.actor.ID.String(), nil
	}},
	{"createUser", "yyyyy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "POST", "/users", `{}` }},
	{"createUser with a role", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "POST", "/users", `{"role":"staff"}` }},
	{"listUsers", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/users", nil }},
	{"getUser", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.user(""), nil }},
	{"getUser of oneself", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.own(""), nil }},
	{"updateUser", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "PATCH", s.user(""), `{"displayName":"x"}` }},
	{"updateUser: oneself", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "PATCH", s.own(""), `{"displayName":"x"}` }},
	{"updateUser: the own role", "yy-y--------------uu", "", func(s *matrixScenario) (string, string, any) { return "PATCH", s.own(""), `{"role":"superadmin"}` }},
	{"updateUser: a role", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "PATCH", s.user(""), `{"role":"staff"}` }},
	{"updateUser: suspend", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "PATCH", s.user(""), `{"accountStatus":"suspended"}`
	}},
	{"deleteUser", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.user(""), nil }},
	{"deleteUser: oneself", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.own(""), nil }},
	{"listSecrets", "yy----------------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.own("/secrets"), nil }},
	{"setSecret", "yy----------------uu", "", func(s *matrixScenario) (string, string, any) { return "PUT", s.own("/secrets/a"), `{"value":1}` }},
	{"getSecret", "00----------------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.own("/secrets/a"), nil }},
	{"deleteSecret", "00----------------uu", "", func(s *matrixScenario) (string, string, any) { return "DELETE", s.own("/secrets/a"), nil }},
	{"listBlocks", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.user("/blocks"), nil }},
	{"listBlocks of oneself", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", s.own("/blocks"), nil }},
	{"blockUser", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) {
		return "PUT", s.own("/blocks/" + s.target.ID.String()), nil
	}},
	{"blockUser for another", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "PUT", s.user("/blocks/" + s.stranger.ID.String()), nil
	}},
	{"unblockUser for another", "yy-yy-------------uu", "", func(s *matrixScenario) (string, string, any) {
		return "DELETE", s.user("/blocks/" + s.stranger.ID.String()), nil
	}},
	{"unblockUser", "yy-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) {
		return "DELETE", s.own("/blocks/" + s.target.ID.String()), nil
	}},
	{"project", "yyyyyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) (string, string, any) { return "GET", "/project", nil }},
}
