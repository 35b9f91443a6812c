// Package measure reads what processes cost and what the machine is. It reads the
// kernel's own accounts (Linux only), never the wall clock.
//
// What may enter: reading clocks, /proc and file systems, and plain arithmetic on
// what was read. What may not: scenarios, servers, and how results look.
package measure
