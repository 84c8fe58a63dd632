package fact

import (
	"maps"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// MaxCapability is the most bytes that the name of a capability may have.
const MaxCapability = 64

// ValidCapability reports whether a name is lower-case words around one colon: "chat:send".
func ValidCapability(name string) bool {
	subject, verb, ok := strings.Cut(name, ":")
	return ok && len(name) <= MaxCapability && validWord(subject) && validWord(verb)
}

func validWord(w string) bool {
	for _, c := range []byte(w) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return w != ""
}

// QueryCapability returns the name of what a query over the facts of a domain requires.
func QueryCapability(domain string) string { return domain + ":query" }

// Capabilities returns every name that a domain has declared, ascending. What is not among them cannot be
// permitted, whatever a token says.
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
			return aura.Errorf(op, aura.Invalid, "domain %s: %.80q is not the name of a capability, such as %q", d.Name, name, "chat:send")
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
