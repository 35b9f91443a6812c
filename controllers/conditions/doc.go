// Package conditions says how things stand, in the words of the API.
//
// What may enter: pure functions from facts to one condition, a file for each.
// What may not: a client, a clock, or a secret value in a message. Messages are
// the same for the same facts, so that an unchanged status is not written again.
package conditions
