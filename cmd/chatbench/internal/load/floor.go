package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
)

// sink listens on the loopback address and reads everything from everybody.
func (w *worker) sink(ctx context.Context, _ nothing) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for bare writes: %w", err)
	}
	w.sinks = append(w.sinks, listener)
	w.running.Go(func() error {
		for {
			connection, err := listener.Accept()
			switch {
			case errors.Is(err, net.ErrClosed):
				return nil
			case err != nil:
				return fmt.Errorf("accept a bare writer: %w", err)
			}
			w.running.Go(func() error {
				_, _ = io.Copy(io.Discard, connection) // it ends with the writer
				return connection.Close()
			})
		}
	})
	return listener.Addr().String(), nil
}

// write does nothing but bare writes, and measures what they cost this process:
// what no server that pushes frames to sockets from Go can go below.
func (w *worker) write(ctx context.Context, in Write) (Written, error) {
	connections := make([]net.Conn, 0, in.Sockets)
	defer func() {
		for _, connection := range connections {
			_ = connection.Close() // everything that counts was written
		}
	}()
	for range in.Sockets {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp4", in.Address)
		if err != nil {
			return Written{}, fmt.Errorf("connect to a sink: %w", err)
		}
		connections = append(connections, connection)
	}
	before, err := measure.CPU(os.Getpid())
	if err != nil {
		return Written{}, err
	}
	run := writeBurst
	if in.RoundsPerSecond > 0 {
		run = writePaced
	}
	writes, err := run(connections, in)
	if err != nil {
		return Written{}, fmt.Errorf("write to a sink: %w", err)
	}
	after, err := measure.CPU(os.Getpid())
	return Written{Writes: writes, CPUNanoseconds: int64(after - before)}, err
}

// writeBurst writes to one socket after the other without a pause.
func writeBurst(connections []net.Conn, in Write) (int, error) {
	frame := make([]byte, in.Bytes)
	writes := 0
	for until := time.Now().Add(in.duration()); time.Now().Before(until); {
		for _, connection := range connections {
			if _, err := connection.Write(frame); err != nil {
				return writes, err
			}
			writes++
		}
	}
	return writes, nil
}

// writePaced wakes the goroutines of the sockets one after the other, evenly over
// the second, and each writes one frame, as a server does that delivers what
// arrives little by little.
func writePaced(connections []net.Conn, in Write) (int, error) {
	frame := make([]byte, in.Bytes)
	var writes atomic.Int64
	var group errgroup.Group
	wakes := make([]chan struct{}, len(connections))
	for i, connection := range connections {
		wake := make(chan struct{}, 1)
		wakes[i] = wake
		group.Go(func() error {
			for range wake {
				if _, err := connection.Write(frame); err != nil {
					return err
				}
				writes.Add(1)
			}
			return nil
		})
	}
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	perSecond := in.RoundsPerSecond * float64(len(connections))
	began := time.Now()
	for woken := 0; time.Since(began) < in.duration(); <-ticker.C {
		for ; float64(woken) < time.Since(began).Seconds()*perSecond; woken++ {
			select {
			case wakes[woken%len(wakes)] <- struct{}{}:
			default: // it still has the one before
			}
		}
	}
	for _, wake := range wakes {
		close(wake)
	}
	err := group.Wait()
	return int(writes.Load()), err
}

func (w Write) duration() time.Duration { return time.Duration(w.Seconds * float64(time.Second)) }
