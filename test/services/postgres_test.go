//go:build unix

package services_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

func TestEachCallGivesAnEmptyDatabaseOfItsOwn(t *testing.T) {
	g := NewWithT(t)
	first, second := services.Postgres(t), services.Postgres(t)
	g.Expect(first).NotTo(Equal(second))

	for _, dsn := range []string{first, second} {
		connection, err := pgx.Connect(t.Context(), dsn)
		g.Expect(err).NotTo(HaveOccurred())
		// The same name in both: they share nothing.
		_, err = connection.Exec(t.Context(), "CREATE TABLE only_here ()")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(connection.Close(t.Context())).To(Succeed())
	}
}
