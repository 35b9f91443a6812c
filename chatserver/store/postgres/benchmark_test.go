package postgres

import (
	"testing"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/storetest"
	"github.com/parley-chat/parley/test/services"
)

func BenchmarkAppend(b *testing.B) {
	storetest.BenchmarkAppend(b, func(b *testing.B) store.Store {
		return openIn(b, Options{DSN: dsn(services.Postgres(b)), Schema: "project", Project: "uid-1"})
	})
}
