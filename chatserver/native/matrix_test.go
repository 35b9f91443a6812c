package native_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// The outcomes of a cell of the permission matrix.
const (
	cellAllowed  = 'y' // done
	cellRefused  = '-' // 403: known to the caller and not allowed
	cellHidden   = '0' // 404: for the caller it does not exist
	cellUnknown  = 'u' // 401: nobody that the project knows
	cellBad      = 'b' // 400: it needs a user, or means nothing for this caller
	cellConflict = 'c' // 409: allowed, and without sense in this state
)

// matrixRow is one operation: what becomes of it, a letter for each of
// matrixPrincipals, and the request. What follows the first blank or colon of
// its name tells several rows of one operation apart.
type matrixRow struct {
	name    string
	want    string
	kind    model.ConversationType // default group
	request func(*matrixScenario) (method, path string, body any)
}

// matrixFrameRow is one op of the WebSocket.
type matrixFrameRow struct {
	name  string
	want  string
	kind  model.ConversationType
	frame func(*matrixScenario) map[string]any
}

func (s *matrixScenario) user(rest string) string { return "/users/" + s.target.ID.String() + rest }

func (s *matrixScenario) own(rest string) string { return "/users/" + s.actor.ID.String() + rest }

func (s *matrixScenario) in(rest string) string { return "/conversations/" + s.room.ID.String() + rest }

func (s *matrixScenario) message(rest string) string {
	return s.in("/messages/" + s.theirs.ID.String() + rest)
}

// ownMessage is the caller's message, or that of the target where the caller has
// none.
func (s *matrixScenario) ownMessage() string {
	if s.mine.ID == 0 {
		return s.message("")
	}
	return s.in("/messages/" + s.mine.ID.String())
}

// invited is the caller's invite; one who is a member has none.
func (s *matrixScenario) invited(rest string) string {
	id := s.invite.ID
	if id == 0 {
		id = model.InviteID(model.MaxID)
	}
	return "/invites/" + id.String() + rest
}

func outcomeOf(t *testing.T, status int, body string) rune {
	t.Helper()
	switch {
	case status < 300 || status == http.StatusSwitchingProtocols:
		return cellAllowed
	case status == http.StatusBadRequest:
		return cellBad
	case status == http.StatusUnauthorized:
		return cellUnknown
	case status == http.StatusForbidden:
		return cellRefused
	case status == http.StatusNotFound:
		return cellHidden
	case status == http.StatusConflict:
		return cellConflict
	}
	t.Errorf("answered %d: %s", status, body)
	return '?'
}

func (s *matrixScenario) call(method, path string, body any) rune {
	s.t.Helper()
	text, isText := body.(string)
	if body != nil && !isText {
		encoded, err := json.Marshal(body)
		expectNone(s.t, err)
		text = string(encoded)
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.pod.URL+"/chat/v1"+path, strings.NewReader(text))
	expectNone(s.t, err)
	request.Header = s.header.Clone()
	answer, err := http.DefaultClient.Do(request)
	expectNone(s.t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	expectNone(s.t, err)
	return outcomeOf(s.t, answer.StatusCode, string(content))
}

// ask sends one frame over a socket of its own. A handshake that is refused is
// the outcome too.
func (s *matrixScenario) ask(frame map[string]any) rune {
	s.t.Helper()
	url := "ws" + strings.TrimPrefix(s.pod.URL, "http") + "/chat/v1/ws"
	connection, response, err := websocket.DefaultDialer.DialContext(s.t.Context(), url, s.header)
	if errors.Is(err, websocket.ErrBadHandshake) {
		defer response.Body.Close()
		return outcomeOf(s.t, response.StatusCode, "")
	}
	expectNone(s.t, err)
	defer connection.Close()
	frame["id"] = 1
	expectNone(s.t, connection.WriteJSON(frame))
	for {
		_, message, err := connection.ReadMessage()
		expectNone(s.t, err)
		for line := range bytes.SplitSeq(message, []byte{'\n'}) {
			var answer struct {
				ID    *int64 `json:"id"`
				Error *struct {
					Code string `json:"code"`
				} `json:"error"`
			}
			expectNone(s.t, json.Unmarshal(line, &answer))
			if answer.ID != nil && answer.Error == nil {
				return cellAllowed
			}
			if answer.ID != nil {
				return frameOutcome(s.t, answer.Error.Code)
			}
		}
	}
}

// frameOutcome turns an error code of a frame into what REST would answer.
func frameOutcome(t *testing.T, code string) rune {
	t.Helper()
	switch {
	case strings.HasSuffix(code, "_not_found"):
		return cellHidden
	case code == "invalid_request":
		return cellBad
	case code == "permission_denied", code == "banned", code == "blocked", code == "user_suspended", code == "credentials_disagree":
		return cellRefused
	case strings.HasPrefix(code, "conversation_"):
		return cellConflict
	}
	t.Errorf("a frame was answered with %s", code)
	return '?'
}

func kindOrGroup(kind model.ConversationType) model.ConversationType {
	if kind == "" {
		return model.Group
	}
	return kind
}

// The table says what every kind of caller may do with every operation; whatever
// it does not allow is refused.
func TestEveryOperationAnswersEveryKindOfCallerAsTheMatrixSays(t *testing.T) {
	onEachEngine(t, checkMatrix)
}

func checkMatrix(t *testing.T, options pod.Options) {
	world := newMatrixWorld(t, options)
	check := func(name, want string, kind model.ConversationType, do func(*matrixScenario) rune) {
		got := make([]rune, len(matrixPrincipals))
		for i, principal := range matrixPrincipals {
			got[i] = do(world.scenario(t, principal, kindOrGroup(kind)))
		}
		if string(got) != want {
			t.Errorf("%q: is %s and should be %s%s", name, string(got), want, differences(want, got))
		}
	}
	for _, row := range slices.Concat(peopleMatrix, conversationsMatrix, messagesMatrix) {
		check(row.name, row.want, row.kind, func(s *matrixScenario) rune { return s.call(row.request(s)) })
	}
	for _, row := range socketMatrix {
		check(row.name, row.want, row.kind, func(s *matrixScenario) rune { return s.ask(row.frame(s)) })
	}
}

func differences(want string, got []rune) string {
	var text strings.Builder
	for i, letter := range []rune(want) {
		if i < len(got) && got[i] != letter {
			text.WriteString("; " + matrixPrincipals[i].name + ": " + string(got[i]))
		}
	}
	return text.String()
}

func TestTheMatrixHasEveryOperationAndEveryOp(t *testing.T) {
	g := NewWithT(t)
	described := make(map[string]bool)
	encoded, err := os.ReadFile("openapi.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	// Parameters of a path are a list beside its methods.
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	g.Expect(yaml.Unmarshal(encoded, &document)).To(Succeed())
	for _, methods := range document.Paths {
		for _, method := range methods {
			if operation, ok := method.(map[string]any); ok {
				described[operation["operationId"].(string)] = true
			}
		}
	}
	// Every shard serves the same socket.
	delete(described, "openShardSocket")
	var asyncAPI struct {
		Channels map[string]struct {
			Messages map[string]any `json:"messages"`
		} `json:"channels"`
	}
	encoded, err = os.ReadFile("asyncapi.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(yaml.Unmarshal(encoded, &asyncAPI)).To(Succeed())
	for name := range asyncAPI.Channels["socket"].Messages {
		if strings.HasPrefix(name, "op.") {
			described[name] = true
		}
	}
	listed := make(map[string]bool)
	note := func(name, want string) {
		g.Expect(want).To(HaveLen(len(matrixPrincipals)), name)
		operation, _, _ := strings.Cut(name, ":")
		operation, _, _ = strings.Cut(operation, " ")
		listed[operation] = true
	}
	for _, row := range slices.Concat(peopleMatrix, conversationsMatrix, messagesMatrix) {
		note(row.name, row.want)
	}
	for _, row := range socketMatrix {
		note(row.name, row.want)
	}
	g.Expect(slices.Sorted(maps.Keys(listed))).To(Equal(slices.Sorted(maps.Keys(described))))
}
