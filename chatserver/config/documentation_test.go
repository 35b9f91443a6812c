package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
)

func TestTheDocumentedIssuerIsOne(t *testing.T) {
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/authentication.md")
	g.Expect(err).NotTo(HaveOccurred())
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	g.Expect(found).To(BeTrue())
	example, _, found := strings.Cut(rest, "```")
	g.Expect(found).To(BeTrue())
	got, err := config.Decode([]byte(smallestFile + example))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmp.Diff([]config.Issuer{{
		Issuer: "https://login.example.com/", JWKSURL: "https://login.example.com/jwks.json", Audience: "my-chat",
		UserClaim: "sub", DisplayNameClaim: "name", Algorithms: []string{"RS256", "ES256"}, CreateUsers: true,
	}}, got.Issuers)).To(BeEmpty())
}
