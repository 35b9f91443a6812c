// Package redis makes the pods of a project hold its rates together, through
// counters in Redis that no request waits for.
//
// Each pod keeps a bucket of its own per key and grants from it at once. Every
// 200 ms it adds to the key's counter what it granted, reads the sum, and takes
// what the other pods granted from its own bucket, which may fall below zero.
// So each bucket is a copy of the common one, late by at most 200 ms: between
// two exchanges each pod may grant, on its own, at most the burst and 200 ms of
// the rate. What all granted too much together is paid back before anything
// more is granted; in the long run they grant the rate. A pod that meets a key
// anew, or that missed an exchange, begins with what it knows itself.
//
// While Redis does not answer, each pod holds the limits for itself. What it
// granted meanwhile is never told: it would be charged to the others long after
// it mattered.
//
// What may enter: this exchange. What may not: any decision about a request
// (ratelimit), and the connection itself (server).
package redis
