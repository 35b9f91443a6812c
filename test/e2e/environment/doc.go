// Package environment brings up what Parley runs in: a cluster, the images, the
// operator, the sample project. The end-to-end tests and `make up` share it.
//
// What may enter: steps towards a running project, and clients to use it with.
// What may not: checks, which belong to the tests.
package environment
