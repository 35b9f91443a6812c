package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample has something of everything that is rendered.
func sample() report.Report {
	points := func(chart report.Chart, series string, x, y float64) []report.Point {
		return []report.Point{{Chart: chart, Series: series, X: x, Y: y}}
	}
	return report.Report{
		Machine: report.Machine{
			Date: "2026-01-02", Commit: "0123abc", Processor: "AMD EPYC", Processors: 2, MemoryGiB: 23.5, Kernel: "6.18",
			Go: "go1.26", Postgres: "15.4", Redis: "7.0.15", Fsync: "on", SynchronousCommit: "on", FileSystem: "ext4", Load: 0.1,
		},
		Command: "chatbench -duration 10s",
		Rows: []report.Row{
			{Scenario: "floor", Name: "bare write", Value: 7.2, Unit: "µs"},
			{
				Scenario: "room", Name: "1 × 1,000", Value: 8.9, Unit: "µs", Budget: 9, Offered: 200, Acked: 200,
				Facts:  []report.Fact{{Name: "deliveries", Value: 200_000}, {Name: "frame", Value: 394.4, Unit: "B"}},
				Points: points(report.CostChart, "one <room>", 1000, 8.9),
			},
			{Scenario: "groups", Name: "100 × 10", Value: 17, Unit: "µs", Budget: 16, Points: points(report.CostChart, "groups", 1000, 17)},
			{Scenario: "groups", Name: "1,500 × 10", Value: 19.25, Unit: "µs", Points: points(report.CostChart, "groups", 15_000, 19.25)},
			{
				Scenario: "sends", Name: "durable sends", Value: 9000, Unit: "/s", Budget: 15_000, AtLeast: true, Offered: 90_000, Acked: 80_000,
				Violations: []string{"lost: conversation 7: message 9 is gone"},
			},
			{Scenario: "bus", Name: "reached", Value: 2.5, Unit: "pods", Points: points(report.ReachChart, "20, random", 4, 2.5)},
		},
	}
}

func golden(t *testing.T, name, content string) {
	t.Helper()
	g := NewWithT(t)
	path := filepath.Join("testdata", name)
	if *update {
		g.Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
	}
	wanted, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(content).To(Equal(string(wanted)))
}

func TestTheTableHasEveryRowWithItsFactsAndViolations(t *testing.T) {
	var table strings.Builder
	NewWithT(t).Expect(report.Table(&table, sample().Rows)).To(Succeed())
	golden(t, "table.txt", table.String())
}

func TestTheJSONHasVerdicts(t *testing.T) {
	var encoded strings.Builder
	NewWithT(t).Expect(sample().JSON(&encoded)).To(Succeed())
	golden(t, "report.json", encoded.String())
}

func TestThePictureHasADiagramForEachChart(t *testing.T) {
	var picture strings.Builder
	NewWithT(t).Expect(sample().Picture(&picture)).To(Succeed())
	golden(t, "picture.svg", picture.String())
}

func TestThePictureOfNothingIsEmpty(t *testing.T) {
	g := NewWithT(t)
	var picture strings.Builder
	g.Expect(report.Report{}.Picture(&picture)).To(Succeed())
	g.Expect(picture.String()).To(HaveSuffix("</svg>\n"))
	g.Expect(picture.String()).NotTo(ContainSubstring("<g"))
}

func TestThePageKeepsWhatIsNotMeasured(t *testing.T) {
	g := NewWithT(t)
	const begin, end = "<!-- measured: chatbench -write rewrites what follows -->\n", "<!-- end of what is measured -->\n"
	page, err := sample().Rewrite("# Title\n\n"+begin+"old\n"+end+"\n## After\n", "benchmarks.svg")
	g.Expect(err).NotTo(HaveOccurred())
	golden(t, "page.md", page)
	again, err := sample().Rewrite(page, "benchmarks.svg")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).To(Equal(page))
}

func TestAPageWithoutAPlaceIsRefused(t *testing.T) {
	_, err := sample().Rewrite("# Title\n", "x.svg")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("lacks the lines")))
}

func TestAReportFailsWithAnyOfItsRows(t *testing.T) {
	g := NewWithT(t)
	g.Expect(sample().Failed()).To(BeTrue())
	g.Expect(report.Report{Rows: sample().Rows[:4]}.Failed()).To(BeFalse())
}

func TestThousandsAreApart(t *testing.T) {
	g := NewWithT(t)
	for value, wanted := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		g.Expect(report.Grouped(value)).To(Equal(wanted))
	}
}
