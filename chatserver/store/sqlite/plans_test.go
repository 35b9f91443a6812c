package sqlite

import (
	"path/filepath"
	"regexp"
	"testing"

	. "github.com/onsi/gomega"
)

// mostParameters is above what any statement has.
const mostParameters = 40

var (
	// scanStep is a step of a plan that reads all rows of a table, which goes by
	// the name that the statement gives it.
	scanStep = regexp.MustCompile(`^SCAN (\S+)`)
	// fewRows are what SQLite also calls a scan: of a list that came as an
	// argument, of rows that an earlier step made, of a row of constants, of an
	// index that holds a small part of its table, and of meta.
	fewRows = regexp.MustCompile(`VIRTUAL TABLE|^SCAN \(|^SCAN CONSTANT ROW|INDEX (conversations_joinable|jobs_running)$|^SCAN meta\b`)
	// wholeTables are those that the project's server may list as a whole, and
	// wholeLists the statements that do.
	wholeTables = regexp.MustCompile(`^(audit|conversation|invites|jobs|reports|sessions|users)$`)
	wholeLists  = regexp.MustCompile(`^SELECT count\(\*\) FROM|LIMIT \? OFFSET \?$`)
	// ofOne is a condition that selects what belongs to one thing.
	ofOne = regexp.MustCompile(`\b(id|user_id|actor|action|conversation_id|message_id|reporter|created_by|name_key) = \?`)
)

// expectNoScan looks at the plan of every statement: only a list of everything
// may read a table from end to end.
func expectNoScan(t *testing.T, statements []string) {
	g := NewWithT(t)
	g.Expect(statements).NotTo(BeEmpty())
	opened := openIn(t, filepath.Join(t.TempDir(), "parley.db"))
	for _, statement := range statements {
		g.Expect(scansOf(t, opened, statement)).To(BeEmpty(), statement)
	}
}

// scansOf gives the steps of a statement's plan that must not be.
func scansOf(t *testing.T, opened *Store, statement string) []string {
	t.Helper()
	lists := wholeLists.MatchString(statement) && !ofOne.MatchString(statement)
	var scans []string
	for _, step := range planOf(t, opened, statement) {
		scanned := scanStep.FindStringSubmatch(step)
		if scanned == nil || fewRows.MatchString(step) || lists && wholeTables.MatchString(scanned[1]) {
			continue
		}
		scans = append(scans, step)
	}
	return scans
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

func TestAStatementThatReadsATableFromEndToEndIsNoticed(t *testing.T) {
	opened := openIn(t, filepath.Join(t.TempDir(), "parley.db"))
	for statement, scans := range map[string][]string{
		"SELECT count(*) FROM messages WHERE group_tag = ?":                     {"SCAN messages"},
		"SELECT content FROM messages AS message ORDER BY seq LIMIT ? OFFSET ?": {"SCAN message"},
		"UPDATE members SET muted = 1 WHERE read_seq < ?":                       {"SCAN members"},
		"SELECT id FROM users WHERE email = ?":                                  {"SCAN users"},
		"SELECT count(*) FROM users WHERE email = ?":                            nil,
		"SELECT id FROM jobs WHERE user_id = ? ORDER BY id LIMIT ? OFFSET ?":    {"SCAN jobs"},
		"SELECT id FROM jobs WHERE done = ? ORDER BY id LIMIT ? OFFSET ?":       nil,
		"SELECT id FROM messages WHERE id IN (SELECT value FROM json_each(?))":  nil,
	} {
		t.Run(statement, func(t *testing.T) {
			NewWithT(t).Expect(scansOf(t, opened, statement)).To(Equal(scans))
		})
	}
}
