//go:build unix

package guarantees_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// crashes is how often PostgreSQL dies in one trial: what is acked and not on disk
// is there for a few milliseconds each time.
const crashes = 3

func TestWhatIsAckedOutlivesACrashOfPostgreSQL(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		postgres := services.OwnPostgres(t)
		options.Postgres = postgres.DSN()
		options.Rate = 60
		trial := guarantees.NewTrial(t, options)
		for range crashes {
			trial.Run(time.Second)
			trial.During("PostgreSQL crashes and recovers", func() {
				postgres.Stop(t)
				postgres.Start(t)
			})
		}
		trial.Run(2 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "ack-before-commit", Rules: []history.Rule{history.Lost}},
	)
}
