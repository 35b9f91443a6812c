package native_test

import "github.com/parley-chat/parley/chatserver/model"

// socketMatrix are the cells of the ops of the WebSocket. One who cannot open a
// socket is refused by the handshake.
var socketMatrix = []matrixFrameRow{
	{"op.send", "-y-0000yyyyyy-00y-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "send", "conversation": s.room.ID.String(), "content": "x"}
	}},
	{"op.send: open", "-y-yyyyyyyyyyyy-y-uu", model.Open, func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "send", "conversation": s.room.ID.String(), "content": "x"}
	}},
	{"op.edit of another", "-y-yy---------00--uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "edit", "conversation": s.room.ID.String(), "message": s.theirs.ID.String(), "content": "x"}
	}},
	{"op.delete of another", "-y-yyy-yyy----00--uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "delete", "conversation": s.room.ID.String(), "message": s.theirs.ID.String()}
	}},
	{"op.react", "-y-0000yyyyy--00y-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "react", "conversation": s.room.ID.String(), "message": s.theirs.ID.String(), "emoji": "x"}
	}},
	{"op.event", "-y-0000yyyyyy-00y-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "event", "conversation": s.room.ID.String(), "type": "poll.opened"}
	}},
	{"op.read", "-y-0000yyyyy-y00y-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "read", "conversation": s.room.ID.String()}
	}},
	{"op.attach", "-y-yyyyyyyyy-y00y-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "attach", "conversation": s.room.ID.String()}
	}},
	{"op.attach: public", "-y-yyyyyyyyy-y--y-uu", model.Public, func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "attach", "conversation": s.room.ID.String()}
	}},
	{"op.attach: open", "-y-yyyyyyyyyyyy-y-uu", model.Open, func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "attach", "conversation": s.room.ID.String()}
	}},
	{"op.detach", "-y-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "detach", "conversation": s.room.ID.String()}
	}},
	{"op.presence", "-y-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) map[string]any { return map[string]any{"op": "presence", "status": "away"} }},
	{"op.typing", "-y-----yyyyyy-00y-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "typing", "conversation": s.room.ID.String(), "active": true}
	}},
	{"op.keystrokes", "-y-----yyyyyy-00y-uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "keystrokes", "conversation": s.room.ID.String(), "keys": "x"}
	}},
	{"op.auth as another", "------------------uu", "", func(s *matrixScenario) map[string]any {
		return map[string]any{"op": "auth", "token": s.project.Token(s.t, s.target)}
	}},
	{"op.sync", "-y-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) map[string]any { return map[string]any{"op": "sync"} }},
	{"op.ping", "-y-yyyyyyyyyyyyyy-uu", "", func(s *matrixScenario) map[string]any { return map[string]any{"op": "ping"} }},
}
