package identity

import (
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// UsernameKey gives the form in which usernames are compared: case folded, and
// compatibility characters replaced by what they stand for. No username gives
// no key.
func UsernameKey(username string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(username)))
}
