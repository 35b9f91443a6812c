package server

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// garbageInterval is how often it is looked how much garbage may gather.
	garbageInterval = time.Second
	// memoryInterval is how often it is looked whether memory can be given back.
	memoryInterval = 5 * time.Second
)

// heapUse is how a heap stands, in bytes.
type heapUse struct {
	allocated uint64 // ever
	live      uint64 // found by the last collection
	idle      uint64 // held and not in use
}

// keepMemorySmall bounds garbage, and returns memory to the system while the
// server is quiet. A storm of connects leaves a heap of more than twice what its
// sessions need, and a quiet server would keep it: the collector waits for the
// heap to be full. Who sets GOGC decides about the garbage.
func keepMemorySmall(ctx context.Context) error {
	garbage := newGarbage()
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(steadyPercent))
	} else {
		garbage.set = func(int) {}
	}
	looks, gifts := time.NewTicker(garbageInterval), time.NewTicker(memoryInterval)
	defer looks.Stop()
	defer gifts.Stop()
	giver := memoryGiver{read: readHeap, give: debug.FreeOSMemory}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-looks.C:
			garbage.look(readHeap().live)
		case <-gifts.C:
			giver.look()
		}
	}
}

// memoryGiver decides when memory is given back.
type memoryGiver struct {
	read   func() heapUse
	give   func() // collects, and returns what is free
	before heapUse
	given  uint64 // what was allocated when memory was given back last
}

// look gives memory back when less was allocated since the last look than would
// make the collector run by itself soon, and an eighth of the live heap is to be
// gained.
func (g *memoryGiver) look() {
	now := g.read()
	quiet := now.allocated-g.before.allocated < now.live/2
	gain := now.idle + now.allocated - g.given
	if quiet && gain > now.live/8 {
		g.give()
		now = g.read()
		g.given = now.allocated
	}
	g.before = now
}

func readHeap() heapUse {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	return heapUse{allocated: samples[0].Value.Uint64(), live: samples[1].Value.Uint64(), idle: samples[2].Value.Uint64()}
}
