// Package controllers turns ChatProjects and ApiKeys into what the cluster
// runs, and says in their status how that stands.
//
// What may enter: reading, deciding when, writing, and reporting. What an
// object looks like belongs to package resources, what a status says to package
// conditions. What may not: anything of the chat server but the form of its
// keys.
//
// The value of an ApiKey lives in one place, its Secret. The keyset is computed
// from those Secrets anew every time, and the status from the keyset, so a
// crash between any two writes leaves nothing that disagrees for good.
package controllers
