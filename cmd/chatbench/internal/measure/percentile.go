package measure

import (
	"math"
	"slices"
)

// Percentile is the smallest value that at least the given part (0 to 1) of the
// values does not exceed; 0 of no values. It sorts the values.
func Percentile(values []int64, part float64) int64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	rank := int(math.Ceil(part * float64(len(values))))
	return values[min(max(rank, 1), len(values))-1]
}
