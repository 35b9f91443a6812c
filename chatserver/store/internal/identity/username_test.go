package identity_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

func TestUsernamesThatReadAlikeHaveOneKey(t *testing.T) {
	for _, spellings := range [][2]string{
		{"Alice", "aLICE"},
		{"STRASSE", "straße"},
		{"Ａｌｉｃｅ", "alice"},
		{"caf\u00e9", "CAFE\u0301"},
		{"ΟΔΥΣΣΕΥΣ", "οδυσσευς"},
	} {
		t.Run(spellings[0], func(t *testing.T) {
			NewWithT(t).Expect(identity.UsernameKey(spellings[0])).To(Equal(identity.UsernameKey(spellings[1])))
		})
	}
}

func TestDifferentUsernamesKeepDifferentKeys(t *testing.T) {
	g := NewWithT(t)
	g.Expect(identity.UsernameKey("alice")).NotTo(Equal(identity.UsernameKey("alicé")))
	g.Expect(identity.UsernameKey("")).To(BeEmpty())
}
