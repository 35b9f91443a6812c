package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/storetest"
)

// openIn opens a store and closes it when the test ends.
func openIn(tb testing.TB, path string) *Store {
	tb.Helper()
	return openWith(tb, Options{Path: path, Project: "uid-1"})
}

func openWith(tb testing.TB, options Options) *Store {
	tb.Helper()
	g := NewWithT(tb)
	opened, err := Open(tb.Context(), options)
	g.Expect(err).NotTo(HaveOccurred())
	tb.Cleanup(func() { g.Expect(opened.Close()).To(Succeed()) })
	return opened
}

func TestStore(t *testing.T) {
	seen := recordStatements()
	storetest.Run(t, storetest.Engine{
		Open: func(t *testing.T) store.Store {
			options := Options{Path: filepath.Join(t.TempDir(), "parley data?.db"), Project: "uid-1", driver: seen.name}
			return unrecorded(seen, func() *Store { return openWith(t, options) })
		},
		Dump: func(t *testing.T, opened store.Store) string {
			return unrecorded(seen, func() string { return dump(t, opened) })
		},
	})
	// The suite calls every method of the contract, so these are all statements.
	t.Run("no statement reads a table that grows from end to end", func(t *testing.T) { expectNoScan(t, seen.all()) })
}

func TestTheFilesAreReadableByTheirOwnerOnly(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	openIn(t, filepath.Join(folder, "parley.db"))
	files, err := os.ReadDir(folder)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).NotTo(BeEmpty())
	for _, file := range files {
		info, err := file.Info()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)), file.Name())
	}
}

func TestAFileOfAnotherProjectIsRefused(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "parley.db")
	g.Expect(openIn(t, path).Close()).To(Succeed())
	_, err := Open(t.Context(), Options{Path: path, Project: "uid-2"})
	g.Expect(err).To(MatchError(ContainSubstring("belongs to project uid-1, not to uid-2")))
}

func TestAFileKeepsItsDataAndEpochWhenItIsOpenedAgain(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "parley.db")
	first := openIn(t, path)
	user, err := first.CreateUser(t.Context(), store.NewUser{Username: "alice"})
	g.Expect(err).NotTo(HaveOccurred())
	epoch, err := first.Epoch(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(first.Close()).To(Succeed())

	second := openIn(t, path)
	next, err := second.CreateUser(t.Context(), store.NewUser{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(next.ID).To(Equal(user.ID + 1))
	g.Expect(second.Epoch(t.Context())).To(Equal(epoch))
}
