package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/storetest"
)

func BenchmarkAppend(b *testing.B) {
	storetest.BenchmarkAppend(b, func(b *testing.B) store.Store {
		return openIn(b, filepath.Join(b.TempDir(), "parley.db"))
	})
}
