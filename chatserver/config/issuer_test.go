package config_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/parley-chat/parley/chatserver/config"
)

func exampleIssuer() config.Issuer {
	return config.Issuer{
		Issuer: "https://login.example.com/", JWKSURL: "https://login.example.com/jwks.json", Audience: "chat",
		UserClaim: "sub", Algorithms: []string{"RS256", "ES256", "EdDSA"},
	}
}

func TestWhatAnIssuerLeavesOutHasADefault(t *testing.T) {
	g := NewWithT(t)
	got, err := config.Decode([]byte(smallestFile + `
issuers:
- {issuer: "https://login.example.com/", jwksURL: "https://login.example.com/jwks.json", audience: chat}
- issuer: b
  jwksURL: http://127.0.0.1:9000/keys
  audience: b
  userClaim: uid
  displayNameClaim: name
  algorithms: [ES256]
  createUsers: true
`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmp.Diff([]config.Issuer{exampleIssuer(), {
		Issuer: "b", JWKSURL: "http://127.0.0.1:9000/keys", Audience: "b",
		UserClaim: "uid", DisplayNameClaim: "name", Algorithms: []string{"ES256"}, CreateUsers: true,
	}}, got.Issuers)).To(BeEmpty())

	encoded, err := yaml.Marshal(got)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Decode(encoded)).To(Equal(got))
}

func TestAnUnknownFieldOfAnIssuerIsRefused(t *testing.T) {
	g := NewWithT(t)
	_, err := config.Decode([]byte(smallestFile + "issuers: [{secret: a}]"))
	g.Expect(err).To(MatchError(ContainSubstring(`unknown field "secret"`)))
}

func TestCheckSaysWhatIsWrongWithAnIssuer(t *testing.T) {
	const (
		badScheme = "issuers.0.jwksURL: must begin with https://; only this machine itself may be asked by http://"
		noURL     = "issuers.0.jwksURL: must be a URL such as https://login.example.com/jwks.json"
	)
	for _, example := range []struct {
		rule    string
		change  func(*config.Issuer)
		message string // empty: nothing is wrong
	}{
		{"a complete issuer", func(*config.Issuer) {}, ""},
		{"no name", func(i *config.Issuer) { i.Issuer = "" }, "issuers.0.issuer: is missing: give what the claim iss of its tokens says"},
		{"the project's own name", func(i *config.Issuer) { i.Issuer = "7d9f6c1e-demo" }, `issuers.0.issuer: must not be the project's own, "7d9f6c1e-demo"`},
		{"no URL", func(i *config.Issuer) { i.JWKSURL = "" }, "issuers.0.jwksURL: is missing: give the https URL of the issuer's public keys"},
		{"http", func(i *config.Issuer) { i.JWKSURL = "http://login.example.com/" }, badScheme},
		{"http to a name that begins like this machine's", func(i *config.Issuer) { i.JWKSURL = "http://localhost.example.com/" }, badScheme},
		{"http to a private address", func(i *config.Issuer) { i.JWKSURL = "http://10.0.0.1/" }, badScheme},
		{"http to every address of this machine", func(i *config.Issuer) { i.JWKSURL = "http://0.0.0.0/" }, badScheme},
		{"http to this machine by name", func(i *config.Issuer) { i.JWKSURL = "http://localhost:9000/" }, ""},
		{"http to this machine by address", func(i *config.Issuer) { i.JWKSURL = "http://127.8.0.1/" }, ""},
		{"http to this machine by IPv6 address", func(i *config.Issuer) { i.JWKSURL = "http://[::1]:9000/" }, ""},
		{"another scheme", func(i *config.Issuer) { i.JWKSURL = "file://localhost/keys" }, badScheme},
		{"no scheme", func(i *config.Issuer) { i.JWKSURL = "login.example.com/keys" }, noURL},
		{"no host", func(i *config.Issuer) { i.JWKSURL = "https:///keys" }, noURL},
		{"a port alone", func(i *config.Issuer) { i.JWKSURL = "https://:443/keys" }, noURL},
		{"no URL at all", func(i *config.Issuer) { i.JWKSURL = "https://%/" }, noURL},
		{"a URL with a password", func(i *config.Issuer) { i.JWKSURL = "https://a:b@login.example.com/" }, "issuers.0.jwksURL: must have no user name or password: public keys need none"},
		{"a URL with a fragment", func(i *config.Issuer) { i.JWKSURL += "#a" }, "issuers.0.jwksURL: must have no fragment"},
		{"no audience", func(i *config.Issuer) { i.Audience = "" }, "issuers.0.audience: is missing: give what the claim aud of tokens for this project contains"},
		{"no claim for the user", func(i *config.Issuer) { i.UserClaim = "" }, "issuers.0.userClaim: is missing: name the claim that has the externalId of the user"},
		{"no algorithm", func(i *config.Issuer) { i.Algorithms = nil }, "issuers.0.algorithms: is missing: name one or more of RS256, ES256, EdDSA"},
		{"one algorithm", func(i *config.Issuer) { i.Algorithms = []string{"EdDSA"} }, ""},
		{"an algorithm with a shared secret", func(i *config.Issuer) { i.Algorithms = []string{"RS256", "HS256"} }, `issuers.0.algorithms: must be of RS256, ES256, EdDSA, not "HS256"`},
		{"the algorithm that signs nothing", func(i *config.Issuer) { i.Algorithms = []string{"none"} }, `issuers.0.algorithms: must be of RS256, ES256, EdDSA, not "none"`},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			issuer := exampleIssuer()
			example.change(&issuer)
			changed := operatorConfig()
			changed.Issuers = []config.Issuer{issuer}
			if example.message == "" {
				g.Expect(changed.Check()).To(Succeed())
				return
			}
			g.Expect(changed.Check()).To(MatchError(example.message))
		})
	}
}

func TestIssuersAreDifferentAndNotTooMany(t *testing.T) {
	g := NewWithT(t)
	several := operatorConfig()
	for i := range config.MaxIssuers {
		issuer := exampleIssuer()
		issuer.Issuer = fmt.Sprint(i)
		several.Issuers = append(several.Issuers, issuer)
	}
	g.Expect(several.Check()).To(Succeed())

	several.Issuers[7].Issuer = "0"
	g.Expect(several.Check()).To(MatchError(`issuers.7.issuer: "0" stands twice`))

	several.Issuers[7].Issuer = "7"
	several.Issuers = append(several.Issuers, exampleIssuer())
	g.Expect(several.Check()).To(MatchError("issuers: must not be more than 8, not 9"))
}
