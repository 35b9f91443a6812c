package load

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/test/history"
)

// texts makes the messages of one worker. A number alone makes client id and
// content, so that other workers can make them again.
type texts struct{ worker int }

func newTexts(worker int) *texts { return &texts{worker} }

func (t *texts) clientID(number int) string { return fmt.Sprintf("%d-%d", t.worker, number) }

// content is JSON without anything to escape.
func (t *texts) content(number, bytes int) string {
	text := t.clientID(number)
	return `{"text":"` + text + strings.Repeat(".", max(0, bytes-len(text))) + `"}`
}

func (t *texts) digest(number, bytes int) uint64 {
	return history.Digest([]byte(t.content(number, bytes)))
}
