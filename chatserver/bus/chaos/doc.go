// Package chaos is a bus that does what a bus must not: it drops payloads, doubles
// them, delays them and changes their order. It shows that delivery depends on the
// store alone. It is compiled in by the build tag fault only, and PARLEY_CHAOS says
// what it does.
//
// What may enter: ways to mistreat what arrives. What may not: what payloads mean.
package chaos
