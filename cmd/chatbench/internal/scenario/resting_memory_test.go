package scenario

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestMemoryRestsFromItsLastFallOn(t *testing.T) {
	g := NewWithT(t)
	var rest resting
	for _, read := range []float64{1000, 1200, 700, 900, 696, 800} {
		rest.take(read)
	}
	// 696 is less than 1 % below 700.
	g.Expect(rest.readings).To(Equal(4))
	g.Expect(rest.sum).To(Equal(700.0 + 900 + 696 + 800))
}
