// Package fleet runs several chat servers of one project, each a process of its
// own, on a PostgreSQL and a Redis of the caller's, as a cluster would. They can be
// killed, paused and drained.
//
// What may enter: building, configuring, starting and ending servers, and reading
// their metrics. What may not: clients (package client), checks (package history)
// and what happens to the servers (the tests).
package fleet
