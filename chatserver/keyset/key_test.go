package keyset_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/keyset"
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. é\x00"

// What counting() mints. They are example values and open nothing.
const (
	goldenSecret = "sk_002sk3zitmo7_1U8qMLQUe1RqPEQOULX6mzvgvgGUFEOG3uSdehMRg2P0WEOnc"
	goldenPublic = "pk_002sk3zitmo7_1U8qMLQUe1RqPEQOULX6mzvgvgGUFEOG3uSdehMRg2P2uYjw9"
)

// counting is 40 bytes of known randomness, as much as one key takes.
func counting() []byte {
	randomness := make([]byte, 40)
	for i := range randomness {
		randomness[i] = byte(i)
	}
	return randomness
}

// mint makes a key of real randomness.
func mint(t *testing.T, keyType keyset.Type) (id, value string) {
	t.Helper()
	id, secret, err := keyset.Mint(rand.Reader, keyType)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return id, secret.Reveal()
}

func TestTheSameRandomnessGivesTheSameKey(t *testing.T) {
	for _, example := range []struct {
		keyType keyset.Type
		value   string
	}{
		{keyset.Secret, goldenSecret},
		{keyset.Public, goldenPublic},
	} {
		t.Run(string(example.keyType), func(t *testing.T) {
			g := NewWithT(t)
			id, value, err := keyset.Mint(bytes.NewReader(counting()), example.keyType)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(value.Reveal()).To(Equal(example.value), "keys that tenants hold must stay readable")
			g.Expect(strings.Split(example.value, "_")[1]).To(Equal(id))
		})
	}
}

func TestAKeyIsReadBackAsItsTypeAndID(t *testing.T) {
	for _, keyType := range []keyset.Type{keyset.Secret, keyset.Public} {
		t.Run(string(keyType), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				randomness := rapid.SliceOfN(rapid.Byte(), 40, 40).Draw(t, "randomness")
				id, value, err := keyset.Mint(bytes.NewReader(randomness), keyType)
				if err != nil {
					t.Fatal(err)
				}
				readType, readID, ok := keyset.Parse(value.Reveal())
				if !ok || readType != keyType || readID != id {
					t.Fatalf("read as %s, %s, %t instead of %s, %s", readType, readID, ok, keyType, id)
				}
			})
		})
	}
}

func TestAllZeroAndAllOneRandomnessGiveKeysOfOneLength(t *testing.T) {
	g := NewWithT(t)
	for _, randomness := range [][]byte{make([]byte, 40), bytes.Repeat([]byte{0xff}, 40)} {
		_, value, err := keyset.Mint(bytes.NewReader(randomness), keyset.Secret)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(value.Reveal()).To(HaveLen(len(goldenSecret)))
		_, _, ok := keyset.Parse(value.Reveal())
		g.Expect(ok).To(BeTrue())
	}
}

func TestShortRandomnessMakesNoKey(t *testing.T) {
	for length := range 40 {
		g := NewWithT(t)
		id, value, err := keyset.Mint(bytes.NewReader(counting()[:length]), keyset.Secret)
		g.Expect(err).To(HaveOccurred())
		g.Expect(errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue())
		g.Expect(id + value.Reveal()).To(BeEmpty())
	}
}

func TestRandomnessThatFailsMakesNoKey(t *testing.T) {
	g := NewWithT(t)
	broken := errors.New("no entropy")
	_, _, err := keyset.Mint(iotest.ErrReader(broken), keyset.Public)
	g.Expect(err).To(MatchError(broken))
}

func TestRandomnessThatComesInPiecesIsReadToTheEnd(t *testing.T) {
	g := NewWithT(t)
	_, value, err := keyset.Mint(iotest.OneByteReader(bytes.NewReader(counting())), keyset.Secret)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(value.Reveal()).To(Equal(goldenSecret))
}

func TestAKeyOfAnUnknownTypeIsNotMade(t *testing.T) {
	for _, keyType := range []keyset.Type{"", "sk", "Secret", "admin"} {
		_, _, err := keyset.Mint(rand.Reader, keyType)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("unknown type")), string(keyType))
	}
}

// A mistyped key must not cost a look-up, and must never be another key.
func TestEveryChangeOfOneCharacterIsRefused(t *testing.T) {
	for _, value := range []string{goldenSecret, goldenPublic} {
		for at := range value {
			for _, letter := range alphabet {
				mutated := value[:at] + string(letter) + value[at+1:]
				if _, _, ok := keyset.Parse(mutated); ok && mutated != value {
					t.Errorf("%s is taken, %s with another character %d", mutated, value, at)
				}
			}
		}
	}
}

func TestEveryLossDoublingAndSwapOfCharactersIsRefused(t *testing.T) {
	for _, value := range []string{goldenSecret, goldenPublic} {
		for at := range value {
			mutations := []string{value[:at] + value[at+1:], value[:at+1] + value[at:], value[:at], value[at+1:]}
			if at > 0 {
				mutations = append(mutations, value[:at-1]+value[at:at+1]+value[at-1:at]+value[at+1:])
			}
			for _, mutated := range mutations {
				if _, _, ok := keyset.Parse(mutated); ok && mutated != value {
					t.Errorf("%s is taken instead of %s", mutated, value)
				}
			}
		}
	}
}

func TestTextThatNoMintMadeIsRefused(t *testing.T) {
	for rule, presented := range map[string]string{
		"nothing":                     "",
		"separators only":             "__",
		"many separators":             strings.Repeat("_", 80),
		"a type of another product":   "rk" + goldenSecret[2:],
		"the type of the other key":   "pk" + goldenSecret[2:],
		"an upper-case type":          "SK" + goldenSecret[2:],
		"a space before":              " " + goldenSecret,
		"a line break after":          goldenSecret + "\n",
		"a second key after":          goldenSecret + "," + goldenSecret,
		"a key without its checksum":  goldenSecret[:len(goldenSecret)-6],
		"a key in upper case":         strings.ToUpper(goldenSecret),
		"a key with a zero checksum":  goldenSecret[:len(goldenSecret)-6] + "000000",
		"a megabyte":                  strings.Repeat("sk_", 350_000),
		"bytes that are no UTF-8":     "sk_\xff\xfe_" + goldenSecret[16:],
		"another separator":           strings.ReplaceAll(goldenSecret, "_", "-"),
		"a key with an empty id":      "sk__" + goldenSecret[16:],
		"a key with an extra section": goldenSecret[:16] + "_" + goldenSecret[16:],
	} {
		t.Run(rule, func(t *testing.T) {
			_, _, ok := keyset.Parse(presented)
			NewWithT(t).Expect(ok).To(BeFalse())
		})
	}
}

func TestTheHashOfAKeyIsItsSHA256(t *testing.T) {
	g := NewWithT(t)
	g.Expect(keyset.Hash("abc")).To(Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
	g.Expect(keyset.Hash(goldenSecret)).NotTo(Equal(keyset.Hash(goldenPublic)))
}

// The seeds are in testdata/fuzz.
func FuzzParseKey(f *testing.F) {
	set := loadOnly(f, keyset.Entry{ID: strings.Split(goldenSecret, "_")[1], Type: keyset.Secret, Hash: keyset.Hash(goldenSecret)})
	f.Fuzz(func(t *testing.T, presented string, randomness []byte) {
		if entry, ok := set.Verify(presented, time.Unix(0, 0)); ok != (presented == goldenSecret) {
			t.Errorf("%q is verified as %v, %t", presented, entry, ok)
		}
		if keyType, id, ok := keyset.Parse(presented); ok {
			prefix := map[keyset.Type]string{keyset.Secret: "sk_", keyset.Public: "pk_"}[keyType]
			if prefix == "" || !strings.HasPrefix(presented, prefix+id+"_") || len(presented) != len(goldenSecret) {
				t.Errorf("%q is read as a %s key %q", presented, keyType, id)
			}
		}
		for _, keyType := range []keyset.Type{keyset.Secret, keyset.Public} {
			id, value, err := keyset.Mint(bytes.NewReader(randomness), keyType)
			if err != nil {
				if len(randomness) >= len(counting()) {
					t.Error(err)
				}
				continue
			}
			if readType, readID, ok := keyset.Parse(value.Reveal()); !ok || readType != keyType || readID != id {
				t.Errorf("%s is read as a %s key %q, %t", value.Reveal(), readType, readID, ok)
			}
		}
	})
}

// loadOnly makes a set of one entry.
func loadOnly(tb testing.TB, entry keyset.Entry) *keyset.Set {
	tb.Helper()
	encoded, err := keyset.File{Project: "fuzz", Keys: []keyset.Entry{entry}}.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	set, err := keyset.Load(encoded, "fuzz")
	if err != nil {
		tb.Fatal(err)
	}
	return set
}
