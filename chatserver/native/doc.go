// Package native is Parley's own API: REST and WebSocket under /chat/v1, as
// openapi.yaml describes it. It is the superset of every other wire.
//
// What may enter: the form of requests, responses and frames, and their
// translation to and from package chat and package hub. What may not: rules of
// chat (package chat), checks of credentials (package auth).
package native
