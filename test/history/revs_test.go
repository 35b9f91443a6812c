package history

import (
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"
)

func TestASetOfRevsHasWhatWasAddedInAsFewSpansAsPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewWithT(t)
		const last = 40
		var set revs
		var added [last + 1]bool
		for range rapid.IntRange(0, 30).Draw(t, "additions") {
			from := rapid.Int64Range(0, last).Draw(t, "from")
			to := rapid.Int64Range(from-1, min(last, from+3)).Draw(t, "to")
			set.add(from, to)
			for rev := from; rev <= to; rev++ {
				added[rev] = true
			}
		}
		missing := set.missing(last)
		for rev := int64(1); rev <= last; rev++ {
			g.Expect(set.has(rev)).To(Equal(added[rev]), "rev %d of %v", rev, set)
			g.Expect(missing.has(rev)).To(Equal(!added[rev]), "rev %d is missing from %v", rev, set)
		}
		for i := 1; i < len(set); i++ {
			g.Expect(set[i].from).To(BeNumerically(">", set[i-1].to+1), "%v", set)
		}
	})
}
