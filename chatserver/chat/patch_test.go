package chat

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

func TestAPatchTellsAbsentFromNullFromAValue(t *testing.T) {
	for _, example := range []struct{ rule, patch, want string }{
		{"absent keeps what is there", `{}`, "Ada"},
		{"null empties it", `{"name":null}`, ""},
		{"a value replaces it", `{"name":"Grace"}`, "Grace"},
		{"an empty value is a value", `{"name":""}`, ""},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			var patch struct{ Name Patch[string] }
			g.Expect(json.Unmarshal([]byte(example.patch), &patch)).To(Succeed())
			name := "Ada"
			patch.Name.apply(&name)
			g.Expect(name).To(Equal(example.want))
		})
	}
}

func TestAPatchOfTheWrongTypeNamesItsField(t *testing.T) {
	g := NewWithT(t)
	var patch struct {
		Name Patch[string] `json:"name"`
	}
	err := json.Unmarshal([]byte(`{"name":7}`), &patch)
	var wrongType *json.UnmarshalTypeError
	g.Expect(err).To(BeAssignableToTypeOf(wrongType))
	g.Expect(err).To(HaveField("Field", "name"))
}

func TestPropertiesAreMerged(t *testing.T) {
	const present = `{"a":1,"b":{"c":9007199254740993,"d":null},"list":[1,2]}`
	for _, example := range []struct{ rule, patch, want string }{
		{"an empty patch keeps all", `{}`, present},
		{"a key is replaced", `{"a":"x"}`, `{"a":"x","b":{"c":9007199254740993,"d":null},"list":[1,2]}`},
		{"null deletes a key", `{"a":null,"list":null}`, `{"b":{"c":9007199254740993,"d":null}}`},
		{"null for a key that is not there changes nothing", `{"z":null}`, present},
		{"objects are merged inside", `{"b":{"d":2}}`, `{"a":1,"b":{"c":9007199254740993,"d":2},"list":[1,2]}`},
		{"lists are replaced", `{"list":[3]}`, `{"a":1,"b":{"c":9007199254740993,"d":null},"list":[3]}`},
		{"null inside a new object is no key", `{"n":{"x":null,"y":1}}`, `{"a":1,"b":{"c":9007199254740993,"d":null},"list":[1,2],"n":{"y":1}}`},
		{"null alone deletes all", `null`, `{}`},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			merged, err := mergeProperties(json.RawMessage(present), json.RawMessage(example.patch), 1000)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(merged)).To(MatchJSON(example.want))
			g.Expect(string(merged)).NotTo(ContainSubstring("e+"), "large numbers stay as they are written")
		})
	}
}

func TestNoPatchKeepsThePropertiesByteForByte(t *testing.T) {
	g := NewWithT(t)
	merged, err := mergeProperties(json.RawMessage(`{ "a" : 1 }`), nil, 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(merged)).To(Equal(`{ "a" : 1 }`))
}

func TestMergedPropertiesMustNotGrowBeyondTheLimit(t *testing.T) {
	g := NewWithT(t)
	present := json.RawMessage(`{"a":"` + strings.Repeat("x", 10) + `"}`) // 18 bytes
	merged, err := mergeProperties(present, json.RawMessage(`{"b":1}`), 24)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(merged).To(HaveLen(24))
	_, err = mergeProperties(present, json.RawMessage(`{"b":1}`), 23)
	g.Expect(err).To(MatchError(model.TooLarge("properties", 23)))
}

func TestAChangeIsRefusedForAnotherVersion(t *testing.T) {
	g := NewWithT(t)
	g.Expect(checkVersion(0, 7)).To(Succeed())
	g.Expect(checkVersion(7, 7)).To(Succeed())
	g.Expect(checkVersion(6, 7)).To(MatchError(model.ErrVersionChanged))
}
