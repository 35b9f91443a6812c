//go:build unix

package guarantees_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync/atomic"

	"github.com/parley-chat/parley/test/proxy"
)

// cutEvery is how many commits go well for each one that does not.
const cutEvery = 5

// commitCutter cuts connections to PostgreSQL around every fifth COMMIT.
type commitCutter struct {
	// verdict is what becomes of such a COMMIT: Cut keeps it from the server, Pass
	// lets it through and loses the answer.
	verdict proxy.Verdict
	active  atomic.Bool // else all goes well
	commits atomic.Int64
	cuts    atomic.Int64
}

// inspector follows one connection from its start.
func (c *commitCutter) inspector() proxy.Inspector {
	return &commitWatch{cutter: c, statements: make(map[string]bool)}
}

// commitWatch reads what one client of PostgreSQL says, in so far as it commits.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
type commitWatch struct {
	cutter     *commitCutter
	started    bool            // the first message has no type
	unread     []byte          // the beginning of a message
	statements map[string]bool // the prepared ones that are COMMIT
	losing     atomic.Bool     // the answer to the last COMMIT
}

func (w *commitWatch) Sent(data []byte) proxy.Verdict {
	verdict := proxy.Pass
	w.unread = append(w.unread, data...)
	for {
		kind, body, ok := w.next()
		if !ok {
			return verdict
		}
		if !w.isCommit(kind, body) || !w.cutter.active.Load() || w.cutter.commits.Add(1)%cutEvery != 0 {
			continue
		}
		w.cutter.cuts.Add(1)
		verdict = w.cutter.verdict
		w.losing.Store(verdict == proxy.Pass)
	}
}

// next takes one whole message.
func (w *commitWatch) next() (kind byte, body []byte, ok bool) {
	head := 1
	if !w.started {
		head = 0
	}
	if len(w.unread) < head+4 {
		return 0, nil, false
	}
	end := head + int(binary.BigEndian.Uint32(w.unread[head:]))
	if len(w.unread) < end {
		return 0, nil, false
	}
	if w.started {
		kind = w.unread[0]
	}
	w.started = true
	body = w.unread[head+4 : end]
	w.unread = w.unread[end:]
	return kind, body, true
}

// isCommit knows a simple query, and the execution of a prepared statement by its
// name, which Parse gave it and Bind uses.
func (w *commitWatch) isCommit(kind byte, body []byte) bool {
	first, rest, _ := bytes.Cut(body, []byte{0})
	second, _, _ := bytes.Cut(rest, []byte{0})
	switch kind {
	case 'Q':
		return strings.EqualFold(string(first), "commit")
	case 'P':
		w.statements[string(first)] = strings.EqualFold(string(second), "commit")
	case 'B':
		return w.statements[string(second)]
	}
	return false
}

// readyForQuery ends an answer outside of a transaction.
var readyForQuery = []byte{'Z', 0, 0, 0, 5, 'I'}

// Answered waits for the end of the answer that is lost, because only then the
// server has committed.
func (w *commitWatch) Answered(data []byte) proxy.Verdict {
	switch {
	case !w.losing.Load():
		return proxy.Pass
	case bytes.HasSuffix(data, readyForQuery):
		return proxy.Cut
	}
	return proxy.Swallow
}
