package identity

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// DirectKey names a direct conversation by its set of members, in whatever
// order they come. Other types of conversation have none.
func DirectKey(conversation store.NewConversation) []byte {
	if conversation.Type != model.Direct {
		return nil
	}
	ids := make([]model.UserID, len(conversation.Members))
	for i, member := range conversation.Members {
		ids[i] = member.User
	}
	slices.Sort(ids)
	packed := make([]byte, 0, 8*len(ids))
	for _, id := range ids {
		packed = binary.BigEndian.AppendUint64(packed, uint64(id))
	}
	key := sha256.Sum256(packed)
	return key[:]
}
