package fold

import "slices"

// PutEarliest puts a value into a list in order of stamps, in which each kind has at most one value: the earliest. It reports whether it kept
// this one.
func PutEarliest[T any](all *[]Item[T], s Stamp, v T, kind func(T) string) bool {
	same := slices.IndexFunc(*all, func(i Item[T]) bool { return kind(i.Value) == kind(v) })
	if same >= 0 {
		if (*all)[same].Stamp.Compare(s) <= 0 {
			return false
		}
		*all = slices.Delete(*all, same, same+1)
	}
	place, _ := slices.BinarySearchFunc(*all, s, func(i Item[T], s Stamp) int { return i.Stamp.Compare(s) })
	*all = slices.Insert(*all, place, Item[T]{Stamp: s, Value: v})
	return true
}
