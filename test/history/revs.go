package history

import (
	"slices"
	"sort"
)

// span is the revs from..to, both included.
type span struct{ from, to int64 }

// revs is a set of revs as ascending spans that do not touch each other: what
// a session heard is a few long ones.
type revs []span

// add puts from..to into the set; an empty span changes nothing.
func (r *revs) add(from, to int64) {
	if from > to {
		return
	}
	n := len(*r)
	switch {
	case n == 0 || from > (*r)[n-1].to+1:
		*r = append(*r, span{from, to})
		return
	case from == (*r)[n-1].to+1:
		(*r)[n-1].to = to
		return
	}
	i := sort.Search(n, func(i int) bool { return (*r)[i].to >= from-1 })
	j := i + sort.Search(n-i, func(k int) bool { return (*r)[i+k].from > to+1 })
	if i < j {
		from, to = min(from, (*r)[i].from), max(to, (*r)[j-1].to)
	}
	*r = slices.Replace(*r, i, j, span{from, to})
}

func (r revs) has(rev int64) bool {
	n := len(r)
	if n == 0 || rev > r[n-1].to {
		return false
	}
	i := sort.Search(n, func(i int) bool { return r[i].to >= rev })
	return r[i].from <= rev
}

// missing returns the spans of 1..end that are not in the set.
func (r revs) missing(end int64) revs {
	var found revs
	next := int64(1)
	for _, each := range r {
		found.add(next, min(each.from-1, end))
		next = each.to + 1
	}
	found.add(next, end)
	return found
}
