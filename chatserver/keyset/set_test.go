package keyset_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

func hashOf(value string) string { return keyset.Hash(model.Secret(value)) }

func load(t *testing.T, entries ...keyset.Entry) *keyset.Set {
	t.Helper()
	set, err := keyset.Load(encode(t, entries...), project)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return set
}

func TestAListedKeyCounts(t *testing.T) {
	g := NewWithT(t)
	secret, secretKey := entryOf(t, keyset.Secret)
	public, publicKey := entryOf(t, keyset.Public)
	secret.Name, public.AllowedOrigins = "backend", []string{"https://example.com"}
	set := load(t, secret, public)
	for value, want := range map[string]keyset.Entry{secretKey: secret, publicKey: public} {
		entry, ok := set.Verify(value, noon)
		g.Expect(ok).To(BeTrue())
		g.Expect(*entry).To(Equal(want))
		g.Expect(set.Holds(*entry, noon)).To(BeTrue())
	}
}

func TestAKeyThatIsNotListedDoesNotCount(t *testing.T) {
	g := NewWithT(t)
	listed, _ := entryOf(t, keyset.Secret)
	unlisted, value := entryOf(t, keyset.Secret)
	set := load(t, listed)
	entry, ok := set.Verify(value, noon)
	g.Expect(ok).To(BeFalse())
	g.Expect(entry).To(BeNil())
	g.Expect(set.Holds(unlisted, noon)).To(BeFalse())
	_, ok = load(t).Verify(value, noon)
	g.Expect(ok).To(BeFalse())
}

func TestAKeyWithTheIDOfAnotherDoesNotCount(t *testing.T) {
	g := NewWithT(t)
	listed, _ := entryOf(t, keyset.Secret)
	other, value := entryOf(t, keyset.Secret)
	listed.ID = other.ID
	set := load(t, listed)
	_, ok := set.Verify(value, noon)
	g.Expect(ok).To(BeFalse())
	g.Expect(set.Holds(other, noon)).To(BeFalse())
}

func TestAKeyThatIsListedAsAnotherTypeDoesNotCount(t *testing.T) {
	entry, value := entryOf(t, keyset.Public)
	entry.Type = keyset.Secret
	_, ok := load(t, entry).Verify(value, noon)
	NewWithT(t).Expect(ok).To(BeFalse())
}

func TestEveryChangedCharacterOfAListedKeyIsRefused(t *testing.T) {
	entry, value := entryOf(t, keyset.Secret)
	set := load(t, entry)
	for at := range value {
		for _, letter := range alphabet {
			mutated := value[:at] + string(letter) + value[at+1:]
			if _, ok := set.Verify(mutated, noon); ok && mutated != value {
				t.Errorf("character %d changed to %q is accepted", at, letter)
			}
		}
	}
}

func TestAKeyIsRefusedFromItsNotAfterOn(t *testing.T) {
	for _, example := range []struct {
		rule string
		now  time.Time
		ok   bool
	}{
		{"a nanosecond before it counts", noon.Add(-1), true},
		{"exactly then it does not", noon, false},
		{"exactly then on a clock of another zone it does not", noon.In(time.FixedZone("elsewhere", -7200)), false},
		{"a nanosecond after it does not", noon.Add(1), false},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			entry, value := entryOf(t, keyset.Secret)
			entry.NotAfter = &noon
			set := load(t, entry)
			_, ok := set.Verify(value, example.now)
			g.Expect(ok).To(Equal(example.ok))
			g.Expect(set.Holds(entry, example.now)).To(Equal(example.ok))
		})
	}
}

func TestAKeyHoldsByWhatTheNewestListSays(t *testing.T) {
	g := NewWithT(t)
	entry, value := entryOf(t, keyset.Secret)
	verified, ok := load(t, entry).Verify(value, noon)
	g.Expect(ok).To(BeTrue())

	expiring := entry
	expiring.NotAfter = &noon
	g.Expect(load(t, expiring).Holds(*verified, noon)).To(BeFalse(), "it got an end since")
	g.Expect(load(t, expiring).Holds(*verified, noon.Add(-1))).To(BeTrue())
	g.Expect(load(t, entry).Holds(expiring, noon)).To(BeTrue(), "its end was lifted since")
	g.Expect(load(t).Holds(*verified, noon)).To(BeFalse(), "it was removed since")
	replaced := entry
	replaced.Hash = keyset.Hash("another value")
	g.Expect(load(t, replaced).Holds(*verified, noon)).To(BeFalse(), "its value was replaced since")
	renamed := entry
	renamed.Name = "new name"
	g.Expect(load(t, renamed).Holds(*verified, noon)).To(BeTrue(), "a name decides nothing")
}

func TestBothValuesOfARotatingKeyCount(t *testing.T) {
	g := NewWithT(t)
	old, oldValue := entryOf(t, keyset.Secret)
	next, nextValue := entryOf(t, keyset.Secret)
	old.NotAfter = &noon
	set := load(t, old, next)
	_, ok := set.Verify(oldValue, noon.Add(-time.Minute))
	g.Expect(ok).To(BeTrue())
	_, ok = set.Verify(nextValue, noon.Add(-time.Minute))
	g.Expect(ok).To(BeTrue())
	_, ok = set.Verify(oldValue, noon)
	g.Expect(ok).To(BeFalse())
}

func TestAKeysetOfAnotherProjectIsRefused(t *testing.T) {
	g := NewWithT(t)
	for _, other := range []string{"", "7D9F6C1E-DEMO", project + " "} {
		set, err := keyset.Load(encode(t), other)
		g.Expect(err).To(MatchError(ContainSubstring("belongs to project %q, this server to %q", project, other)))
		g.Expect(set).To(BeNil())
	}
}

func TestASetHasTheRevisionOfItsFile(t *testing.T) {
	g := NewWithT(t)
	encoded := encode(t, exampleEntries()...)
	set, err := keyset.Load(encoded, project)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(set.Revision()).To(Equal(keyset.Revision(encoded)))
}

func TestAnOriginIsAllowedWhenItIsListed(t *testing.T) {
	for _, example := range []struct {
		rule    string
		allowed []string
		origin  string
		want    bool
	}{
		{"no list allows every origin", nil, "https://any.example", true},
		{"an empty list allows every origin", []string{}, "https://any.example", true},
		{"a listed origin", []string{"https://a.example", "https://b.example"}, "https://b.example", true},
		{"an origin that is not listed", []string{"https://a.example"}, "https://b.example", false},
		{"another scheme", []string{"https://a.example"}, "http://a.example", false},
		{"another port", []string{"https://a.example"}, "https://a.example:8443", false},
		{"a subdomain", []string{"https://a.example"}, "https://evil.a.example", false},
		{"a longer name", []string{"https://a.example"}, "https://a.example.evil.com", false},
		{"the origin of a sandboxed page", []string{"https://a.example"}, "null", false},
		{"no origin at all", []string{"https://a.example"}, "", false},
	} {
		t.Run(example.rule, func(t *testing.T) {
			entry := keyset.Entry{AllowedOrigins: example.allowed}
			NewWithT(t).Expect(entry.AllowsOrigin(example.origin)).To(Equal(example.want))
		})
	}
}
