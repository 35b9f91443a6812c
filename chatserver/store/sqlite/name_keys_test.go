package sqlite

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

func TestNamesOfTheFirstSchemaAreFoundInAnySpelling(t *testing.T) {
	g := NewWithT(t)
	statements := []string{fmt.Sprintf(`
		WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
		INSERT INTO users (display_name, email, avatar, properties, guest, created_at, updated_at)
		SELECT 'Zoë ' || n, '', '', '{}', 0, 1, 1 FROM numbers`, nameKeysBatch)}
	for _, name := range []string{"Ärger", "STRASSE", "Ｆｕｌｌ", "plain"} {
		statements = append(statements,
			"INSERT INTO users (display_name, email, avatar, properties, guest, created_at, updated_at) VALUES ('"+name+"', '', '', '{}', 0, 1, 1)",
			"INSERT INTO conversations (type, name, properties, created_by, created_at, updated_at, changed_at) "+
				"SELECT 'public', '"+name+"', '{}', max(id), 1, 1, 1 FROM users")
	}
	opened := openIn(t, fileOfSchema1(t, statements...))
	for _, search := range []string{"ärg", "Straße", "full", "PLAIN"} {
		_, total, err := opened.ListUsers(t.Context(), store.UserFilter{Search: search}, model.ListPage{Limit: 1})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(total).To(BeEquivalentTo(1), "users %s", search)
		_, total, err = opened.ListConversations(t.Context(), store.ConversationFilter{Search: search}, model.ListPage{Limit: 1})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(total).To(BeEquivalentTo(1), "conversations %s", search)
	}
	_, total, err := opened.ListUsers(t.Context(), store.UserFilter{Search: "ZOË"}, model.ListPage{Limit: 1})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(total).To(BeEquivalentTo(nameKeysBatch))
}
