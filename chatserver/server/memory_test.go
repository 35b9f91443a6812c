package server

import (
	"testing"

	. "github.com/onsi/gomega"
)

const megabyte = 1 << 20

func TestMemoryIsGivenBackOnceTheServerIsQuiet(t *testing.T) {
	for _, example := range []struct {
		rule      string
		allocated uint64 // since the look before
		idle      uint64
		given     int
	}{
		{"while much is allocated the collector runs by itself", 60 * megabyte, 80 * megabyte, 0},
		{"what a storm left is given back", 1 * megabyte, 80 * megabyte, 1},
		{"garbage that gathered while quiet is given back", 20 * megabyte, 0, 1},
		{"a small gain is not worth a collection", 1 * megabyte, 2 * megabyte, 0},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			heap := heapUse{allocated: 500 * megabyte, live: 100 * megabyte}
			times := 0
			giver := memoryGiver{
				read: func() heapUse { return heap },
				give: func() { times++; heap.idle = 0 },
			}
			giver.before, giver.given = heap, heap.allocated
			heap.allocated += example.allocated
			heap.idle = example.idle
			giver.look()
			g.Expect(times).To(Equal(example.given))
		})
	}
}

func TestMemoryIsNotGivenBackAgainWithoutAGain(t *testing.T) {
	g := NewWithT(t)
	heap := heapUse{allocated: 500 * megabyte, live: 100 * megabyte, idle: 80 * megabyte}
	times := 0
	giver := memoryGiver{read: func() heapUse { return heap }, give: func() { times++; heap.idle = 0 }, before: heap}
	giver.look()
	giver.look()
	g.Expect(times).To(Equal(1))
}

func TestTheHeapIsReadInBytes(t *testing.T) {
	g := NewWithT(t)
	before := readHeap()
	kept := make([]byte, 10*megabyte)
	after := readHeap()
	g.Expect(after.allocated - before.allocated).To(BeNumerically(">=", len(kept)))
}
