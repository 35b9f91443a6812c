package chat

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/parley-chat/parley/chatserver/store"
)

// serverClientIDPrefix keeps the ids that the server makes up apart from those
// of clients.
const serverClientIDPrefix = "parley-"

func newClientID(random io.Reader) (string, error) {
	var bytes [16]byte
	if _, err := io.ReadFull(random, bytes[:]); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s%x", serverClientIDPrefix, bytes), nil
}

// requestHash tells a repeated request from another one under the same client
// id. Each part is preceded by its length, so that no two requests run together.
// A plain message has the hash that it had before there were the further fields.
func requestHash(message store.NewMessage, in SendMessage) [32]byte {
	parts := [][]byte{[]byte(message.Type), []byte(message.ExternalID), message.Content, message.Properties}
	further := struct {
		Attachments any
		Mentions    any
		GroupTag    string
		Parent      any
	}{message.Attachments, in.Mentions, in.GroupTag, in.Parent}
	if len(message.Attachments)+len(in.Mentions)+len(in.GroupTag) > 0 || in.Parent.ID != 0 || in.Parent.ExternalID != "" {
		encoded, err := json.Marshal(further)
		if err != nil {
			// Strings, numbers and JSON that was read before always encode.
			panic(err)
		}
		parts = append(parts, encoded)
	}
	hash := sha256.New()
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write(part)
	}
	return [32]byte(hash.Sum(nil))
}

func compact(value json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	if err := json.Compact(&out, value); err != nil {
		// The decoder of every wire has seen to it that this is JSON.
		return value
	}
	return out.Bytes()
}
