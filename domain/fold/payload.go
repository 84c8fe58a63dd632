package fold

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Own decodes the payload of a fact that only its author's own namespace may hold. A fact elsewhere is
// [aura.Invalid], so that no peer can write into the private state of another authority.
func Own(f *fact.Fact, payload any) error {
	if f.Namespace != fact.OwnNamespace(f.Author) {
		return aura.Errorf("fold.Own", aura.Invalid, "%s belongs into its author's own namespace", f.Kind)
	}
	return fact.Unmarshal(f.Payload, payload)
}

// Shared decodes the payload of a fact that only a shared context may hold. A fact elsewhere is
// [aura.Invalid].
func Shared(f *fact.Fact, payload any) error {
	if f.Namespace.Space != fact.SpaceContext {
		return aura.Errorf("fold.Shared", aura.Invalid, "%s belongs into a shared context", f.Kind)
	}
	return fact.Unmarshal(f.Payload, payload)
}
