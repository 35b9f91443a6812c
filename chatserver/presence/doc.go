// Package presence states the contract of presence: which users are online with
// which status, and who is in a conversation right now, across the pods of a
// project. Presence is ephemeral. Losing it costs a wrong light for a while,
// never a message.
//
// A status belongs to the user: what one session chooses holds for all of
// them, and the latest choice wins. Being online means having at least one live
// session. An invisible user looks offline to everybody else.
//
// What may enter: the Registry interface, what statuses mean, and the policy of
// announcing them. What may not: who may see whose presence, which is for use
// cases, and anything of one engine (its own folder below). Package
// presencetest is the suite that every engine passes.
package presence
