// Package resources builds the objects that a ChatProject or an ApiKey wants,
// as apply configurations.
//
// What may enter: pure functions from a spec (and the values that it was given)
// to one object each, and their names and labels. What may not: a client, a
// clock, randomness, or a look at what the cluster holds.
package resources
