package keyset_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
)

func mintDataKey(t *testing.T) keyset.DataKey {
	t.Helper()
	key, err := keyset.MintDataKey(rand.Reader)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return key
}

func loadDataKeys(t *testing.T, keys ...keyset.DataKey) *keyset.DataKeys {
	t.Helper()
	g := NewWithT(t)
	encoded, err := keyset.EncodeDataKeys(keyset.DataKeysFile{Project: project, Keys: keys})
	g.Expect(err).NotTo(HaveOccurred())
	loaded, err := keyset.LoadDataKeys(encoded, project)
	g.Expect(err).NotTo(HaveOccurred())
	return loaded
}

func TestWhatIsSealedOpensForItsPurposeAndPlaceOnly(t *testing.T) {
	g := NewWithT(t)
	keys := loadDataKeys(t, mintDataKey(t))
	sealed, err := keys.Seal(rand.Reader, "purpose", []byte("place"), []byte("value"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(bytes.Contains(sealed, []byte("value"))).To(BeFalse())
	g.Expect(keys.Open("purpose", []byte("place"), sealed)).To(Equal([]byte("value")))
	_, err = keys.Open("other", []byte("place"), sealed)
	g.Expect(err).To(HaveOccurred())
	_, err = keys.Open("purpose", []byte("elsewhere"), sealed)
	g.Expect(err).To(HaveOccurred())
	again, err := keys.Seal(rand.Reader, "purpose", []byte("place"), []byte("value"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).NotTo(Equal(sealed), "each time under another nonce")
}

func TestNoChangedByteOpens(t *testing.T) {
	g := NewWithT(t)
	keys := loadDataKeys(t, mintDataKey(t))
	sealed, err := keys.Seal(rand.Reader, "purpose", nil, []byte("value"))
	g.Expect(err).NotTo(HaveOccurred())
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		_, err := keys.Open("purpose", nil, changed)
		g.Expect(err).To(HaveOccurred(), "byte %d", i)
		_, err = keys.Open("purpose", nil, sealed[:i])
		g.Expect(err).To(HaveOccurred(), "the first %d bytes", i)
	}
}

func TestAnOldDataKeyOpensWhatItSealedAndANewOneSeals(t *testing.T) {
	g := NewWithT(t)
	old, fresh := mintDataKey(t), mintDataKey(t)
	sealed, err := loadDataKeys(t, old).Seal(rand.Reader, "purpose", nil, []byte("value"))
	g.Expect(err).NotTo(HaveOccurred())
	rotated := loadDataKeys(t, fresh, old)
	g.Expect(rotated.Open("purpose", nil, sealed)).To(Equal([]byte("value")))
	resealed, err := rotated.Seal(rand.Reader, "purpose", nil, []byte("value"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(loadDataKeys(t, fresh).Open("purpose", nil, resealed)).To(Equal([]byte("value")))
	_, err = loadDataKeys(t, fresh).Open("purpose", nil, sealed)
	g.Expect(err).To(MatchError(ContainSubstring("is not in the file")))
}

func TestABadFileOfDataKeysIsRefused(t *testing.T) {
	const key = `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	for rule, example := range map[string][2]string{
		"of another project": {`{"project":"other","keys":[{"id":"a","key":` + key + `}]}`, `they belong to project "other"`},
		"without a key":      {`{"project":"` + project + `","keys":[]}`, "there is none"},
		"without an id":      {`{"project":"` + project + `","keys":[{"key":` + key + `}]}`, "key 0 needs an id"},
		"a short key":        {`{"project":"` + project + `","keys":[{"id":"a","key":"AAAA"}]}`, "a key of 32 bytes"},
		"an id twice":        {`{"project":"` + project + `","keys":[{"id":"a","key":` + key + `},{"id":"a","key":` + key + `}]}`, `id "a" stands twice`},
		"an unknown field":   {`{"project":"` + project + `","keys":[{"id":"a","key":` + key + `}],"x":1}`, "unknown field"},
	} {
		t.Run(rule, func(t *testing.T) {
			_, err := keyset.LoadDataKeys([]byte(example[0]), project)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(example[1])))
		})
	}
}
