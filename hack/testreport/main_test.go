package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func line(action, test, output string) string {
	return fmt.Sprintf(`{"Action":%q,"Package":"p","Test":%q,"Output":%q}`+"\n", action, test, output)
}

func TestTheReportIsGoodOnlyWhenEveryTestRanOrSaysWhyNot(t *testing.T) {
	for name, test := range map[string]struct {
		stream string
		good   bool
		shows  string
	}{
		"passed":                 {line("pass", "TestA", ""), true, "1 passed, 0 failed, 0 skipped"},
		"failed":                 {line("output", "TestA", "    a_test.go:1: why\n") + line("fail", "TestA", "") + line("fail", "", ""), false, "why"},
		"skipped with reason":    {line("pass", "TestA", "") + line("output", "TestB", "    b_test.go:7: not on this system\n") + line("skip", "TestB", ""), true, "skipped: p TestB: not on this system"},
		"skipped without":        {line("pass", "TestA", "") + line("output", "TestB", "    b_test.go:7: \n") + line("skip", "TestB", ""), false, "NO REASON GIVEN"},
		"nothing ran":            {line("skip", "", ""), false, "no test ran"},
		"package does not build": {`{"ImportPath":"p","Action":"build-output","Output":"a.go:1: undefined: x\n"}` + "\n" + line("fail", "", ""), false, "undefined: x"},
		"panic outside a test":   {line("pass", "TestA", "") + line("output", "", "panic: oops\n") + line("fail", "", ""), false, "panic: oops"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var out bytes.Buffer
			report, err := read(strings.NewReader(test.stream), &out)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(report.summarize(&out)).To(Equal(test.good), out.String())
			g.Expect(out.String()).To(ContainSubstring(test.shows))
		})
	}
}
