package native

import (
	"encoding/base64"
	"strconv"

	"github.com/parley-chat/parley/chatserver/model"
)

// A cursor is a direction and a seq. It is encoded so that clients do not come
// to depend on its parts.
const (
	cursorBefore = 'b'
	cursorAfter  = 'a'
)

var cursorEncoding = base64.RawURLEncoding.Strict()

func encodeCursor(page model.MessagePage) string {
	direction, seq := byte(cursorAfter), page.After
	if page.Before > 0 {
		direction, seq = cursorBefore, page.Before
	}
	return cursorEncoding.EncodeToString(strconv.AppendInt([]byte{direction}, seq, 10))
}

func decodeCursor(text string) (model.MessagePage, bool) {
	plain, err := cursorEncoding.DecodeString(text)
	if err != nil || len(plain) < 2 || plain[1] < '0' || plain[1] > '9' {
		return model.MessagePage{}, false
	}
	seq, err := strconv.ParseInt(string(plain[1:]), 10, 64)
	if err != nil || seq > model.MaxID {
		return model.MessagePage{}, false
	}
	switch {
	case plain[0] == cursorAfter:
		// What comes after nothing is the beginning, and not the end.
		return model.MessagePage{After: seq, Oldest: seq == 0}, true
	case plain[0] == cursorBefore && seq > 0:
		return model.MessagePage{Before: seq}, true
	}
	return model.MessagePage{}, false
}
