//go:build unix

package services_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/services"
)

func run(t *testing.T, server *services.PostgresServer, statement string) error {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.DSN())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer connection.Close(context.WithoutCancel(t.Context()))
	_, err = connection.Exec(t.Context(), statement)
	return err
}

func TestAStoppedPostgresHasItsDataWhenItStartsAgain(t *testing.T) {
	g := NewWithT(t)
	server := services.OwnPostgres(t)
	g.Expect(run(t, server, "CREATE TABLE kept ()")).To(Succeed())
	server.Stop(t)
	server.Start(t)
	g.Expect(run(t, server, "SELECT FROM kept")).To(Succeed())
}

func TestAPromotedCopyLacksWhatCameLaterAndIsOnAnotherTimeline(t *testing.T) {
	g := NewWithT(t)
	server := services.OwnPostgres(t)
	g.Expect(run(t, server, "CREATE TABLE before ()")).To(Succeed())
	older := server.Copy(t)
	g.Expect(run(t, server, "CREATE TABLE later ()")).To(Succeed())
	server.Stop(t)
	older.Promote(t)
	g.Expect(run(t, older, "SELECT FROM before")).To(Succeed())
	g.Expect(run(t, older, "SELECT FROM later")).To(MatchError(ContainSubstring("does not exist")))
	g.Expect(run(t, older, `DO $$ BEGIN ASSERT left(pg_walfile_name(pg_current_wal_lsn()), 8) = '00000002'; END $$`)).To(Succeed())
}
