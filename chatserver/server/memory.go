package server

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// memoryInterval is how often it is looked whether memory can be given back.
const memoryInterval = 5 * time.Second

// heapUse is how a heap stands, in bytes.
type heapUse struct {
	allocated uint64 // ever
	live      uint64 // found by the last collection
	idle      uint64 // held and not in use
}

// gcPercent lets garbage grow to twice what is live before it is collected. What
// that takes is given back once the server is quiet.
const gcPercent = 200

// giveBackMemory returns memory to the system while the server is quiet. A storm
// of connects leaves a heap of more than twice what its sessions need, and a quiet
// server would keep it: the collector waits for the heap to be full.
func giveBackMemory(ctx context.Context) error {
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	ticker := time.NewTicker(memoryInterval)
	defer ticker.Stop()
	giver := memoryGiver{read: readHeap, give: debug.FreeOSMemory}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
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
