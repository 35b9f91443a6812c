package identity_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

func TestNamesThatReadAlikeHaveOneKey(t *testing.T) {
	g := NewWithT(t)
	g.Expect(identity.NameKey("STRASSE 1")).To(Equal(identity.NameKey("straße 1")))
	g.Expect(identity.NameKey("Garden")).NotTo(Equal(identity.NameKey("Gardens")))
	g.Expect(identity.NameKey("")).To(BeEmpty())
}
