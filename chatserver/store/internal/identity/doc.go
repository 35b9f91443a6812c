// Package identity decides when two things that a store is given are the same
// one: two spellings of a username or a name, two sets of direct members, two sends of a
// message. Every engine asks it, so that they agree.
//
// What may enter: such rules, as functions of their arguments. What may not:
// anything of one engine, I/O, and rules on what is allowed.
package identity
