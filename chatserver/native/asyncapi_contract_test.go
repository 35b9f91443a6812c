package native_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/test/pod"
)

// asyncAPIContract is what all frames of this test binary are held to.
var asyncAPIContract = &asyncAPIChecks{load: sync.OnceValues(loadAsyncAPI), seen: map[string][][]byte{}}

// asyncAPIChecks hold frames to asyncapi.yaml and keep those that differ in form.
type asyncAPIChecks struct {
	load func() (*asyncAPIDocument, error)

	mu   sync.Mutex
	seen map[string][][]byte // by name of the message
}

// asyncAPIDocument is what the tests read of asyncapi.yaml.
type asyncAPIDocument struct {
	Channels struct {
		Socket struct {
			Messages map[string]asyncAPIMessage `json:"messages"`
		} `json:"socket"`
	} `json:"channels"`
	Operations map[string]struct {
		Action   string         `json:"action"`
		Messages []asyncAPILink `json:"messages"`
		Reply    struct {
			Messages []asyncAPILink `json:"messages"`
		} `json:"reply"`
	} `json:"operations"`

	schemas map[string]*jsonschema.Schema // of payloads, by name of the message
}

type asyncAPIMessage struct {
	Summary  string    `json:"summary"`
	Codes    *[]string `json:"x-codes"`
	Examples []struct {
		Payload json.RawMessage `json:"payload"`
	} `json:"examples"`
}

type asyncAPILink struct {
	Ref string `json:"$ref"`
}

// base is where both documents are served side by side.
const base = "http://localhost/chat/v1/"

func loadAsyncAPI() (*asyncAPIDocument, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	document := &asyncAPIDocument{schemas: map[string]*jsonschema.Schema{}}
	for _, name := range []string{"openapi.yaml", "asyncapi.yaml"} {
		encoded, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if encoded, err = yaml.YAMLToJSONStrict(encoded); err != nil {
			return nil, err
		}
		tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
		if err != nil {
			return nil, err
		}
		if err := compiler.AddResource(base+name, tree); err != nil {
			return nil, err
		}
		// What is read last is asyncapi.yaml.
		if err := json.Unmarshal(encoded, document); err != nil {
			return nil, err
		}
	}
	for name := range document.messages() {
		schema, err := compiler.Compile(base + "asyncapi.yaml#/channels/socket/messages/" + name + "/payload")
		if err != nil {
			return nil, err
		}
		document.schemas[name] = schema
	}
	return document, nil
}

func (d *asyncAPIDocument) messages() map[string]asyncAPIMessage { return d.Channels.Socket.Messages }

// named are the messages whose names begin like that, without the beginning.
func (d *asyncAPIDocument) named(prefix string) []string {
	var names []string
	for name := range d.messages() {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			names = append(names, rest)
		}
	}
	return names
}

// validate holds one frame to the message of that name.
func (d *asyncAPIDocument) validate(name string, frame []byte) error {
	schema, known := d.schemas[name]
	if !known {
		return fmt.Errorf("asyncapi.yaml has no message %s: %s", name, frame)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		return fmt.Errorf("%s: %w", frame, err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("asyncapi.yaml does not allow %s: %w", frame, err)
	}
	return nil
}

// codes are those that an answer to the op may have; an unknown op has the
// common ones.
func (d *asyncAPIDocument) codes(op string) []string {
	var codes []string
	for _, name := range []string{"error", "op." + op} {
		if listed := d.messages()[name].Codes; listed != nil {
			codes = append(codes, *listed...)
		}
	}
	return codes
}

// maxKept is how many forms of one message are kept.
const maxKept = 3

// accept validates a frame and keeps it when its form is new.
func (c *asyncAPIChecks) accept(name string, frame []byte) error {
	document, err := c.load()
	if err != nil {
		return err
	}
	if err := document.validate(name, frame); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.seen[name]
	if len(kept) == 0 || len(kept) < maxKept && !slices.ContainsFunc(kept, func(other []byte) bool { return form(other) == form(frame) }) {
		c.seen[name] = append(kept, bytes.Clone(frame))
	}
	return nil
}

// form is what a frame is made of: its fields, without their values.
func form(frame []byte) string {
	var value any
	_ = json.Unmarshal(frame, &value) // a frame that was validated
	var names []string
	var walk func(path string, value any)
	walk = func(path string, value any) {
		object, _ := value.(map[string]any)
		for name, field := range object {
			names = append(names, path+"."+name)
			walk(path+"."+name, field)
		}
	}
	walk("", value)
	slices.Sort(names)
	return strings.Join(names, " ")
}

// unexercised names the messages that no test sent or received.
func (c *asyncAPIChecks) unexercised() error {
	document, err := c.load()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(document.messages())) {
		if len(c.seen[name]) == 0 {
			err = errors.Join(err, fmt.Errorf("no test sent or received the frame %s", name))
		}
	}
	return err
}

// frameWatch holds the frames of one socket to asyncapi.yaml.
type frameWatch struct {
	tb testing.TB

	mu    sync.Mutex
	asked map[int64]askedFrame
}

type askedFrame struct {
	op    string
	frame []byte
}

func watchFrames(tb testing.TB) pod.Observer {
	return &frameWatch{tb: tb, asked: map[int64]askedFrame{}}
}

// Sent keeps the frame for its answer: only one that is granted must be as the
// document says.
func (w *frameWatch) Sent(frame []byte) {
	var head struct {
		ID *int64
		Op string
	}
	if json.Unmarshal(frame, &head) != nil || head.ID == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[*head.ID] = askedFrame{op: head.Op, frame: bytes.Clone(frame)}
}

func (w *frameWatch) Received(frame []byte) {
	w.tb.Helper()
	if err := w.check(frame); err != nil {
		w.tb.Error(err)
	}
}

func (w *frameWatch) check(frame []byte) error {
	var head struct {
		Event string
		ID    *int64
		OK    json.RawMessage
		Error *struct{ Code string }
	}
	if err := json.Unmarshal(frame, &head); err != nil {
		return fmt.Errorf("%s: %w", frame, err)
	}
	if head.Event != "" {
		return asyncAPIContract.accept("event."+head.Event, frame)
	}
	asked, err := w.answered(head.ID)
	if err != nil {
		return fmt.Errorf("%w: %s", err, frame)
	}
	if head.Error == nil {
		return errors.Join(asyncAPIContract.accept("op."+asked.op, asked.frame), asyncAPIContract.accept("ok."+asked.op, frame))
	}
	document, err := asyncAPIContract.load()
	if err != nil {
		return err
	}
	if !slices.Contains(document.codes(asked.op), head.Error.Code) {
		return fmt.Errorf("the x-codes of the op %q in asyncapi.yaml lack %q: %s", asked.op, head.Error.Code, frame)
	}
	return asyncAPIContract.accept("error", frame)
}

// answered finds the frame that an answer belongs to; without an id, none.
func (w *frameWatch) answered(id *int64) (askedFrame, error) {
	if id == nil {
		return askedFrame{}, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	asked, known := w.asked[*id]
	if !known {
		return asked, errors.New("an answer to a frame that was not sent")
	}
	return asked, nil
}
