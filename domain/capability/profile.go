package capability

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Profile is a list of capabilities under a name: tokens spell out each capability. There is no
// profile that means everything, so that a later build which can do more asks for it.
type Profile struct {
	Name  string
	Names []string
}

// NewProfile returns a profile with the names in ascending order. It returns aura.Invalid for none, more
// than [MaxNames], one twice, or one that is not the name of a capability.
func NewProfile(name string, names ...string) (Profile, error) {
	const op = "capability.NewProfile"
	names = slices.Sorted(slices.Values(names))
	if len(names) == 0 || len(names) > MaxNames {
		return Profile{}, aura.Errorf(op, aura.Invalid, "profile %q has %d names, between 1 and %d are possible", name, len(names), MaxNames)
	}
	for i, n := range names {
		if !fact.ValidCapability(n) {
			return Profile{}, aura.Errorf(op, aura.Invalid, "%.80q is not the name of a capability, such as %q", n, "chat:send")
		}
		if i > 0 && names[i-1] == n {
			return Profile{}, aura.Errorf(op, aura.Invalid, "profile %q has %s twice", name, n)
		}
	}
	return Profile{Name: name, Names: names}, nil
}
