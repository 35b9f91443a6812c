//go:build unix

package guarantees_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// What the migrations of a release do to the servers of the one before.
var stalled = []history.Rule{guarantees.Refusing}

func TestTheNextReleaseMigratesUnderLoadAndBothReleasesServe(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		g := NewWithT(t)
		options.Postgres = services.Postgres(t)
		trial := guarantees.NewTrial(t, options)
		next, err := guarantees.NextProgram()
		g.Expect(err).NotTo(HaveOccurred())
		trial.Run(time.Second)
		trial.AddPod(next)
		g.Expect(migrated(t, options.Postgres)).To(BeTrue())
		trial.Run(2 * time.Second)
		previous := trial.Fleet.Pods[1]
		g.Expect(previous.Drain()).To(Succeed())
		previous.Start(trial.Context())
		trial.Run(2 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "long-lock", Rules: stalled},
		guarantees.Break{Fault: "demand-column", Rules: stalled},
	)
}

// migrated reports whether the schema has what only the next release brings.
func migrated(t *testing.T, dsn string) (there bool) {
	t.Helper()
	g := NewWithT(t)
	connection, err := pgx.Connect(t.Context(), dsn)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(connection.Close(t.Context())).To(Succeed()) }()
	g.Expect(connection.QueryRow(t.Context(), "SELECT to_regclass('parley.messages_pinned') IS NOT NULL").Scan(&there)).To(Succeed())
	return there
}
