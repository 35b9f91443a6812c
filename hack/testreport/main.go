// Command testreport reads the output of `go test -json` from standard input,
// prints what people want to see of it, and ends with every skipped test and its
// reason. It fails when a test failed, was skipped without a reason, or none ran.
//
// What may enter: reading test output. What may not: running tests.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

func main() {
	names := flag.String("passed", "", "a file to write the names of the passed tests to, one per line")
	flag.Parse()
	report, err := read(os.Stdin, os.Stdout)
	if err == nil && *names != "" {
		err = os.WriteFile(*names, []byte(strings.Join(report.names, "\n")), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	if !report.summarize(os.Stdout) {
		os.Exit(1)
	}
}

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

type test struct{ pkg, name string }

// report is what became of all tests.
type report struct {
	passed, failed int
	names          []string // of the tests that passed
	broken         []string // packages that failed outside their tests
	skipped        []skip
}

type skip struct {
	test
	reason string
}

// maxLine bounds one line of the stream.
const maxLine = 16 << 20

func read(in io.Reader, out io.Writer) (report, error) {
	var r report
	output := make(map[test][]string)
	failedIn := make(map[string]bool)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			// What the compiler prints is no JSON.
			fmt.Fprintln(out, lines.Text())
			continue
		}
		key := test{e.Package, e.Test}
		switch e.Action {
		case "output", "build-output":
			r.keep(key, e, output, out)
		case "pass":
			if e.Test != "" {
				r.passed++
				r.names = append(r.names, e.Test)
			}
		case "skip":
			if e.Test != "" {
				r.skipped = append(r.skipped, skip{key, reason(output[key])})
			}
		case "fail":
			if e.Test == "" {
				if !failedIn[e.Package] {
					r.broken = append(r.broken, e.Package)
				}
				fmt.Fprint(out, strings.Join(output[key], ""))
				break
			}
			r.failed++
			failedIn[e.Package] = true
			fmt.Fprint(out, strings.Join(output[key], ""))
		}
		if e.Action != "output" {
			delete(output, key)
		}
	}
	return r, lines.Err()
}

// keep holds a test's output back until its end is known; what a package says of
// itself is shown at once.
func (r *report) keep(key test, e event, output map[test][]string, out io.Writer) {
	if e.Test == "" && (strings.HasPrefix(e.Output, "ok ") || strings.HasPrefix(e.Output, "FAIL")) || e.Action == "build-output" {
		fmt.Fprint(out, e.Output)
		return
	}
	output[key] = append(output[key], e.Output)
}

var location = regexp.MustCompile(`^\s*\S+\.go:\d+: (.*)`)

// reason is what a test said before it was skipped: its last located line.
func reason(output []string) string {
	found := ""
	for _, line := range output {
		if match := location.FindStringSubmatch(strings.TrimRight(line, "\n")); match != nil {
			found = strings.TrimSpace(match[1])
		}
	}
	return found
}

// summarize reports whether all is well.
func (r *report) summarize(out io.Writer) bool {
	good := r.failed == 0 && len(r.broken) == 0
	for _, each := range r.skipped {
		reason := each.reason
		if reason == "" {
			reason, good = "NO REASON GIVEN: say why in t.Skip", false
		}
		fmt.Fprintf(out, "skipped: %s %s: %s\n", each.pkg, each.name, reason)
	}
	for _, pkg := range r.broken {
		fmt.Fprintf(out, "failed outside its tests: %s\n", pkg)
	}
	if r.passed+r.failed == 0 {
		fmt.Fprintln(out, "no test ran")
		good = false
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed+len(r.broken), len(r.skipped))
	return good
}
