// Package chaos is a bus that does what a bus must not: it drops payloads, doubles
// them, delays them and changes their order. It shows that delivery depends on the
// store alone. Servers have it only when they are built with the tag fault, and
// PARLEY_CHAOS says what it does.
//
// What may enter: ways to mistreat what arrives. What may not: what payloads mean.
package chaos
