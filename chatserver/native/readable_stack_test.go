//go:build !race

package native

import (
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// The race detector makes stacks deeper.
func TestWaitingTakesAStackOfTwoKibibytes(t *testing.T) {
	g := NewWithT(t)
	const count = 500
	here, there := pipes(t, count)
	runtime.GC()
	before := stackBytes()
	var waiting sync.WaitGroup
	for _, connection := range here {
		r := newReadable(connection)
		waiting.Go(func() { r.wait() })
	}
	g.Eventually(func() int { return strings.Count(stacksOfAll(), "(*FD).RawRead(") }).WithTimeout(30 * time.Second).Should(Equal(count))
	g.Expect(float64(stackBytes()-before) / count).To(BeNumerically("<", 3*1024))
	for _, connection := range there {
		g.Expect(connection.Close()).To(Succeed())
	}
	waiting.Wait()
}

func stackBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func stacksOfAll() string {
	buffer := make([]byte, 4<<20)
	return string(buffer[:runtime.Stack(buffer, true)])
}
