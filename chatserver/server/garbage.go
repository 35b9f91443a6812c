package server

import "runtime/debug"

const (
	// steadyPercent lets garbage grow to twice what is live before it is collected.
	// What that takes is given back once the server is quiet.
	steadyPercent = 200
	// fillingPercent holds while what is live grows. What stays is then made among
	// garbage, page by page, and keeps the pages when the garbage is gone.
	fillingPercent = 50
	// fillingLooks is for how many looks what was live once is remembered.
	fillingLooks = 10
)

// garbage decides how much of it there may be.
type garbage struct {
	set     func(percent int)
	live    []uint64 // found by the collections, one for each of the latest looks
	percent int
}

func newGarbage() *garbage {
	return &garbage{set: func(percent int) { debug.SetGCPercent(percent) }}
}

// look takes what is live now. The server fills while that is a quarter more than
// at one of the looks before.
func (g *garbage) look(live uint64) {
	g.live = append(g.live, live)
	if len(g.live) > fillingLooks {
		g.live = g.live[1:]
	}
	percent := steadyPercent
	for _, before := range g.live {
		if live > before+before/4 {
			percent = fillingPercent
		}
	}
	if percent != g.percent {
		g.percent = percent
		g.set(percent)
	}
}
