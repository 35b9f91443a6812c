// Package auth turns the credentials of a request into a principal: API keys by
// the keyset, user tokens by the project's signing keys or by those that an
// issuer of the tenant publishes.
//
// What may enter: checks of credentials, and the making of tokens. What may
// not: the headers of a request (package native reads them), what a principal may do
// (package chat).
package auth
