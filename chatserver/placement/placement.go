// Package placement decides which shard is the home of a conversation or a
// user. It is a hint: any pod serves any session correctly, a wrong guess costs
// locality only.
//
// What may enter: the pure function from an id to a shard. What may not: state,
// I/O, or a decision that correctness depends on.
package placement

import (
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// Home returns the home shard of a key among the given shards by rendezvous
// hashing (Thaler and Ravishankar, 1998): when a shard comes or goes, only the
// keys that it wins or held move. With no shard the answer is 0.
func Home(key string, shards []int) int {
	best, bestWeight := 0, uint64(0)
	for i, shard := range shards {
		weight := xxhash.Sum64String(key + "/" + strconv.Itoa(shard))
		if i == 0 || weight > bestWeight {
			best, bestWeight = shard, weight
		}
	}
	return best
}

// All lists the shards 0 to count-1.
func All(count int) []int {
	shards := make([]int, count)
	for i := range shards {
		shards[i] = i
	}
	return shards
}
