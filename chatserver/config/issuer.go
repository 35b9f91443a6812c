package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Issuer is an identity provider of the tenant whose tokens count beside the
// project's own.
type Issuer struct {
	Issuer           string   `json:"issuer"`                     // what the claim iss says, exactly
	JWKSURL          string   `json:"jwksURL"`                    // where its public keys are (RFC 7517)
	Audience         string   `json:"audience"`                   // what the claim aud must contain
	UserClaim        string   `json:"userClaim,omitempty"`        // whose value is the user's externalId; default sub
	DisplayNameClaim string   `json:"displayNameClaim,omitempty"` // whose value is the displayName of a user that is created
	Algorithms       []string `json:"algorithms,omitempty"`       // that may sign; default all of IssuerAlgorithms
	CreateUsers      bool     `json:"createUsers,omitempty"`      // whether an unknown user is created, or else refused
}

// MaxIssuers bounds the issuers of one project.
const MaxIssuers = 8

// IssuerAlgorithms are the algorithms that an issuer may sign with. The ones
// with a shared secret are not among them: an issuer publishes its keys.
func IssuerAlgorithms() []string { return []string{"RS256", "ES256", "EdDSA"} }

func (i *Issuer) fillDefaults() {
	if i.UserClaim == "" {
		i.UserClaim = "sub"
	}
	if len(i.Algorithms) == 0 {
		i.Algorithms = IssuerAlgorithms()
	}
}

// checkIssuers reports what is wrong with the issuers.
func (c Config) checkIssuers() (errs []error) {
	if len(c.Issuers) > MaxIssuers {
		errs = append(errs, fmt.Errorf("issuers: must not be more than %d, not %d", MaxIssuers, len(c.Issuers)))
	}
	seen := make(map[string]bool, len(c.Issuers))
	for at, issuer := range c.Issuers {
		wrong := func(field, format string, arguments ...any) {
			errs = append(errs, fmt.Errorf("issuers.%d.%s: %s", at, field, fmt.Sprintf(format, arguments...)))
		}
		switch {
		case issuer.Issuer == "":
			wrong("issuer", "is missing: give what the claim iss of its tokens says")
		case issuer.Issuer == c.Project.UID:
			wrong("issuer", "must not be the project's own, %q", issuer.Issuer)
		case seen[issuer.Issuer]:
			wrong("issuer", "%q stands twice", issuer.Issuer)
		}
		seen[issuer.Issuer] = true
		issuer.check(wrong)
	}
	return errs
}

func (i Issuer) check(wrong func(field, format string, arguments ...any)) {
	if problem := jwksURLProblem(i.JWKSURL); problem != "" {
		wrong("jwksURL", "%s", problem)
	}
	if i.Audience == "" {
		wrong("audience", "is missing: give what the claim aud of tokens for this project contains")
	}
	if i.UserClaim == "" {
		wrong("userClaim", "is missing: name the claim that has the externalId of the user")
	}
	if len(i.Algorithms) == 0 {
		wrong("algorithms", "is missing: name one or more of %s", strings.Join(IssuerAlgorithms(), ", "))
	}
	for _, algorithm := range i.Algorithms {
		if !slices.Contains(IssuerAlgorithms(), algorithm) {
			wrong("algorithms", "must be of %s, not %q", strings.Join(IssuerAlgorithms(), ", "), algorithm)
		}
	}
}

// jwksURLProblem says what is wrong with the URL, or nothing. It does not
// repeat the URL, which may hold a password.
func jwksURLProblem(text string) string {
	if text == "" {
		return "is missing: give the https URL of the issuer's public keys"
	}
	parsed, err := url.Parse(text)
	switch {
	case err != nil || parsed.Hostname() == "":
		return "must be a URL such as https://login.example.com/jwks.json"
	case parsed.User != nil:
		return "must have no user name or password: public keys need none"
	case parsed.Fragment != "":
		return "must have no fragment"
	case parsed.Scheme == "https", parsed.Scheme == "http" && isLoopback(parsed.Hostname()):
		return ""
	}
	return "must begin with https://; only this machine itself may be asked by http://"
}

func isLoopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }
