package choreo

import (
	"slices"
	"strconv"
)

// varSet is a sorted set of variable names. Values are shared, never changed.
type varSet []string

func (s varSet) has(v string) bool {
	_, ok := slices.BinarySearch(s, v)
	return ok
}

func (s varSet) union(o varSet) varSet {
	switch {
	case len(s) == 0 || slices.Equal(s, o):
		return o
	case len(o) == 0:
		return s
	}
	out := slices.Concat(s, o)
	slices.Sort(out)
	return slices.Compact(out)
}

func (s varSet) without(v string) varSet {
	i, ok := slices.BinarySearch(s, v)
	if !ok {
		return s
	}
	return slices.Delete(slices.Clone(s), i, i+1)
}

// fresh returns base, or the first of base_0, base_1, … for which taken is false.
func fresh(base string, taken func(string) bool) string {
	name := base
	for i := 0; taken(name); i++ {
		name = base + "_" + strconv.Itoa(i)
	}
	return name
}
