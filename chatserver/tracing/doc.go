// Package tracing records what a sampled request does, as spans of
// OpenTelemetry. Switched off it is a nil Tracer, which costs nothing.
//
// What may enter: how spans begin, end, are linked, travel between pods and
// leave the process. What may not: what is traced (each package says so of
// itself), and anything in a span that is secret or that a client made up: no
// queries, headers, contents or names, only ids that the server gave, codes and
// counts.
package tracing
