package report

import (
	"fmt"
	"strings"
)

// What lies between these lines of a page is rewritten by each run.
const (
	measuredBegin = "<!-- measured: chatbench -write rewrites what follows -->\n"
	measuredEnd   = "<!-- end of what is measured -->\n"
)

// Rewrite puts the report into a page in place of the one before.
func (r Report) Rewrite(page, picture string) (string, error) {
	before, rest, begins := strings.Cut(page, measuredBegin)
	_, after, ends := strings.Cut(rest, measuredEnd)
	if !begins || !ends {
		return "", fmt.Errorf("the page lacks the lines %q and %q", measuredBegin, measuredEnd)
	}
	return before + measuredBegin + r.markdown(picture) + measuredEnd + after, nil
}

// markdown is the report as a page has it.
func (r Report) markdown(picture string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s\n\n```sh\n%s\n```\n", r.Machine, r.Command)
	text.WriteString("\n| what | measured | budget | verdict | besides |\n|---|---|---|---|---|\n")
	for _, row := range r.Rows {
		cells := []string{row.Name, quantity(row.Value, row.Unit), row.budget(), string(row.Verdict()), row.details()}
		fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | "))
	}
	for _, row := range r.Rows {
		for _, violation := range row.Violations {
			fmt.Fprintf(&text, "\nVIOLATED in %q: %s\n", row.Name, violation)
		}
	}
	fmt.Fprintf(&text, "\n![Cost against load](%s)\n\n", picture)
	return text.String()
}
