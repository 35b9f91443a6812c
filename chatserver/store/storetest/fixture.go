package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// hangTime ends a test whose store never answers. It is far above what any of
// them needs.
const hangTime = 2 * time.Minute

// fixture is an empty store with short ways to fill it. Its methods fail the
// test, so only the test's own goroutine may call them.
type fixture struct {
	*WithT
	store store.Store
	ctx   context.Context
	// dump gives the text of everything that the store keeps.
	dump func() string
}

func newFixture(t *testing.T, engine Engine, seen *coverage) *fixture {
	ctx, cancel := context.WithTimeout(t.Context(), hangTime)
	t.Cleanup(cancel)
	opened := engine.Open(t)
	return &fixture{
		WithT: NewWithT(t), store: &recorder{inner: opened, coverage: seen}, ctx: ctx,
		dump: func() string { return engine.Dump(t, opened) },
	}
}

func (f *fixture) user() model.UserID {
	user, err := f.store.CreateUser(f.ctx, store.NewUser{Properties: json.RawMessage(`{}`)})
	f.Expect(err).NotTo(HaveOccurred())
	return user.ID
}

func (f *fixture) users(n int) []model.UserID {
	ids := make([]model.UserID, n)
	for i := range ids {
		ids[i] = f.user()
	}
	return ids
}

// conversationOf describes a conversation of members, the first of them its
// owner.
func conversationOf(kind model.ConversationType, members ...model.UserID) store.NewConversation {
	conversation := store.NewConversation{Type: kind, Properties: json.RawMessage(`{}`), CreatedBy: members[0]}
	for i, member := range members {
		role := model.RoleMember
		if i == 0 {
			role = model.RoleOwner
		}
		conversation.Members = append(conversation.Members, store.NewMember{User: member, Role: role})
	}
	return conversation
}

// create stores a conversation that must be new.
func (f *fixture) create(conversation store.NewConversation) store.Creation {
	made, err := f.store.CreateConversation(f.ctx, conversation)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(made.Created).To(BeTrue())
	return made
}

func (f *fixture) group(members ...model.UserID) model.ConversationID {
	return f.create(conversationOf(model.Group, members...)).Conversation.ID
}

func (f *fixture) groups(n int, members ...model.UserID) []model.ConversationID {
	ids := make([]model.ConversationID, n)
	for i := range ids {
		ids[i] = f.group(members...)
	}
	return ids
}

// text describes a message. Two with the same arguments are the same request.
func text(conversation model.ConversationID, sender model.UserID, clientID, words string) store.NewMessage {
	content, err := json.Marshal(map[string]string{"text": words})
	if err != nil {
		panic(err) // strings always encode
	}
	return store.NewMessage{
		Conversation: conversation, Sender: sender, ClientID: clientID, Type: model.TextMessage,
		Content: content, Properties: json.RawMessage(`{}`), Hash: sha256.Sum256(content),
	}
}

// send appends one message that must be stored.
func (f *fixture) send(conversation model.ConversationID, sender model.UserID, clientID string) model.Message {
	outcomes := f.append(text(conversation, sender, clientID, clientID))
	f.Expect(outcomes[0].Err).NotTo(HaveOccurred())
	f.Expect(outcomes[0].Duplicate).To(BeFalse())
	return outcomes[0].Message
}

// append stores a group. The messages come without authors.
func (f *fixture) append(group ...store.NewMessage) []store.AppendOutcome {
	outcomes, err := f.store.Append(f.ctx, group)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(outcomes).To(HaveLen(len(group)))
	for i := range outcomes {
		outcomes[i].Message = bare(outcomes[i].Message)
	}
	return outcomes
}

func (f *fixture) conversation(id model.ConversationID) model.Conversation {
	conversation, err := f.store.Conversation(f.ctx, model.ConversationRef{ID: id})
	f.Expect(err).NotTo(HaveOccurred())
	return conversation
}

// history reads every message of a conversation, without authors.
func (f *fixture) history(id model.ConversationID) []model.Message {
	messages, err := f.store.Messages(f.ctx, id, store.MessageFilter{}, model.MessagePage{Limit: 1_000_000})
	f.Expect(err).NotTo(HaveOccurred())
	for i := range messages {
		messages[i] = bare(messages[i])
	}
	return messages
}

// message reads a message without its author.
func (f *fixture) message(room model.ConversationID, ref model.MessageRef) model.Message {
	message, err := f.store.Message(f.ctx, room, ref)
	f.Expect(err).NotTo(HaveOccurred())
	return bare(message)
}

// expectNoHoles checks that a conversation to which messages were only appended
// numbers them 1 to n, each clientId once.
func (f *fixture) expectNoHoles(id model.ConversationID) []model.Message {
	messages := f.history(id)
	seen := map[string]bool{}
	for i, message := range messages {
		f.Expect(message.Seq).To(Equal(int64(i+1)), "seq of conversation %d", id)
		key := fmt.Sprint(message.Sender, " ", message.ClientID)
		f.Expect(seen[key]).To(BeFalse(), "%s is stored twice in conversation %d", key, id)
		seen[key] = true
	}
	f.Expect(f.conversation(id).LastSeq).To(Equal(int64(len(messages))), "lastSeq of conversation %d", id)
	return messages
}
