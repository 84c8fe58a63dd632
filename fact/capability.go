package fact

import (
	"maps"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// MaxCapability is the most bytes that the name of a capability may have.
const MaxCapability = 256

// ValidCapability reports whether a name is two segments or more, joined by colons, each of lower-case
// letters, digits, "_" and "-" and beginning with a letter: "chat:send". "cap" is no first segment.
func ValidCapability(name string) bool {
	segments := strings.Split(name, ":")
	return len(name) <= MaxCapability && len(segments) > 1 && segments[0] != "cap" &&
		!slices.ContainsFunc(segments, func(s string) bool { return !validSegment(s) })
}

func validSegment(s string) bool {
	for i, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '_' && c != '-') {
			return false
		}
	}
	return s != ""
}

// QueryCapability returns the capability that a query over the facts of a domain requires.
func QueryCapability(domain string) string { return domain + ":query" }

// Capabilities returns every name that a domain has declared, ascending. No token can grant
// any other.
func (r *Registry) Capabilities() []string { return slices.Sorted(maps.Keys(r.capabilities)) }

// permits returns the domain's capabilities, that of its queries included.
func (d *Domain) permits() []string {
	if len(d.Kinds) == 0 {
		return d.Capabilities
	}
	return append(slices.Clone(d.Capabilities), QueryCapability(d.Name))
}

func (r *Registry) checkCapabilities(d *Domain) error {
	const op = "fact.Register"
	all := d.permits()
	for _, name := range all {
		if !ValidCapability(name) {
			return aura.Errorf(op, aura.Invalid, "domain %s: %.80q is not the name of a capability, such as \"chat:send\"", d.Name, name)
		}
		if owner, taken := r.capabilities[name]; taken {
			return aura.Errorf(op, aura.Conflict, "capability %s of domain %s belongs to domain %s", name, d.Name, owner)
		}
	}
	if name, twice := repeated(all); twice {
		return aura.Errorf(op, aura.Conflict, "domain %s declares capability %s twice", d.Name, name)
	}
	return nil
}
