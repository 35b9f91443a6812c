package native_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/pod"
)

// anything stands in the guide for an id, a time, a token or a cursor.
const anything = "…"

// curlSettings make curl fail on a refusal and put each answer on its own line.
const curlSettings = "silent\nshow-error\nfail-with-body\nwrite-out = \"\\n\"\n"

// Readers paste the commands of docs/api.md one after the other into one shell.
func TestTheGuideWorksAsWritten(t *testing.T) {
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/api.md")
	g.Expect(err).NotTo(HaveOccurred())
	examples := guideExamples(string(page))
	g.Expect(examples).NotTo(BeEmpty())

	project := pod.New(t, pod.Options{})
	folder := t.TempDir()
	g.Expect(os.WriteFile(filepath.Join(folder, ".curlrc"), []byte(curlSettings), 0o600)).To(Succeed())
	keys, err := json.Marshal(map[string]string{"secretKey": project.SecretKey, "publicKey": project.PublicKey})
	g.Expect(err).NotTo(HaveOccurred())
	keys = bytes.ReplaceAll(keys, []byte(`":"`), []byte(`": "`))
	keys = bytes.ReplaceAll(keys, []byte(`,"`), []byte(",\n\""))
	g.Expect(os.Mkdir(filepath.Join(folder, ".parley"), 0o700)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(folder, ".parley", "keys.json"), keys, 0o600)).To(Succeed())

	shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", guideScript(examples))
	shell.Dir = folder
	shell.Env = append(os.Environ(), "API="+project.Start(t).URL, "CURL_HOME="+folder, "no_proxy=*")
	output, failure := shell.CombinedOutput()
	g.Expect(output).To(BeEmpty())
	for i, example := range examples {
		answer, err := os.ReadFile(filepath.Join(folder, example.file()))
		g.Expect(err).NotTo(HaveOccurred())
		if failure != nil && (i+1 == len(examples) || !started(folder, examples[i+1])) {
			t.Fatalf("docs/api.md:%d failed (%v) and answered %s", example.line, failure, answer)
		}
		if example.answer != "" {
			g.Expect(differsFromGuide(example.answer, string(answer))).To(Succeed(), "docs/api.md:%d answered %s", example.line, answer)
		}
	}
}

func started(folder string, example guideExample) bool {
	_, err := os.Stat(filepath.Join(folder, example.file()))
	return err == nil
}

// guideExample is a block of commands and what the guide shows as the answer to
// the last of them.
type guideExample struct {
	line     int
	commands string
	answer   string
}

func (e guideExample) file() string { return fmt.Sprintf("%d.out", e.line) }

// guideExamples reads the blocks marked bash, and json where one follows.
func guideExamples(page string) []guideExample {
	var (
		examples []guideExample
		language string
		inside   bool
		block    []string
	)
	for number, line := range strings.Split(page, "\n") {
		marker, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && !inside:
			inside, language, block = true, marker, nil
		case isFence:
			inside = false
			text := strings.Join(block, "\n")
			if language == "bash" {
				examples = append(examples, guideExample{line: number + 1 - len(block), commands: text})
			} else if language == "json" && len(examples) > 0 {
				examples[len(examples)-1].answer = text
			}
		case inside:
			block = append(block, line)
		}
	}
	return examples
}

// guideScript runs the examples in one shell, so that what one sets the next
// ones have. The files that it leaves tell how far it came.
func guideScript(examples []guideExample) string {
	var script strings.Builder
	for _, example := range examples {
		fmt.Fprintf(&script, "exec >%s 2>&1\n%s\n", example.file(), example.commands)
	}
	return script.String()
}

// differsFromGuide compares the last JSON value of the output with the shown one.
func differsFromGuide(shown, output string) error {
	var want, got any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		return fmt.Errorf("the guide shows no JSON: %w", err)
	}
	decoder := json.NewDecoder(strings.NewReader(output))
	for {
		err := decoder.Decode(&got)
		if errors.Is(err, io.EOF) {
			return holdsShown("answer", want, got)
		}
		if err != nil {
			return fmt.Errorf("the answer is no JSON: %w", err)
		}
	}
}

// holdsShown wants every field that is shown; an answer may have more.
func holdsShown(path string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %v, not an object", path, got)
		}
		for name, value := range want {
			field, there := fields[name]
			if !there {
				return fmt.Errorf("%s lacks %s", path, name)
			}
			if err := holdsShown(path+"."+name, value, field); err != nil {
				return err
			}
		}
		return nil
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return fmt.Errorf("%s is %v, not a list of %d", path, got, len(want))
		}
		for i, value := range want {
			if err := holdsShown(fmt.Sprintf("%s[%d]", path, i), value, items[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if want != got && (want != anything || got == nil) {
		return fmt.Errorf("%s is %v, not %v", path, got, want)
	}
	return nil
}

func TestTheGuideShowsWhatAnAnswerHolds(t *testing.T) {
	for name, tt := range map[string]struct {
		shown, output string
		differs       string
	}{
		"the same":             {`{"a":1}`, `{"a":1}`, ""},
		"a part":               {`{"a":{"b":1}}`, `{"a":{"b":1,"c":2},"d":3}`, ""},
		"a placeholder":        {`{"id":"…"}`, `{"id":"1000000000001"}`, ""},
		"the last answer":      {`{"a":2}`, "{\"a\":1}\n{\"a\":2}\n", ""},
		"another value":        {`{"a":1}`, `{"a":2}`, "answer.a is 2, not 1"},
		"a field that lacks":   {`{"id":"…"}`, `{}`, "answer lacks id"},
		"a null":               {`{"id":"…"}`, `{"id":null}`, "answer.id is <nil>, not …"},
		"a longer list":        {`{"a":[1]}`, `{"a":[1,2]}`, "not a list of 1"},
		"an item":              {`{"a":[1]}`, `{"a":[2]}`, "answer.a[0] is 2, not 1"},
		"no object":            {`{"a":1}`, `[]`, "not an object"},
		"no answer":            {`{"a":1}`, ``, "not an object"},
		"no JSON in the guide": {`{`, `{}`, "the guide shows no JSON"},
		"no JSON in an answer": {`{}`, `<html>`, "the answer is no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			err := differsFromGuide(tt.shown, tt.output)
			if tt.differs == "" {
				g.Expect(err).NotTo(HaveOccurred())
			} else {
				g.Expect(err).To(MatchError(ContainSubstring(tt.differs)))
			}
		})
	}
}
