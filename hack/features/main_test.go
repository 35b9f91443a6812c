package main

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

const (
	openAPI  = "paths: {/chat/v1/users: {post: {}, get: {}}, '/chat/v1/users/{user}': {get: {}}}"
	asyncAPI = "channels: {socket: {messages: {op.send: {}, event.message.created: {}}}}"
)

// problems runs the checks on a table of the rows.
func problems(t *testing.T, rows string) ([]string, error) {
	t.Helper()
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		NewWithT(t).Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
		return path
	}
	head := "# Features\n\n| # | capability | native | Paanj | tegrabox | ChatKitty | MinChat | Chat API | test |\n|---|---|---|---|---|---|---|---|---|\n"
	return check(write("features.md", head+rows), write("openapi.yaml", openAPI), write("asyncapi.yaml", asyncAPI),
		write("passed", "TestA\nTestB\n"))
}

func TestATrueTableHasNoProblems(t *testing.T) {
	g := NewWithT(t)
	g.Expect(problems(t, "| 1 | Users | `POST /users`, `GET /users/{user}?x=1`, `onConflict` | x | y | z | — | — | `TestA`, `TestB` |\n"+
		"| 2 | Send a \\| b | `op send`, `event message.created` | — | — | — | — | — | `TestA` |\n"+
		"| 3 | A package | [sdk] | — | — | — | — | — | [sdk] |\n")).To(BeEmpty())
}

func TestWhatIsNotTrueIsAProblem(t *testing.T) {
	for name, test := range map[string]struct{ row, problem string }{
		"an operation that is not there": {"| 1 | a | `DELETE /users` | — | — | — | — | — | `TestA` |", "openapi.yaml has no DELETE /chat/v1/users"},
		"an op that is not there":        {"| 1 | a | `op fly` | — | — | — | — | — | `TestA` |", "asyncapi.yaml has no op fly"},
		"an event that is not there":     {"| 1 | a | `event user.flew` | — | — | — | — | — | `TestA` |", "asyncapi.yaml has no event user.flew"},
		"a test that is not there":       {"| 1 | a | `op send` | — | — | — | — | — | `TestC` |", "the test TestC did not pass, or there is none"},
		"no test":                        {"| 1 | a | `op send` | — | — | — | — | — |  |", "it names no test"},
		"nothing that does it":           {"| 1 | a | — | — | — | — | — | — | `TestA` |", "nothing natively does it"},
		"an unknown area":                {"| 1 | a | [later] | — | — | — | — | — | [later] |", "there is no area later"},
		"a test of what is not there":    {"| 1 | a | [sdk] | — | — | — | — | — | `TestA` |", "it waits for [sdk]"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			found, err := problems(t, test.row)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(found).To(ConsistOf(ContainSubstring(test.problem)))
		})
	}
}

func TestATableWithAMissingRowOrCellIsRefused(t *testing.T) {
	g := NewWithT(t)
	_, err := problems(t, "| 2 | a | [sdk] | — | — | — | — | — | [sdk] |")
	g.Expect(err).To(MatchError("row 2 stands where row 1 belongs"))
	_, err = problems(t, "| 1 | a | [sdk] |")
	g.Expect(err).To(MatchError(ContainSubstring("row 1 has 3 cells and not 9")))
}
