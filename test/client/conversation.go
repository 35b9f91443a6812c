package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/parley-chat/parley/test/history"
)

// membersPerRequest is how many members one request may name by default.
const membersPerRequest = 100

// Message is a message on the wire. In an event about members or reactions all
// but the revs is empty.
type Message struct {
	ID           int64           `json:"id,string"`
	Conversation int64           `json:"conversation,string"`
	Seq          int64           `json:"seq"`
	CreatedRev   int64           `json:"createdRev"`
	Rev          int64           `json:"rev"`
	Sender       int64           `json:"sender,string"`
	ClientID     string          `json:"clientId"`
	Content      json.RawMessage `json:"content"`
	DeletedAt    string          `json:"deletedAt"`
}

// Recorded is the message in the form of the history.
func (m Message) Recorded() history.Message {
	recorded := history.Message{
		Conversation: m.Conversation, ID: m.ID, Seq: m.Seq, CreatedRev: m.CreatedRev, Rev: m.Rev,
		Sender: m.Sender, ClientID: m.ClientID, Deleted: m.DeletedAt != "",
	}
	if !recorded.Deleted {
		recorded.Content = history.Digest(m.Content)
	}
	return recorded
}

// EnsureUser makes a user, or finds the one with this name, and returns its id.
func (c Caller) EnsureUser(ctx context.Context, username string) (int64, error) {
	var made struct {
		ID int64 `json:"id,string"`
	}
	err := c.Post(ctx, "/chat/v1/users", map[string]string{"username": username, "onConflict": "reuse"}, &made)
	if err != nil {
		return 0, fmt.Errorf("create user %s: %w", username, err)
	}
	return made.ID, nil
}

// Member names a user as a member of a conversation that is made.
type Member struct {
	User string `json:"user"`
}

// Conversation makes a group of users, who are created where they do not exist,
// and returns its id. The first one owns it.
func (c Caller) Conversation(ctx context.Context, usernames ...string) (int64, error) {
	members := make([]Member, 0, len(usernames))
	for _, name := range usernames {
		id, err := c.EnsureUser(ctx, name)
		if err != nil {
			return 0, err
		}
		members = append(members, Member{User: strconv.FormatInt(id, 10)})
	}
	return c.Group(ctx, members[0].User, members[1:])
}

// Group makes a group of users that exist; the owner is a reference too.
func (c Caller) Group(ctx context.Context, owner string, members []Member) (int64, error) {
	var created struct {
		ID int64 `json:"id,string"`
	}
	c.User = owner
	first := members[:min(len(members), membersPerRequest)]
	body := map[string]any{"type": "group", "name": "Hello", "members": first}
	if err := c.Post(ctx, "/chat/v1/conversations", body, &created); err != nil {
		return 0, fmt.Errorf("create a conversation: %w", err)
	}
	for _, member := range members[len(first):] {
		if err := c.Post(ctx, fmt.Sprintf("/chat/v1/conversations/%d/members", created.ID), member, nil); err != nil {
			return 0, fmt.Errorf("add a member: %w", err)
		}
	}
	return created.ID, nil
}

// Stored reads all that the store holds of a conversation, page by page.
func (c Caller) Stored(ctx context.Context, conversation int64) (history.Stored, error) {
	path := fmt.Sprintf("/chat/v1/conversations/%d", conversation)
	var head struct {
		Rev      int64 `json:"rev"`
		FirstSeq int64 `json:"firstSeq"`
	}
	if err := c.Get(ctx, path, &head); err != nil {
		return history.Stored{}, err
	}
	stored := history.Stored{Conversation: conversation, Rev: head.Rev, FirstSeq: head.FirstSeq}
	for after := int64(0); ; {
		var page struct {
			Items []Message `json:"items"`
		}
		if err := c.Get(ctx, fmt.Sprintf("%s/messages?limit=200&after=%d", path, after), &page); err != nil {
			return history.Stored{}, err
		}
		if len(page.Items) == 0 {
			return stored, nil
		}
		for _, message := range page.Items {
			stored.Messages = append(stored.Messages, message.Recorded())
			after = message.Seq
		}
	}
}
