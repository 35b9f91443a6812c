package conversation

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

// checks is how many conversations one test plays unless -rapid.checks says
// otherwise.
const checks = "15"

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	if err := flag.Set("rapid.checks", checks); err != nil {
		os.Exit(2)
	}
	flag.Parse()
	services.Main(m)
}

func TestEverySessionConvergesToTheModelOnSQLite(t *testing.T) {
	converges(t, nil) // the default of package pod
}

func TestEverySessionConvergesToTheModelOnPostgreSQL(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	stored, err := postgres.Open(t.Context(), postgres.Options{
		DSN:    func(context.Context) (string, error) { return database, nil },
		Schema: "parley", Project: pod.UID, Logger: slog.New(slog.DiscardHandler),
	})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(stored.Close()).To(Succeed()) })
	converges(t, stored)
}

// converges plays random commands. A failure prints the shortest list of commands
// that was found to fail.
func converges(t *testing.T, stored store.Store) {
	t.Helper()
	c := newCluster(t, stored)
	rapid.Check(t, func(check *rapid.T) {
		w := newWorld(t, check, c)
		check.Repeat(w.commands())
		w.settle()
	})
}
