// Package store states the contract of durable state. The database behind it
// is the only truth: whatever another part of the server caches or routes may
// be lost without losing anything that was acknowledged.
//
// What may enter: the Store interface, its inputs and outputs, and rules that
// hold for every engine. What may not: permissions and limits (package chat)
// and anything of one engine (its own folder below). Package storetest is the
// suite that every engine passes.
package store
