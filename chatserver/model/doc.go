// Package model holds the nouns of chat: users, conversations, members,
// messages, the events that announce their changes, and the closed set of
// errors that every wire maps once.
//
// What may enter: plain values, their invariants and their JSON form. What may
// not: I/O, clocks, permissions, or anything that knows a wire or an engine.
package model
