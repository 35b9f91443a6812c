// Package guarantees holds the promises of Parley against what may happen to a
// cluster: several chat servers, each a process of its own with the race detector
// and the faults compiled in, serve clients that send all the time, while the test
// hurts something. Afterwards the history of what every client sent and saw is
// checked. Each scenario is run once more for every fault that breaks its promise,
// and must notice it.
//
// What may enter: scenarios, and what starts, feeds and judges them. What may not:
// how servers, clients and histories work (packages services, fleet, client and
// history), and what needs a Kubernetes cluster (package e2e).
package guarantees
