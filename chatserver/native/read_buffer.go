package native

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// readBufferSize is what is read of a connection at once.
const readBufferSize = 4096

// readBuffers are those that no connection reads into now.
var readBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readBufferSize) }}

// readBuffer is the reader of one connection. It has memory between fill and
// empty only, so that an idle connection holds none.
type readBuffer struct {
	connection net.Conn
	reader     bufio.Reader
	lent       *bufio.Reader // of readBuffers, or nil
}

// isFull reports whether something waits in it.
func (b *readBuffer) isFull() bool { return b.lent != nil }

// fill gives the reader memory, unless it has some.
func (b *readBuffer) fill() {
	if b.lent != nil {
		return
	}
	b.lent, _ = readBuffers.Get().(*bufio.Reader)
	b.reader = *b.lent
	b.reader.Reset(b.connection)
}

// empty takes the memory back, unless something is left to be read from it.
func (b *readBuffer) empty() bool {
	if b.reader.Buffered() > 0 {
		return false
	}
	*b.lent = b.reader
	b.lent.Reset(nil)
	readBuffers.Put(b.lent)
	b.reader, b.lent = bufio.Reader{}, nil
	return true
}

// hijacker is a response whose connection is read through the buffer from the
// upgrade on.
type hijacker struct {
	http.ResponseWriter
	buffer *readBuffer
}

// Hijack implements http.Hijacker. What the client sent too early is not lost.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	connection, streams, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.buffer.connection = connection
	h.buffer.fill()
	early := make([]byte, streams.Reader.Buffered())
	if len(early) > 0 {
		if _, err := io.ReadFull(streams.Reader, early); err != nil {
			return nil, nil, fmt.Errorf("take what came early: %w", err)
		}
		h.buffer.reader.Reset(io.MultiReader(bytes.NewReader(early), connection))
		if _, err := h.buffer.reader.Peek(1); err != nil {
			return nil, nil, fmt.Errorf("keep what came early: %w", err)
		}
	}
	streams.Reader = &h.buffer.reader
	return connection, streams, nil
}
