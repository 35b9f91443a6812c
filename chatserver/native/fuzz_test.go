package native

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/chatserver/model"
)

// sameFrame compares frames with each other, and raw JSON by what it says.
var sameFrame = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.Transformer("JSON", func(raw json.RawMessage) any {
		if raw == nil {
			return nil
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return err.Error()
		}
		return []any{value}
	}),
}

// expectRefusal requires an error that says which field is wrong.
func expectRefusal(t *testing.T, err error) {
	t.Helper()
	known := model.AsError(err)
	if known.Kind != model.KindInvalid && known.Kind != model.KindTooLarge || len(known.Fields) == 0 {
		t.Fatalf("refused as %v", err)
	}
}

// expectSameAgain requires that an accepted frame, written and read again, is the
// same frame.
func expectSameAgain(t *testing.T, accepted call) {
	t.Helper()
	written, err := json.Marshal(accepted.frame)
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := decodeFrame(written)
	if err != nil {
		t.Fatalf("%s is refused: %v", written, err)
	}
	if difference := cmp.Diff(accepted.frame, again.frame, sameFrame); difference != "" {
		t.Fatalf("%s is another frame: %s", written, difference)
	}
}

// The seeds of the fuzz tests are in testdata/fuzz.

func FuzzDecodeFrame(f *testing.F) {
	f.Fuzz(func(t *testing.T, message []byte) {
		head, accepted, err := decodeFrame(message)
		if err != nil {
			expectRefusal(t, err)
			return
		}
		if !utf8.Valid(message) || !json.Valid(message) {
			t.Fatalf("%q is taken", message)
		}
		if inside := accepted.frame.head(); head.ID == nil || *inside.ID != *head.ID || inside.Op != head.Op {
			t.Fatalf("the head %v is not that of the frame, %v", head, inside)
		}
		expectSameAgain(t, accepted)
	})
}

// FuzzResumeState fuzzes what a client says that it saw last.
func FuzzResumeState(f *testing.F) {
	f.Fuzz(func(t *testing.T, epoch, conversations string) {
		encoded, err := json.Marshal(map[string]any{"id": 1, "op": "sync", "epoch": epoch})
		if err != nil {
			t.Fatal(err)
		}
		if conversations != "" {
			encoded = append(encoded[:len(encoded)-1], `,"conversations":`+conversations+`}`...)
		}
		_, accepted, err := decodeFrame(encoded)
		if err != nil {
			expectRefusal(t, err)
			return
		}
		// The conversations may have been the text of another frame.
		frame, isSync := accepted.frame.(syncFrame)
		if !isSync {
			return
		}
		expectSameAgain(t, accepted)
		state := frame.state()
		if state == nil {
			if frame.Epoch != "" || frame.Conversations != nil {
				t.Fatalf("%s is read as nothing", encoded)
			}
			return
		}
		for id, rev := range state.Conversations {
			if id < model.FirstID || id > model.MaxID || rev < 0 {
				t.Fatalf("%s: conversation %d at rev %d", encoded, id, rev)
			}
		}
	})
}

func FuzzDecodeCursor(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string, seq int64) {
		if page, ok := decodeCursor(text); ok {
			if page.After < 0 || page.Before < 0 || page.After > 0 && page.Before > 0 || page.Oldest != (page.After == 0 && page.Before == 0) {
				t.Fatalf("%q is read as %+v", text, page)
			}
			expectCursor(t, page)
		}
		if seq > 0 && seq <= model.MaxID {
			expectCursor(t, model.MessagePage{After: seq})
			expectCursor(t, model.MessagePage{Before: seq})
		}
	})
}

// expectCursor requires that a page is read back from its cursor.
func expectCursor(t *testing.T, page model.MessagePage) {
	t.Helper()
	if again, ok := decodeCursor(encodeCursor(page)); !ok || again != page {
		t.Fatalf("%+v is read back as %+v, %t", page, again, ok)
	}
}

func FuzzDecodeBody(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
		var request createConversationRequest
		if err := decodeBody(c, &request); err != nil {
			expectRefusal(t, err)
			return
		}
		if len(bytes.TrimSpace(body)) > 0 && !json.Valid(body) {
			t.Fatalf("%q is taken", body)
		}
		texts := []string{request.Name, request.ExternalID, string(request.Type), string(request.Properties)}
		for _, member := range request.Members {
			texts = append(texts, member.User, string(member.Role))
		}
		for _, text := range texts {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				t.Fatalf("the text %q is taken", text)
			}
		}
	})
}
