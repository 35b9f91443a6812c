package measure_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
)

func TestAPercentileIsTheSmallestValueThatEnoughDoNotExceed(t *testing.T) {
	g := NewWithT(t)
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(100 - i) // 1 to 100, the last first
	}
	for part, wanted := range map[float64]int64{0: 1, 0.01: 1, 0.5: 50, 0.501: 51, 0.99: 99, 0.991: 100, 1: 100} {
		g.Expect(measure.Percentile(hundred, part)).To(Equal(wanted), "%v", part)
	}
	g.Expect(measure.Percentile([]int64{7}, 0.99)).To(Equal(int64(7)))
	g.Expect(measure.Percentile(nil, 0.99)).To(BeZero())
}
