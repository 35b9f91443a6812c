package postgres

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/services"
)

// makeSchema1 makes a schema as the first release wrote it. Statements fill it.
func makeSchema1(t *testing.T, options Options, statements ...string) {
	t.Helper()
	g := NewWithT(t)
	config, err := connectionConfig(t.Context(), options, poolParameters(options))
	g.Expect(err).NotTo(HaveOccurred())
	database := stdlib.OpenDB(*config)
	defer func() { g.Expect(database.Close()).To(Succeed()) }()
	_, err = database.ExecContext(t.Context(), "CREATE SCHEMA "+options.Schema)
	g.Expect(err).NotTo(HaveOccurred())
	provider, err := newMigrations(database, slog.New(slog.DiscardHandler))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = provider.UpTo(t.Context(), 1)
	g.Expect(err).NotTo(HaveOccurred())
	for _, statement := range statements {
		_, err := database.ExecContext(t.Context(), statement)
		g.Expect(err).NotTo(HaveOccurred(), statement)
	}
}

func TestNamesOfTheFirstSchemaAreFoundInAnySpelling(t *testing.T) {
	g := NewWithT(t)
	statements := []string{fmt.Sprintf(`
		INSERT INTO users (display_name, email, avatar, properties, guest, created_at, updated_at)
		SELECT 'Zoë ' || n, '', '', '{}', false, now(), now() FROM generate_series(1, %d) AS n`, nameKeysBatch)}
	for _, name := range []string{"Ärger", "STRASSE", "Ｆｕｌｌ", "plain"} {
		statements = append(statements,
			"INSERT INTO users (display_name, email, avatar, properties, guest, created_at, updated_at) VALUES ('"+name+
				"', '', '', '{}', false, now(), now())",
			"INSERT INTO conversations (type, name, properties, created_by, created_at, updated_at, changed_at) "+
				"SELECT 'public', '"+name+"', '{}', max(id), now(), now(), now() FROM users")
	}
	options := Options{DSN: dsn(services.Postgres(t)), Schema: "project", Project: "uid-1"}
	makeSchema1(t, options, statements...)
	opened := openIn(t, options)
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
