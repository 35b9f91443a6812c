package server

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestLittleGarbageMayGatherWhileWhatIsLiveGrows(t *testing.T) {
	for _, example := range []struct {
		rule    string
		live    []uint64 // in megabytes, one for each look
		percent []int    // what is set, in order
	}{
		{"a steady server", []uint64{100, 100, 90, 110}, []int{steadyPercent}},
		{"a server that fills", []uint64{10, 20, 30, 40}, []int{steadyPercent, fillingPercent}},
		{"a server that is full", []uint64{50, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100}, []int{steadyPercent, fillingPercent, steadyPercent}},
		{"a server that empties", []uint64{100, 50, 20}, []int{steadyPercent}},
		{"slow growth", []uint64{100, 101, 102, 103, 104}, []int{steadyPercent}},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			var set []int
			garbage := garbage{set: func(percent int) { set = append(set, percent) }}
			for _, live := range example.live {
				garbage.look(live * megabyte)
			}
			g.Expect(set).To(Equal(example.percent))
		})
	}
}
