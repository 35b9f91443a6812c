package native_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func webSocketGuide(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/websocket.md")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return string(page)
}

// An example that a server would refuse, or never send, misleads who copies it.
func TestTheWebSocketGuideShowsFramesOfTheDocument(t *testing.T) {
	g := NewWithT(t)
	document := loadedAsyncAPI(t)
	asked := map[int64]string{}
	shown := 0
	for number, line := range strings.Split(webSocketGuide(t), "\n") {
		if !strings.HasPrefix(line, `{"`) {
			continue
		}
		var frame struct {
			ID        int64
			Op, Event string
			Error     *struct{ Code string }
		}
		g.Expect(json.Unmarshal([]byte(line), &frame)).To(Succeed(), "docs/websocket.md:%d", number+1)
		name := "ok." + asked[frame.ID]
		switch {
		case frame.Event != "":
			name = "event." + frame.Event
		case frame.Op != "":
			name, asked[frame.ID] = "op."+frame.Op, frame.Op
		case frame.Error != nil:
			name = "error"
		}
		g.Expect(document.validate(name, []byte(line))).To(Succeed(), "docs/websocket.md:%d", number+1)
		shown++
	}
	g.Expect(shown).To(BeNumerically(">", len(document.named("op."))))
}

func TestTheWebSocketGuideNamesEveryOpEventAndCloseCode(t *testing.T) {
	g := NewWithT(t)
	document, page := loadedAsyncAPI(t), webSocketGuide(t)
	for _, op := range document.named("op.") {
		g.Expect(page).To(ContainSubstring(`"op":"`+op+`"`), "an example of the op %s", op)
	}
	for _, event := range document.named("event.") {
		g.Expect(page).To(Or(ContainSubstring(`"event":"`+event+`"`), ContainSubstring("`"+event+"`")), "the event %s", event)
	}
	for _, code := range []string{"1009", "1012", "4001", "4002", "4003", "4008"} {
		g.Expect(page).To(ContainSubstring("| "+code+" |"), "the close code %s", code)
	}
}
