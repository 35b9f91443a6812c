package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store"
)

// dump gives every value of every table of the store's schema as text.
func dump(t *testing.T, opened store.Store) string {
	t.Helper()
	g := NewWithT(t)
	pool := opened.(*Store).pool
	rows, err := pool.Query(t.Context(),
		"SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'")
	g.Expect(err).NotTo(HaveOccurred())
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(tables).NotTo(BeEmpty())

	var text strings.Builder
	for _, table := range tables {
		rows, err := pool.Query(t.Context(), "SELECT * FROM "+pgx.Identifier{table}.Sanitize())
		g.Expect(err).NotTo(HaveOccurred())
		for rows.Next() {
			values, err := rows.Values()
			g.Expect(err).NotTo(HaveOccurred())
			fmt.Fprint(&text, table)
			for _, value := range values {
				if raw, ok := value.([]byte); ok {
					value = string(raw)
				}
				fmt.Fprint(&text, " | ", value)
			}
			fmt.Fprintln(&text)
		}
		g.Expect(rows.Err()).NotTo(HaveOccurred())
	}
	return text.String()
}
