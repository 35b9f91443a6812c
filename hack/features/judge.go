package main

import (
	"fmt"
	"strings"
)

// judge lists what is wrong with the rows. A row is filled when its native cell
// names what does it and its test cell names tests; or it waits for an area,
// which both cells then say in the same words: [sdk].
func judge(rows []row, known documents, passed map[string]bool) []string {
	var problems []string
	report := func(r row, format string, arguments ...any) {
		problems = append(problems, fmt.Sprintf("docs/features.md row %d: ", r.number)+fmt.Sprintf(format, arguments...))
	}
	for _, r := range rows {
		if waits := area.FindStringSubmatch(r.native()); waits != nil {
			if !areas[waits[1]] {
				report(r, "there is no area %s to wait for", waits[1])
			}
			if r.test() != r.native() {
				report(r, "it waits for %s, so its test must say so too", r.native())
			}
			continue
		}
		if r.native() == "" || r.native() == "—" {
			report(r, "nothing natively does it, and it waits for no area")
		}
		for _, name := range quoted.FindAllStringSubmatch(r.native(), -1) {
			if problem := known.lack(name[1]); problem != "" {
				report(r, "%s", problem)
			}
		}
		tests := quoted.FindAllStringSubmatch(r.test(), -1)
		if len(tests) == 0 {
			report(r, "it names no test")
		}
		for _, test := range tests {
			if !passed[test[1]] {
				report(r, "the test %s did not pass, or there is none", test[1])
			}
		}
	}
	return problems
}

// readNames reads a list of lines.
func readNames(text string) map[string]bool {
	names := make(map[string]bool)
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			names[line] = true
		}
	}
	return names
}
