package chat

import (
	"encoding/hex"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

func plainMessage() (store.NewMessage, SendMessage) {
	return store.NewMessage{Type: model.TextMessage, ExternalID: "e", Content: []byte(`"hi"`), Properties: []byte(`{}`)}, SendMessage{}
}

func TestAPlainMessageKeepsTheHashThatEarlierServersGaveIt(t *testing.T) {
	hash := requestHash(plainMessage())
	NewWithT(t).Expect(hex.EncodeToString(hash[:])).To(Equal("8a4e5b3d49c2de7f66fec175cd37fdf43a41362a992e6b1ca46a83b7e454f3ea"))
}

func TestEveryFieldOfARequestIsPartOfItsHash(t *testing.T) {
	g := NewWithT(t)
	seen := map[[32]byte]string{requestHash(plainMessage()): "nothing"}
	for name, change := range map[string]func(*store.NewMessage, *SendMessage){
		"type":                  func(m *store.NewMessage, _ *SendMessage) { m.Type = model.ThreadMessage },
		"externalId":            func(m *store.NewMessage, _ *SendMessage) { m.ExternalID = "f" },
		"content":               func(m *store.NewMessage, _ *SendMessage) { m.Content = []byte(`"ho"`) },
		"properties":            func(m *store.NewMessage, _ *SendMessage) { m.Properties = []byte(`{"a":1}`) },
		"attachments":           func(m *store.NewMessage, _ *SendMessage) { m.Attachments = []model.Attachment{{URL: "a"}} },
		"size of an attachment": func(m *store.NewMessage, _ *SendMessage) { m.Attachments = []model.Attachment{{URL: "a", Size: 1}} },
		"groupTag":              func(_ *store.NewMessage, in *SendMessage) { in.GroupTag = "g" },
		"parent":                func(_ *store.NewMessage, in *SendMessage) { in.Parent.ID = model.FirstID },
		"parent by externalId":  func(_ *store.NewMessage, in *SendMessage) { in.Parent.ExternalID = "p" },
		"mention of a user": func(_ *store.NewMessage, in *SendMessage) {
			in.Mentions = []NewMention{{User: model.UserRef{Username: "a"}}}
		},
		"place of a mention": func(_ *store.NewMessage, in *SendMessage) {
			in.Mentions = []NewMention{{User: model.UserRef{Username: "a"}, End: 1}}
		},
		"mention of a conversation": func(_ *store.NewMessage, in *SendMessage) {
			in.Mentions = []NewMention{{Conversation: model.ConversationRef{ExternalID: "a"}}}
		},
	} {
		message, in := plainMessage()
		change(&message, &in)
		hash := requestHash(message, in)
		g.Expect(seen).NotTo(HaveKey(hash), name)
		seen[hash] = name
	}
}
