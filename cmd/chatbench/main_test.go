package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/scenario"
)

func TestScenariosAreChosenByName(t *testing.T) {
	g := NewWithT(t)
	all, err := choose("")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(all).To(HaveLen(len(scenario.All())))
	two, err := choose("sends,room")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect([]string{two[0].Name, two[1].Name}).To(Equal([]string{"sends", "room"}))
	_, err = choose("room,dance")
	g.Expect(err).To(MatchError(errNoScenario))
}

func TestABadCommandLineIsRefusedBeforeAnythingStarts(t *testing.T) {
	g := NewWithT(t)
	g.Expect(run(t.Context(), []string{"-help"})).To(MatchError(flag.ErrHelp))
	g.Expect(run(t.Context(), []string{"-scenario", "dance"})).To(MatchError(errNoScenario))
	g.Expect(run(t.Context(), []string{workerCommand, "first"})).To(MatchError(ContainSubstring("number of a worker")))
}

func TestAFailedRowIsAnErrorAfterEverythingIsWritten(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	page := filepath.Join(folder, "benchmarks.md")
	template, err := os.ReadFile("../../docs/benchmarks.md")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(page, template, 0o644)).To(Succeed())
	chosen := settings{json: filepath.Join(folder, "numbers.json"), page: page}
	failed := report.Report{Rows: []report.Row{{Name: "a slow thing", Value: 2, Budget: 1}}}
	g.Expect(render(failed, chosen)).To(MatchError(errFailed))
	g.Expect(chosen.json).To(BeARegularFile())
	g.Expect(filepath.Join(folder, "benchmarks.svg")).To(BeARegularFile())
	written, err := os.ReadFile(page)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(written)).To(ContainSubstring("a slow thing"))
}
