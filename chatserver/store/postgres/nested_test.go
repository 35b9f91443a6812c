package postgres

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/services"
)

// TestAMessageThatIsTooMuchForPostgreSQLFailsAlone sends JSON that is nested so
// deep that PostgreSQL's parser gives up.
func TestAMessageThatIsTooMuchForPostgreSQLFailsAlone(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	opened := openIn(t, Options{DSN: dsn(services.Postgres(t)), Schema: "project", Project: "uid-1"})
	user, err := opened.CreateUser(ctx, store.NewUser{})
	g.Expect(err).NotTo(HaveOccurred())
	made, err := opened.CreateConversation(ctx, store.NewConversation{
		Type: model.Group, CreatedBy: user.ID, Members: []store.NewMember{{User: user.ID, Role: model.RoleOwner}},
	})
	g.Expect(err).NotTo(HaveOccurred())
	message := func(clientID, content string) store.NewMessage {
		return store.NewMessage{
			Conversation: made.Conversation.ID, Sender: user.ID, ClientID: clientID,
			Type: model.TextMessage, Content: []byte(content),
		}
	}
	const depth = 100_000
	nested := strings.Repeat("[", depth) + strings.Repeat("]", depth)
	outcomes, err := opened.Append(ctx, []store.NewMessage{message("good", `"hi"`), message("deep", nested), message("also good", `"hi"`)})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(outcomes[0].Err).NotTo(HaveOccurred())
	g.Expect(outcomes[1].Err).To(HaveOccurred())
	g.Expect(outcomes[2].Err).NotTo(HaveOccurred())
}
