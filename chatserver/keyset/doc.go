// Package keyset holds API keys: how one is written, the file that lists those
// that count, and the check of a presented key against it. The operator writes
// the file and the chat server reads it, so both import this package and
// neither the other.
//
// What may enter: the form and the check of keys. What may not: Kubernetes,
// what a key is allowed to do (package chat), user tokens (package auth).
package keyset
