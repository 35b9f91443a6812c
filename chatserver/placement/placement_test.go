package placement_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/chatserver/placement"
)

// Pods of two releases, the operator and the SDKs' connect answers must agree,
// so these values never change.
func TestHomesAreAContractBetweenReleases(t *testing.T) {
	for key, homes := range map[string][]int{
		// the home among 1, 2, 3, 5, 8 and 64 shards
		"":                 {0, 0, 0, 0, 6, 26},
		"1000000000000":    {0, 0, 0, 3, 3, 41},
		"1000000000001":    {0, 1, 1, 3, 3, 10},
		"1000000000002":    {0, 0, 2, 3, 3, 3},
		"9007199254740991": {0, 0, 0, 3, 7, 29},
		"u:1000000000000":  {0, 0, 0, 4, 4, 24},
	} {
		t.Run(key, func(t *testing.T) {
			var got []int
			for _, count := range []int{1, 2, 3, 5, 8, 64} {
				got = append(got, placement.Home(key, placement.All(count)))
			}
			NewWithT(t).Expect(got).To(Equal(homes))
		})
	}
}

func TestAllListsTheShardsFromZero(t *testing.T) {
	g := NewWithT(t)
	g.Expect(placement.All(0)).To(BeEmpty())
	g.Expect(placement.All(1)).To(Equal([]int{0}))
	g.Expect(placement.All(4)).To(Equal([]int{0, 1, 2, 3}))
}

func TestWithoutAShardTheAnswerIsZero(t *testing.T) {
	g := NewWithT(t)
	g.Expect(placement.Home("a", nil)).To(Equal(0))
	g.Expect(placement.Home("a", []int{})).To(Equal(0))
}

func TestTheOnlyShardIsEveryonesHome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shard := rapid.IntRange(0, 63).Draw(t, "shard")
		if home := placement.Home(rapid.String().Draw(t, "key"), []int{shard}); home != shard {
			t.Fatalf("home is %d, not %d", home, shard)
		}
	})
}

// drawShards gives some of the shards in any order.
func drawShards(t *rapid.T) []int {
	return rapid.SliceOfNDistinct(rapid.IntRange(0, 63), 1, 12, rapid.ID[int]).Draw(t, "shards")
}

func TestAHomeIsOneOfTheShardsInWhateverOrderTheyStand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := drawShards(t)
		key := rapid.String().Draw(t, "key")
		home := placement.Home(key, shards)
		if !slices.Contains(shards, home) {
			t.Fatalf("home %d is none of %v", home, shards)
		}
		if other := placement.Home(key, rapid.Permutation(shards).Draw(t, "order")); other != home {
			t.Fatalf("home is %d in one order, %d in another", home, other)
		}
	})
}

func TestAKeyMovesOnlyToTheShardThatCame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := drawShards(t)
		key := rapid.String().Draw(t, "key")
		added := rapid.IntRange(64, 127).Draw(t, "added")
		before := placement.Home(key, shards)
		after := placement.Home(key, append(slices.Clone(shards), added))
		if after != before && after != added {
			t.Fatalf("%d came, and the key moved from %d to %d", added, before, after)
		}
	})
}

func TestAKeyMovesOnlyFromTheShardThatWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := drawShards(t)
		key := rapid.String().Draw(t, "key")
		gone := rapid.SampledFrom(shards).Draw(t, "gone")
		before := placement.Home(key, shards)
		rest := slices.DeleteFunc(slices.Clone(shards), func(shard int) bool { return shard == gone })
		if after := placement.Home(key, rest); before != gone && after != before {
			t.Fatalf("%d went, and the key moved from %d to %d", gone, before, after)
		}
	})
}

// Neighbouring ids are the keys that a project really has, so they must spread.
func TestNeighbouringIDsSpreadEvenly(t *testing.T) {
	const keys = 20_000
	for _, count := range []int{2, 3, 7, 16, 64} {
		t.Run(fmt.Sprintf("%d shards", count), func(t *testing.T) {
			g := NewWithT(t)
			shards := placement.All(count)
			load := make([]int, count)
			for i := range keys {
				load[placement.Home(strconv.Itoa(1_000_000_000_000+i), shards)]++
			}
			// Five standard deviations of a fair spread.
			fair := float64(keys) / float64(count)
			for shard, got := range load {
				g.Expect((float64(got)-fair)*(float64(got)-fair)).To(BeNumerically("<", 25*fair), "shard %d has %d, fair are %.0f", shard, got, fair)
			}
		})
	}
}

func TestAGrowingProjectMovesOnlyAFairShare(t *testing.T) {
	g := NewWithT(t)
	const keys = 20_000
	moved := 0
	for i := range keys {
		key := strconv.Itoa(1_000_000_000_000 + i)
		if placement.Home(key, placement.All(4)) != placement.Home(key, placement.All(5)) {
			moved++
		}
	}
	g.Expect(float64(moved) / keys).To(BeNumerically("~", 1.0/5, 0.02))
}
