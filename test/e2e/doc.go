// Package e2e tests Parley as its users meet it: on a real cluster, through the
// operator and the native API. Run it with `make e2e`.
//
// What may enter: tests of behaviour that needs a cluster. What may not: what a
// test of one package can show.
package e2e
