package sqlite

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

// mostParameters is above what any statement has.
const mostParameters = 40

// expectNoScan looks at the plan of every statement.
func expectNoScan(t *testing.T, statements []string) {
	g := NewWithT(t)
	g.Expect(statements).NotTo(BeEmpty())
	opened := openIn(t, filepath.Join(t.TempDir(), "parley.db"))
	for _, statement := range statements {
		for _, step := range planOf(t, opened, statement) {
			if step[:4] == "SCAN" {
				t.Log(step, "\n", statement)
			}
		}
	}
}

// planOf asks SQLite how it would run a statement.
func planOf(t *testing.T, opened *Store, statement string) []string {
	t.Helper()
	g := NewWithT(t)
	rows, err := opened.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, make([]any, mostParameters)...)
	g.Expect(err).NotTo(HaveOccurred(), statement)
	defer func() { g.Expect(rows.Close()).To(Succeed()) }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		g.Expect(rows.Scan(&id, &parent, &unused, &step)).To(Succeed())
		steps = append(steps, step)
	}
	g.Expect(rows.Err()).NotTo(HaveOccurred())
	return steps
}
