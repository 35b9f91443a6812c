// Package keyset holds API keys: how one is written, the file that lists those
// that count, the check of a presented key against it, and the signed notice
// that some count no more. The operator writes file and notice and the chat
// server reads them, so both import this package and neither the other.
//
// What may enter: the form and the check of keys. What may not: Kubernetes,
// what a key is allowed to do (package chat), user tokens (package auth).
package keyset
