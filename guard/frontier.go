package guard

import "slices"

// Frontier is an evaluated set of capability names: those of an authority in a context, after every
// token, delegation and revocation was taken into account. The zero value allows nothing.
type Frontier struct {
	names []string
	flaw  Reason
}

// NewFrontier returns the set of the given names. It keeps no reference to the slice; duplicates and
// empty names vanish.
func NewFrontier(names ...string) Frontier {
	set := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" })
	slices.Sort(set)
	return Frontier{names: slices.Clip(slices.Compact(set))}
}

// Allows reports whether the set contains the name. Names are whole: nothing matches by prefix.
func (f Frontier) Allows(name string) bool {
	_, found := slices.BinarySearch(f.names, name)
	return found
}

// Without returns the set with the reason why a token gave nothing to it. A denial for a missing name then
// says so, instead of [ReasonNotGranted].
func (f Frontier) Without(flaw Reason) Frontier {
	f.flaw = flaw
	return f
}

// Flaw returns the reason that [Frontier.Without] set, zero for none.
func (f Frontier) Flaw() Reason { return f.flaw }

// Names returns the set in order. The slice is the caller's.
func (f Frontier) Names() []string { return slices.Clone(f.names) }
