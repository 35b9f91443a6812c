// Package auth turns the credentials of a request into a principal: API keys by
// the keyset, user tokens by the project's signing keys.
//
// What may enter: checks of credentials, and the making of tokens. What may
// not: HTTP (package native reads the headers), what a principal may do
// (package chat).
package auth
