// Package hub holds this pod's live sessions: it attaches them to
// conversations, delivers each conversation's changes in rev order, repairs
// what the bus lost from the store, bounds the queues, and sends everyone away
// when the pod drains.
//
// What may enter: sessions, feeds, subscriptions, sweeps. What may not:
// permissions (package chat), the form of any wire (it is behind Wire and
// Conn), writes to the store or the bus.
package hub
