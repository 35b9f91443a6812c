package native_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/native"
)

var update = flag.Bool("update", false, "record the frames of the tests for messages that testdata/frames lacks")

const goldenFrames = "testdata/frames"

// recordFrames writes golden frames only where there are none: those of an
// earlier release stay, because its clients do.
func recordFrames() error {
	if !*update {
		return nil
	}
	asyncAPIContract.mu.Lock()
	defer asyncAPIContract.mu.Unlock()
	err := os.MkdirAll(goldenFrames, 0o755)
	for name, frames := range asyncAPIContract.seen {
		path := filepath.Join(goldenFrames, name+".jsonl")
		if _, missing := os.Stat(path); errors.Is(missing, os.ErrNotExist) {
			err = errors.Join(err, os.WriteFile(path, append(bytes.Join(frames, []byte{'\n'}), '\n'), 0o644))
		}
	}
	return err
}

func loadedAsyncAPI(t *testing.T) *asyncAPIDocument {
	t.Helper()
	document, err := asyncAPIContract.load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return document
}

func TestAsyncAPIDescribesExactlyTheOpsAndEventsThatExist(t *testing.T) {
	g := NewWithT(t)
	document := loadedAsyncAPI(t)
	g.Expect(document.named("op.")).To(ConsistOf(native.OperationNames()))
	g.Expect(document.named("ok.")).To(ConsistOf(native.OperationNames()))
	events := slices.Concat(
		stringConstants(t, "../model", "EventKind"), stringConstants(t, "../model", "SignalKind"), stringConstants(t, ".", "sessionEvent"))
	// A message that is not kept is announced under the name of one that is.
	slices.Sort(events)
	events = slices.Compact(events)
	g.Expect(len(events)).To(BeNumerically(">", 3))
	g.Expect(document.named("event.")).To(ConsistOf(events))
	g.Expect(document.messages()).To(HaveLen(len(events) + 2*len(native.OperationNames()) + 1))
}

func TestEveryMessageIsPartOfAnOperation(t *testing.T) {
	g := NewWithT(t)
	document := loadedAsyncAPI(t)
	link := func(name string) asyncAPILink { return asyncAPILink{Ref: "#/channels/socket/messages/" + name} }
	g.Expect(document.Operations).To(HaveLen(len(native.OperationNames()) + 1))
	for _, op := range native.OperationNames() {
		operation := document.Operations[op]
		g.Expect(operation.Action).To(Equal("receive"), op)
		g.Expect(operation.Messages).To(ConsistOf(link("op."+op)), op)
		g.Expect(operation.Reply.Messages).To(ConsistOf(link("ok."+op), link("error")), op)
	}
	var events []asyncAPILink
	for _, kind := range document.named("event.") {
		events = append(events, link("event."+kind))
	}
	g.Expect(document.Operations["deliver"].Messages).To(ConsistOf(events))
}

func TestEveryMessageIsDescribedWithExamplesAndCodes(t *testing.T) {
	document := loadedAsyncAPI(t)
	documented, used := documentedCodes(t), usedCodes(t)
	for name, message := range document.messages() {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(message.Summary).NotTo(BeEmpty())
			g.Expect(message.Examples).NotTo(BeEmpty())
			for _, example := range message.Examples {
				g.Expect(document.validate(name, example.Payload)).To(Succeed())
			}
			if !strings.HasPrefix(name, "op.") && name != "error" {
				return
			}
			g.Expect(message.Codes).NotTo(BeNil(), "x-codes")
			for _, code := range *message.Codes {
				g.Expect(documented).To(HaveKey(code), "docs/errors.md")
				g.Expect(used).To(HaveKey(code), "the source")
			}
		})
	}
}

func TestFramesOfEarlierServersAndClientsStayValid(t *testing.T) {
	g := NewWithT(t)
	document := loadedAsyncAPI(t)
	files, err := filepath.Glob(filepath.Join(goldenFrames, "*.jsonl"))
	g.Expect(err).NotTo(HaveOccurred())
	var recorded []string
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		recorded = append(recorded, name)
		content, err := os.ReadFile(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(bytes.TrimSpace(content)).NotTo(BeEmpty(), name)
		for frame := range bytes.Lines(content) {
			g.Expect(document.validate(name, frame)).To(Succeed())
		}
	}
	if *update {
		return // what is missing is recorded once all tests passed
	}
	g.Expect(recorded).To(ConsistOf(document.named("")), "go test ./chatserver/native -update records what is missing")
}

func TestAFrameThatTheDocumentDoesNotKnowIsFound(t *testing.T) {
	for name, frame := range map[string]string{
		"unknown event":              `{"event":"message.vanished","conversation":"1000000000001","rev":1,"data":{}}`,
		"unknown field of an event":  `{"event":"drain","data":{"withinMs":1},"x":1}`,
		"event without its rev":      `{"event":"reset","conversation":"1000000000001"}`,
		"answer to nothing":          `{"id":3,"ok":{}}`,
		"answer of another op":       `{"id":1,"ok":{"epoch":"x"}}`,
		"answer to an unknown op":    `{"id":2,"ok":{}}`,
		"code that the op lacks":     `{"id":1,"error":{"code":"user_exists","message":"x"}}`,
		"error without its message":  `{"id":1,"error":{"code":"internal"}}`,
		"neither event nor answer":   `{}`,
		"no JSON":                    `{`,
		"an event with a time amiss": `{"event":"member.added","conversation":"1000000000001","rev":6,"data":{"conversation":"1000000000001","user":"1000000000002","role":"member","joinedSeq":2,"createdRev":6,"rev":6,"readSeq":0,"createdAt":"yesterday"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			watch := &frameWatch{tb: t, asked: map[int64]askedFrame{}}
			watch.Sent([]byte(`{"id":1,"op":"ping"}`))
			watch.Sent([]byte(`{"id":2,"op":"dance"}`))
			NewWithT(t).Expect(watch.check([]byte(frame))).NotTo(Succeed())
		})
	}
}
