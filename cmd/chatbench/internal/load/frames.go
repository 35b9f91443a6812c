package load

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/history"
)

// cachedFrames is how many frames one generation of the cache holds.
const cachedFrames = 4096

// frameCache decodes each frame once: all sessions of a conversation get the same
// bytes, and decoding them for each would cost more than all else a worker does.
// Frames are told apart by their digests. Safe for concurrent use.
type frameCache struct {
	mu           sync.Mutex
	young, older map[uint64]history.Event
}

// event decodes a frame that is no answer. A signal, which has no rev, gives an
// event without one.
func (c *frameCache) event(line []byte) (history.Event, error) {
	digest := xxhash.Sum64(line)
	c.mu.Lock()
	defer c.mu.Unlock()
	if event, found := c.young[digest]; found {
		return event, nil
	}
	event, found := c.older[digest]
	if !found {
		var err error
		if event, err = decodeEvent(line); err != nil {
			return event, err
		}
	}
	if c.young == nil || len(c.young) >= cachedFrames {
		c.young, c.older = make(map[uint64]history.Event, cachedFrames), c.young
	}
	c.young[digest] = event
	return event, nil
}

func decodeEvent(line []byte) (history.Event, error) {
	var frame struct {
		Event        string          `json:"event"`
		Conversation json.Number     `json:"conversation"`
		Rev          int64           `json:"rev"`
		Data         json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(line, &frame); err != nil {
		return history.Event{}, fmt.Errorf("decode a frame: %w", err)
	}
	if frame.Rev == 0 {
		return history.Event{}, nil
	}
	if frame.Event != "message.created" {
		return history.Event{}, fmt.Errorf("an event that nobody caused: %s", frame.Event)
	}
	var message client.Message
	if err := json.Unmarshal(frame.Data, &message); err != nil {
		return history.Event{}, fmt.Errorf("decode a message: %w", err)
	}
	return history.Event{
		Kind: history.Created, Conversation: message.Conversation, Rev: frame.Rev, Message: message.Recorded(),
	}, nil
}
