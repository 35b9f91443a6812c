// Package services starts the real servers that tests need, PostgreSQL and
// Redis, on free loopback ports and ends them with the test binary.
//
// What may enter: finding a server's programs, starting and stopping it, and
// giving each test a part of it that nobody else uses. What may not: anything
// that knows Parley's schemas or messages, and mocks.
//
// A test binary that uses a service calls Main from its TestMain:
//
//	func TestMain(m *testing.M) { services.Main(m) }
package services
