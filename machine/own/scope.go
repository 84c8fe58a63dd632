package own

import (
	"slices"
	"strings"
)

// Owner names the actor that may act on a session: a service, a loop, a device.
type Owner string

// Scope is how far a capability reaches: the whole session, or some of its fragments. The zero Scope
// reaches nothing.
type Scope struct {
	whole     bool
	fragments []string // sorted, each once
}

// Whole reaches everything in the session.
func Whole() Scope { return Scope{whole: true} }

// Fragments reaches the named fragments and the roles in them.
func Fragments(names ...string) Scope {
	list := slices.Clone(names)
	slices.Sort(list)
	return Scope{fragments: slices.Compact(list)}
}

// IsWhole reports whether the scope is the whole session.
func (s Scope) IsWhole() bool { return s.whole }

// Names returns the fragments of a scope that is not whole. The caller must not change it.
func (s Scope) Names() []string { return s.fragments }

// Covers reports whether the scope reaches a fragment.
func (s Scope) Covers(fragment string) bool {
	if s.whole {
		return true
	}
	_, ok := slices.BinarySearch(s.fragments, fragment)
	return ok
}

// Within reports whether the scope reaches nothing that o does not reach.
func (s Scope) Within(o Scope) bool {
	if o.whole {
		return true
	}
	return !s.whole && !slices.ContainsFunc(s.fragments, func(f string) bool { return !o.Covers(f) })
}

// Empty reports whether the scope reaches nothing.
func (s Scope) Empty() bool { return !s.whole && len(s.fragments) == 0 }

// Equal reports whether both scopes reach the same.
func (s Scope) Equal(o Scope) bool {
	return s.whole == o.whole && slices.Equal(s.fragments, o.fragments)
}

// String lists the fragments.
func (s Scope) String() string {
	if s.whole {
		return "session"
	}
	return "fragments {" + strings.Join(s.fragments, ", ") + "}"
}
