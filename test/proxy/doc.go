// Package proxy stands between a client and a server over TCP, so that a test can
// do to their connections what networks do: stall them, cut them, let a peer
// vanish without a word, or lose one answer.
//
// What may enter: connections and bytes. What may not: any protocol (whoever needs
// one brings an Inspector).
package proxy
