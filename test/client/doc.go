// Package client is a client of the native API as applications have it: a caller
// of the REST API, a session over one WebSocket, and a participant, which goes on
// elsewhere when it loses its connection and writes down what it saw.
//
// What may enter: what a client of the documented API does. What may not: checks
// (package history has them), servers (packages fleet and environment), and
// anything that only a server knows.
package client
