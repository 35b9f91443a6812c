//go:build e2e

package e2e

import (
	"fmt"
	"io"
)

// figures are what the tests measured, printed when all of them are over.
var figures table

type table struct{ rows [][2]string }

func (t *table) add(name, format string, values ...any) {
	t.rows = append(t.rows, [2]string{name, fmt.Sprintf(format, values...)})
}

func (t *table) print(output io.Writer) {
	_, _ = fmt.Fprintln(output, "\nFigures of this run")
	for _, row := range t.rows {
		_, _ = fmt.Fprintf(output, "  %-56s %s\n", row[0], row[1])
	}
}
