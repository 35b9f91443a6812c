package keyset_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/keyset"
)

const project = "7d9f6c1e-demo"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// entryOf lists a key value under its id.
func entryOf(t *testing.T, keyType keyset.Type) (keyset.Entry, string) {
	t.Helper()
	id, value := mint(t, keyType)
	return keyset.Entry{ID: id, Type: keyType, Hash: hashOf(value)}, value
}

func encode(t *testing.T, entries ...keyset.Entry) []byte {
	t.Helper()
	encoded, err := keyset.File{Project: project, Keys: entries}.Encode()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return encoded
}

const exampleKeyset = `{
  "project": "7d9f6c1e-demo",
  "keys": [
    {
      "id": "a",
      "type": "secret",
      "hash": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "name": "backend",
      "notAfter": "2026-03-01T12:00:00Z"
    },
    {
      "id": "b",
      "type": "public",
      "hash": "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34",
      "allowedOrigins": [
        "https://example.com"
      ]
    }
  ]
}
`

func exampleEntries() []keyset.Entry {
	return []keyset.Entry{
		{ID: "b", Type: keyset.Public, Hash: keyset.Hash("def"), AllowedOrigins: []string{"https://example.com"}},
		{ID: "a", Type: keyset.Secret, Hash: keyset.Hash("abc"), Name: "backend", NotAfter: &noon},
	}
}

func TestTheFileIsWrittenInOneForm(t *testing.T) {
	g := NewWithT(t)
	encoded := encode(t, exampleEntries()...)
	g.Expect(string(encoded)).To(Equal(exampleKeyset))
	decoded, err := keyset.Decode(encoded)
	g.Expect(err).NotTo(HaveOccurred())
	want := exampleEntries()
	slices.Reverse(want)
	g.Expect(cmp.Diff(keyset.File{Project: project, Keys: want}, decoded)).To(BeEmpty())
}

func TestEqualContentsGiveEqualBytesAndOneRevision(t *testing.T) {
	g := NewWithT(t)
	want := encode(t, exampleEntries()...)
	reversed := exampleEntries()
	slices.Reverse(reversed)
	g.Expect(encode(t, reversed...)).To(Equal(want), "the order of the keys")
	elsewhere := exampleEntries()
	local := noon.In(time.FixedZone("elsewhere", 3600))
	elsewhere[1].NotAfter = &local
	g.Expect(encode(t, elsewhere...)).To(Equal(want), "the time zone of an instant")
	g.Expect(elsewhere[1].NotAfter.Location()).To(Equal(local.Location()), "the caller's entries stay as they are")

	none, err := keyset.File{Project: project}.Encode()
	g.Expect(err).NotTo(HaveOccurred())
	empty, err := keyset.File{Project: project, Keys: []keyset.Entry{}}.Encode()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(none).To(Equal(empty), "no keys")

	g.Expect(keyset.Revision(want)).To(MatchRegexp("^[0-9a-f]{12}$"))
	g.Expect(keyset.Revision(want)).To(Equal(keyset.Revision(bytes.Clone(want))))
	g.Expect(keyset.Revision(want)).NotTo(Equal(keyset.Revision(none)))
}

func TestEncodingLeavesTheOrderOfTheCallerAlone(t *testing.T) {
	g := NewWithT(t)
	entries := exampleEntries()
	encode(t, entries...)
	g.Expect(entries).To(Equal(exampleEntries()))
}

func TestEncodingIsTheSameForEveryOrder(t *testing.T) {
	entries := make([]keyset.Entry, 12)
	for i := range entries {
		entries[i] = keyset.Entry{ID: fmt.Sprint(i), Type: keyset.Secret, Hash: keyset.Hash("a")}
	}
	want := encode(t, entries...)
	rapid.Check(t, func(t *rapid.T) {
		encoded, err := keyset.File{Project: project, Keys: rapid.Permutation(entries).Draw(t, "entries")}.Encode()
		if err != nil || !bytes.Equal(encoded, want) {
			t.Fatalf("%v: %s", err, encoded)
		}
	})
}

func TestAFileThatIsNotUnderstoodIsRefused(t *testing.T) {
	hash := keyset.Hash("abc")
	for _, example := range []struct{ rule, encoded, message string }{
		{"nothing", "", "EOF"},
		{"half a file", exampleKeyset[:200], "EOF"},
		{"another format", "project: a", "invalid character"},
		{"a list", "[]", "cannot unmarshal"},
		{"two files in one", exampleKeyset + exampleKeyset, "after the end"},
		{"rubbish after the end", exampleKeyset + "}", "after the end"},
		{"an unknown field of the file", `{"project":"a","key":[]}`, `unknown field "key"`},
		{"an unknown field of a key", `{"keys":[{"id":"a","scopes":[]}]}`, `unknown field "scopes"`},
		{"an unknown type", `{"keys":[{"id":"a","type":"admin","hash":"` + hash + `"}]}`, `key 0: unknown type "admin"`},
		{"a missing type", `{"keys":[{"id":"a","hash":"` + hash + `"}]}`, `key 0: unknown type ""`},
		{"a missing hash", `{"keys":[{"id":"a","type":"secret"}]}`, "key 0: hash must be"},
		{"a short hash", `{"keys":[{"id":"a","type":"secret","hash":"` + hash[2:] + `"}]}`, "key 0: hash must be"},
		{"a long hash", `{"keys":[{"id":"a","type":"secret","hash":"` + hash + `00"}]}`, "key 0: hash must be"},
		{"a hash that is not hexadecimal", `{"keys":[{"id":"a","type":"secret","hash":"` + strings.Repeat("x", 64) + `"}]}`, "key 0: hash must be"},
		{"a hash that could never match", `{"keys":[{"id":"a","type":"secret","hash":"` + strings.ToUpper(hash) + `"}]}`, "key 0: hash must be"},
		{"a missing id", `{"keys":[{"type":"secret","hash":"` + hash + `"}]}`, "key 0: id is missing"},
		{
			"an id that stands twice",
			`{"keys":[{"id":"a","type":"secret","hash":"` + hash + `"},{"id":"a","type":"public","hash":"` + hash + `"}]}`, `id "a" stands twice`,
		},
		{"a time that is none", `{"keys":[{"id":"a","type":"secret","hash":"` + hash + `","notAfter":"soon"}]}`, "parsing time"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			file, err := keyset.Decode([]byte(example.encoded))
			g.Expect(err).To(MatchError(And(HavePrefix("decode the keyset: "), ContainSubstring(example.message))))
			g.Expect(file).To(Equal(keyset.File{}))
			_, err = keyset.Load([]byte(example.encoded), "")
			g.Expect(err).To(HaveOccurred())
		})
	}
}

func TestSpaceAfterTheFileIsNoRubbish(t *testing.T) {
	_, err := keyset.Decode([]byte(exampleKeyset + "\n \t\r\n"))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", exampleKeyset, exampleKeyset[:90], `{"project":"a","keys":null}`, `{"keys":[null]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		file, err := keyset.Decode(encoded)
		if err != nil {
			return
		}
		canonical, err := file.Encode()
		if err != nil {
			return // an instant that lies in the year 10000 once it is in UTC
		}
		again, err := keyset.Decode(canonical)
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v\n%s", err, canonical)
		}
		twice, err := again.Encode()
		if err != nil || !bytes.Equal(canonical, twice) {
			t.Fatalf("%v: %s became %s", err, canonical, twice)
		}
	})
}
