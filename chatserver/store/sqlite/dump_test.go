package sqlite

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store"
)

// dump gives every value of every table of the store's file as text.
func dump(t *testing.T, opened store.Store) string {
	t.Helper()
	g := NewWithT(t)
	var text strings.Builder
	tables := readAll(t, opened, "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
	g.Expect(tables).NotTo(BeEmpty())
	for _, table := range tables {
		for _, row := range readAll(t, opened, `SELECT * FROM "`+fmt.Sprint(table...)+`"`) {
			fmt.Fprint(&text, table)
			for _, value := range row {
				if raw, ok := value.([]byte); ok {
					value = string(raw)
				}
				fmt.Fprint(&text, " | ", value)
			}
			fmt.Fprintln(&text)
		}
	}
	return text.String()
}

// readAll reads the rows of a query.
func readAll(t *testing.T, opened store.Store, query string) [][]any {
	t.Helper()
	g := NewWithT(t)
	rows, err := opened.(*Store).reader.QueryContext(t.Context(), query)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(rows.Close()).To(Succeed()) }()
	columns, err := rows.Columns()
	g.Expect(err).NotTo(HaveOccurred())
	var all [][]any
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		g.Expect(rows.Scan(into...)).To(Succeed())
		all = append(all, row)
	}
	g.Expect(rows.Err()).NotTo(HaveOccurred())
	return all
}
