// Package server puts the parts together: what starts, what stops, and in which
// order. Nothing else does.
//
// What may enter: wiring, lifecycle, the listeners, the internal endpoints,
// development mode. What may not: behaviour that a part could have itself.
package server
