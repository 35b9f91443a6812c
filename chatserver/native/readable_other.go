//go:build !unix

package native

import "net"

// readable tells when a connection has something to read. Here it cannot.
type readable struct{}

func newReadable(net.Conn) *readable { return new(readable) }

// wait returns at once: whoever reads waits there.
func (*readable) wait() {}
