package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// Report is one run.
type Report struct {
	Machine Machine `json:"machine"`
	Command string  `json:"command"`
	Rows    []Row   `json:"rows"`
}

// Machine is where a run happened, as far as its numbers depend on it.
type Machine struct {
	Date              string  `json:"date"`
	Commit            string  `json:"commit"`
	Processor         string  `json:"processor"`
	Processors        int     `json:"processors"`
	MemoryGiB         float64 `json:"memoryGiB"`
	Kernel            string  `json:"kernel"`
	Go                string  `json:"go"`
	Postgres          string  `json:"postgres"`
	Redis             string  `json:"redis"`
	Fsync             string  `json:"fsync"`
	SynchronousCommit string  `json:"synchronousCommit"`
	FileSystem        string  `json:"fileSystem"` // of PostgreSQL's data
	// Load is the load average of the minute before the run: what else ran here.
	Load float64 `json:"load"`
}

// Failed reports whether any row failed.
func (r Report) Failed() bool {
	for _, row := range r.Rows {
		if row.Verdict() == Fail {
			return true
		}
	}
	return false
}

// JSON writes the report for programs, verdicts included.
func (r Report) JSON(out io.Writer) error {
	type judged struct {
		Row
		Verdict Verdict `json:"verdict"`
	}
	rows := make([]judged, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = judged{row, row.Verdict()}
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(struct {
		Report
		Rows []judged `json:"rows"`
	}{r, rows})
	if err != nil {
		return fmt.Errorf("write the report as JSON: %w", err)
	}
	return nil
}

// String is the machine in one sentence.
func (m Machine) String() string {
	return fmt.Sprintf("%s, commit %s: %d processors (%s), %.0f GiB, Linux %s, %s; load %.1f before the run. "+
		"PostgreSQL %s with fsync=%s, synchronous_commit=%s on %s; Redis %s.",
		m.Date, m.Commit, m.Processors, m.Processor, m.MemoryGiB, m.Kernel, m.Go, m.Load,
		m.Postgres, m.Fsync, m.SynchronousCommit, m.FileSystem, m.Redis)
}
