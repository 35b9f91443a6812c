package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
)

// documentedSettings is the first example of settings in a page.
func documentedSettings(t *testing.T, page string) string {
	t.Helper()
	g := NewWithT(t)
	text, err := os.ReadFile("../../docs/" + page)
	g.Expect(err).NotTo(HaveOccurred())
	_, rest, found := strings.Cut(string(text), "```yaml\n")
	g.Expect(found).To(BeTrue())
	example, _, found := strings.Cut(rest, "```")
	g.Expect(found).To(BeTrue())
	return example
}

func TestTheDocumentedIssuerIsOne(t *testing.T) {
	g := NewWithT(t)
	example := documentedSettings(t, "authentication.md")
	got, err := config.Decode([]byte(smallestFile + example))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmp.Diff([]config.Issuer{{
		Issuer: "https://login.example.com/", JWKSURL: "https://login.example.com/jwks.json", Audience: "my-chat",
		UserClaim: "sub", DisplayNameClaim: "name", Algorithms: []string{"RS256", "ES256"}, CreateUsers: true,
	}}, got.Issuers)).To(BeEmpty())
}

func TestTheDocumentedTracingIsOne(t *testing.T) {
	g := NewWithT(t)
	got, err := config.Decode([]byte(smallestFile + documentedSettings(t, "tracing.md")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got.Tracing).To(Equal(&config.Tracing{Endpoint: "http://collector.monitoring:4318", SampleRatio: 0.01}))
}
