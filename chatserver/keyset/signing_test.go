package keyset_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
)

const exampleSigning = `{
  "project": "7d9f6c1e-demo",
  "keys": [
    {
      "kid": "002sk3zitmo7",
      "seed": "CAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJic="
    },
    {
      "kid": "old",
      "seed": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      "notAfter": "2026-03-01T12:00:00Z"
    }
  ]
}
`

func exampleSigningFile(t *testing.T) keyset.SigningFile {
	t.Helper()
	key, err := keyset.MintSigningKey(bytes.NewReader(counting()))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return keyset.SigningFile{Project: project, Keys: []keyset.SigningKey{
		key, {ID: "old", Seed: make([]byte, ed25519.SeedSize), NotAfter: &noon},
	}}
}

func TestTheSigningFileIsWrittenInOneForm(t *testing.T) {
	g := NewWithT(t)
	encoded, err := keyset.EncodeSigning(exampleSigningFile(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(encoded)).To(Equal(exampleSigning))
	decoded, err := keyset.DecodeSigning(encoded, project)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(decoded).To(Equal(exampleSigningFile(t)), "the first key signs, so the order stays")
}

func TestAnInstantOfAnotherZoneGivesTheSameSigningFile(t *testing.T) {
	g := NewWithT(t)
	file := exampleSigningFile(t)
	local := noon.In(time.FixedZone("elsewhere", 3600))
	file.Keys[1].NotAfter = &local
	encoded, err := keyset.EncodeSigning(file)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(encoded)).To(Equal(exampleSigning))
	g.Expect(file.Keys[1].NotAfter).To(BeIdenticalTo(&local), "the caller's keys stay as they are")
}

func TestASigningKeySignsWhatItsPublicHalfVerifies(t *testing.T) {
	g := NewWithT(t)
	key, err := keyset.MintSigningKey(rand.Reader)
	g.Expect(err).NotTo(HaveOccurred())
	public, ok := key.Private().Public().(ed25519.PublicKey)
	g.Expect(ok).To(BeTrue())
	g.Expect(ed25519.Verify(public, []byte("a"), ed25519.Sign(key.Private(), []byte("a")))).To(BeTrue())
	other, err := keyset.MintSigningKey(rand.Reader)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(other.ID).NotTo(Equal(key.ID))
	g.Expect(ed25519.Verify(public, []byte("a"), ed25519.Sign(other.Private(), []byte("a")))).To(BeFalse())
}

func TestShortRandomnessMakesNoSigningKey(t *testing.T) {
	g := NewWithT(t)
	key, err := keyset.MintSigningKey(bytes.NewReader(counting()[:39]))
	g.Expect(err).To(MatchError(io.ErrUnexpectedEOF))
	g.Expect(key).To(Equal(keyset.SigningKey{}))
}

func TestASigningFileThatIsNotUnderstoodIsRefused(t *testing.T) {
	const seed = `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	keys := func(list string) string { return `{"project":"` + project + `","keys":` + list + `}` }
	for _, example := range []struct{ rule, encoded, message string }{
		{"nothing", "", "EOF"},
		{"half a file", exampleSigning[:100], "EOF"},
		{"two files in one", exampleSigning + exampleSigning, "after the end"},
		{"an unknown field of the file", `{"project":"a","algorithm":"none"}`, `unknown field "algorithm"`},
		{"an unknown field of a key", keys(`[{"kid":"a","seed":` + seed + `,"alg":"HS256"}]`), `unknown field "alg"`},
		{"the file of another project", `{"project":"other","keys":[{"kid":"a","seed":` + seed + `}]}`, `they belong to project "other", this server to "` + project + `"`},
		{"no project", `{"keys":[{"kid":"a","seed":` + seed + `}]}`, `they belong to project ""`},
		{"no list of keys", `{"project":"` + project + `"}`, "there is none"},
		{"no key", keys("[]"), "there is none"},
		{"a missing kid", keys(`[{"seed":` + seed + `}]`), "key 0 needs a kid and a seed of 32 bytes"},
		{"a missing seed", keys(`[{"kid":"a"}]`), "key 0 needs a kid and a seed of 32 bytes"},
		{"a short seed", keys(`[{"kid":"a","seed":` + seed + `},{"kid":"b","seed":"AAAA"}]`), "key 1 needs a kid and a seed of 32 bytes"},
		{"a seed that is not base64", keys(`[{"kid":"a","seed":"***"}]`), "illegal base64"},
		{"a kid that stands twice", keys(`[{"kid":"a","seed":` + seed + `},{"kid":"a","seed":` + seed + `}]`), `kid "a" stands twice`},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			file, err := keyset.DecodeSigning([]byte(example.encoded), project)
			g.Expect(err).To(MatchError(And(HavePrefix("decode the signing keys: "), ContainSubstring(example.message))))
			g.Expect(file).To(Equal(keyset.SigningFile{}))
		})
	}
}

func FuzzDecodeSigning(f *testing.F) {
	for _, seed := range []string{"", "{}", exampleSigning, exampleSigning[:90]} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		file, err := keyset.DecodeSigning(encoded, project)
		if err != nil {
			return
		}
		canonical, err := keyset.EncodeSigning(file)
		if err != nil {
			return // an instant that lies in the year 10000 once it is in UTC
		}
		if _, err := keyset.DecodeSigning(canonical, project); err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v\n%s", err, canonical)
		}
		_ = file.Keys[0].Private()
	})
}
