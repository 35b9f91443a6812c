package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/services"
)

func execute(t *testing.T, database, statement string) {
	t.Helper()
	g := NewWithT(t)
	connection, err := pgx.Connect(t.Context(), database)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(connection.Close(t.Context())).To(Succeed()) }()
	_, err = connection.Exec(t.Context(), statement)
	g.Expect(err).NotTo(HaveOccurred())
}

func TestServersThatOpenOneSchemaTogetherAllSucceed(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	var race errgroup.Group
	for range 6 {
		race.Go(func() error {
			opened, err := Open(t.Context(), Options{DSN: dsn(database), Schema: "together", Project: "uid-1"})
			if err != nil {
				return err
			}
			return opened.Close()
		})
	}
	g.Expect(race.Wait()).To(Succeed())
}

func TestASchemaOfAnotherProjectIsRefused(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	openIn(t, Options{DSN: dsn(database), Schema: "one", Project: "uid-1"})
	_, err := Open(t.Context(), Options{DSN: dsn(database), Schema: "one", Project: "uid-2"})
	g.Expect(err).To(MatchError(ContainSubstring("belongs to project uid-1, not to uid-2")))
	openIn(t, Options{DSN: dsn(database), Schema: "two", Project: "uid-2"})
}

func TestTheTablesAndTheirVersionLiveInTheSchema(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	opened := openIn(t, Options{DSN: dsn(database), Schema: "its own", Project: "uid-1"})
	var tables []string
	err := opened.pool.QueryRow(t.Context(), `
		SELECT array_agg(DISTINCT schemaname::text) FROM pg_tables
		WHERE tablename IN ('goose_db_version', 'messages', 'meta')`).Scan(&tables)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(tables).To(Equal([]string{"its own"}))
}

func TestAServerOpensASchemaThatANewerOneHasMigrated(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	g.Expect(openIn(t, Options{DSN: dsn(database), Schema: "project", Project: "uid-1"}).Close()).To(Succeed())
	execute(t, database, "INSERT INTO project.goose_db_version (version_id, is_applied) VALUES (99999, true)")
	execute(t, database, "ALTER TABLE project.users ADD COLUMN later text")
	opened := openIn(t, Options{DSN: dsn(database), Schema: "project", Project: "uid-1"})
	_, err := opened.CreateUser(t.Context(), store.NewUser{})
	g.Expect(err).NotTo(HaveOccurred())
}

func TestAServerThatIsTwoReleasesBehindTheSchemaDoesNotStart(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	options := Options{DSN: dsn(database), Schema: "project", Project: "uid-1"}
	g.Expect(openIn(t, options).Close()).To(Succeed())
	execute(t, database, "UPDATE project.meta SET value = '99998' WHERE name = 'oldest_server'")
	_, err := Open(t.Context(), options)
	g.Expect(err).To(MatchError(ContainSubstring("schema project needs a server that knows migration 99998")))
	g.Expect(store.IsRetryable(err)).To(BeFalse())
}

func TestAProjectsRoleNeedsNoRightToCreateASchema(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	execute(t, database, "CREATE ROLE tenant LOGIN; CREATE SCHEMA project AUTHORIZATION tenant")
	t.Cleanup(func() {
		connection, err := pgx.Connect(context.WithoutCancel(t.Context()), database)
		g.Expect(err).NotTo(HaveOccurred())
		_, err = connection.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY tenant; DROP ROLE tenant")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(connection.Close(context.WithoutCancel(t.Context()))).To(Succeed())
	})
	opened := openIn(t, Options{DSN: dsn(strings.Replace(database, "parley@", "tenant@", 1)), Schema: "project", Project: "uid-1"})
	_, err := opened.Epoch(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
}

func TestTheEpochIsTheRestoreIDAndTheTimeline(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	opened := openIn(t, Options{DSN: dsn(database), Schema: "project", Project: "uid-1"})
	g.Expect(opened.Epoch(t.Context())).To(MatchRegexp(`^[0-9a-f-]{36}-00000001$`))
	execute(t, database, "UPDATE project.meta SET value = 'restored' WHERE name = 'restore_id'")
	g.Expect(opened.Epoch(t.Context())).To(Equal("restored-00000001"))
}

func TestTheDSNIsReadAgainForEachConnection(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	errRotated := errors.New("rotated")
	var failing bool
	opened := openIn(t, Options{
		DSN: func(context.Context) (string, error) {
			if failing {
				return "", errRotated
			}
			return database, nil
		},
		Schema: "project", Project: "uid-1",
	})
	failing = true
	g.Expect(opened.Ping(t.Context())).To(MatchError(errRotated))
	failing = false
	g.Expect(opened.Ping(t.Context())).To(Succeed())
}

func TestNoErrorQuotesThePassword(t *testing.T) {
	g := NewWithT(t)
	for _, text := range []string{
		"postgres://user:hunter2@127.0.0.1:1/database", "postgres://user:hunter2%zz@host/database",
		"host=127.0.0.1 port=x password='hunter2'", "hunter2",
	} {
		_, err := Open(t.Context(), Options{DSN: dsn(text), Schema: "project", Project: "uid-1"})
		g.Expect(err).To(HaveOccurred())
		g.Expect(err.Error()).NotTo(ContainSubstring("hunter2"))
	}
}

func TestAServerThatIsAwayIsRetryable(t *testing.T) {
	g := NewWithT(t)
	_, err := Open(t.Context(), Options{
		DSN: dsn("postgres://user@127.0.0.1:1/database"), Schema: "project", Project: "uid-1",
	})
	g.Expect(store.IsRetryable(err)).To(BeTrue(), "%v", err)
}

func TestAConnectionThatIsKilledIsRetryableAndReplaced(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	opened := openIn(t, Options{DSN: dsn(database), Schema: "project", Project: "uid-1"})
	err := opened.write(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pg_backend_pid())")
		return err
	})
	g.Expect(store.IsRetryable(err)).To(BeTrue(), "%v", err)
	g.Expect(opened.Ping(t.Context())).To(Succeed())
}
