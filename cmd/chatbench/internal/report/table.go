package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table writes rows for a terminal, each with its facts and what is wrong with its
// history below.
func Table(out io.Writer, rows []Row) error {
	lines := [][]string{{"what", "measured", "budget", "verdict"}}
	for _, row := range rows {
		lines = append(lines, []string{row.Name, quantity(row.Value, row.Unit), row.budget(), string(row.Verdict())})
	}
	var text strings.Builder
	for i, line := range padded(lines) {
		text.WriteString(strings.TrimRight(strings.Join(line, "  "), " ") + "\n")
		if i > 0 {
			text.WriteString(rows[i-1].below())
		}
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// below is what stands under the line of a row.
func (r Row) below() string {
	var text strings.Builder
	if details := r.details(); details != "" {
		text.WriteString("    " + details + "\n")
	}
	for _, violation := range r.Violations {
		text.WriteString("    VIOLATED " + violation + "\n")
	}
	return text.String()
}

// padded makes the cells of a column equally wide.
func padded(lines [][]string) [][]string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		for i, cell := range line {
			line[i] = cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		}
	}
	return lines
}

func (r Row) budget() string {
	switch {
	case r.Budget == 0:
		return ""
	case r.AtLeast:
		return "≥ " + quantity(r.Budget, r.Unit)
	}
	return "≤ " + quantity(r.Budget, r.Unit)
}

func (r Row) details() string {
	var parts []string
	if r.Offered > 0 {
		parts = append(parts, fmt.Sprintf("acked %s of %s", Grouped(int64(r.Acked)), Grouped(int64(r.Offered))))
	}
	for _, fact := range r.Facts {
		parts = append(parts, fact.Name+" "+quantity(fact.Value, fact.Unit))
	}
	return strings.Join(parts, ", ")
}

// quantity writes a number with as many digits as say something.
func quantity(value float64, unit string) string {
	text := ""
	switch magnitude := max(value, -value); {
	case magnitude >= 100 || value == float64(int64(value)):
		text = Grouped(int64(value + 0.5))
	case magnitude >= 10:
		text = strconv.FormatFloat(value, 'f', 1, 64)
	default:
		text = strconv.FormatFloat(value, 'f', 2, 64)
	}
	if unit == "" || strings.HasPrefix(unit, "/") {
		return text + unit
	}
	return text + " " + unit
}

// Grouped writes thousands apart.
func Grouped(value int64) string {
	digits := strconv.FormatInt(value, 10)
	sign := ""
	if value < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
