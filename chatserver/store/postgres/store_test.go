package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/storetest"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

// dsn gives always the same connection string.
func dsn(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

// openIn opens a store and closes it when the test ends.
func openIn(tb testing.TB, options Options) *Store {
	tb.Helper()
	g := NewWithT(tb)
	opened, err := Open(tb.Context(), options)
	g.Expect(err).NotTo(HaveOccurred())
	tb.Cleanup(func() { g.Expect(opened.Close()).To(Succeed()) })
	return opened
}

func TestStore(t *testing.T) {
	database := services.Postgres(t)
	var schemas atomic.Int64
	storetest.Run(t, storetest.Engine{
		Open: func(t *testing.T) store.Store {
			return openIn(t, Options{
				DSN: dsn(database), Schema: fmt.Sprintf("project %d", schemas.Add(1)), Project: "uid-1",
				// Above the time after which PostgreSQL looks for a deadlock: a slow
				// machine must not look like one.
				appenderLockTime: transactionTime,
			})
		},
		Dump: dump,
	})
}
