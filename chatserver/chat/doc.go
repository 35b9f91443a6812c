// Package chat holds the use cases: what a principal may do and what then
// happens. It is the only code that writes the Store and the Bus; permissions
// and limits live here, once, for every wire.
//
// What may enter: use cases, permission rules, limits, the appender that groups
// commits and the publisher that announces them. What may not: HTTP, WebSocket
// or any wire's form (native, dialect), live sessions (hub), SQL (store).
package chat
