package fact

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// Column names one field of a kind's payload, for queries. Key is its integer key in the payload's CBOR.
type Column struct {
	Name string
	Key  int
}

// Kind describes one kind of fact.
type Kind struct {
	Name    string
	Columns []Column
	// Check returns aura.Invalid when the payload is not one that this kind may have. It is pure. Nil
	// accepts every payload.
	Check func(*Fact) error
	// Always says that facts of this kind count also when they are void for others, see [Record.Void]: for those that decide
	// which facts are void.
	Always bool
}

// Reducer folds records into a view. Apply must give the same state for any order and any repetition of
// the same records.
type Reducer interface {
	Apply(*Record)
}

// Domain is the registration of one domain package: its kinds, its intents, its capabilities, and how
// long the delivery records of its facts are kept.
type Domain struct {
	Name    string
	Kinds   []Kind
	Intents []string
	// Capabilities are the names that the domain's handlers require, such as "chat:send". A query over
	// the domain's facts requires [QueryCapability], which need not be listed.
	Capabilities []string
	Delivery     DeliveryPolicy // nil: nothing of this domain is tracked, see [Untracked]
}

// Registry knows the kinds and intents of all domains. The agent assembles it once, at start; from then
// on it is only read, by any number of tasks.
type Registry struct {
	domains      []Domain
	kinds        map[string]registered
	intents      map[string]string // intent → domain
	capabilities map[string]string // capability → domain
}

type registered struct {
	kind   Kind
	domain int
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{kinds: map[string]registered{}, intents: map[string]string{}, capabilities: map[string]string{}}
}

// Register adds a domain. It returns aura.Conflict when its name, a kind, an intent or a capability is
// taken, and aura.Invalid for a name that is not valid; the registry is then unchanged.
func (r *Registry) Register(d Domain) error {
	const op = "fact.Register"
	if !ValidKind(d.Name) || strings.Contains(d.Name, ".") {
		return aura.Errorf(op, aura.Invalid, "domain %.80q is not one lower-case word", d.Name)
	}
	for i := range r.domains {
		if r.domains[i].Name == d.Name {
			return aura.Errorf(op, aura.Conflict, "domain %s is registered already", d.Name)
		}
	}
	names := make([]string, 0, len(d.Kinds)+len(d.Intents))
	for i := range d.Kinds {
		names = append(names, d.Kinds[i].Name)
		if _, taken := r.kinds[d.Kinds[i].Name]; taken {
			return aura.Errorf(op, aura.Conflict, "kind %s of domain %s is registered already", d.Kinds[i].Name, d.Name)
		}
	}
	// A kind and an intent may share a name, two of either may not.
	if name, twice := repeated(names); twice {
		return aura.Errorf(op, aura.Conflict, "domain %s registers kind %s twice", d.Name, name)
	}
	for _, intent := range d.Intents {
		if owner, taken := r.intents[intent]; taken {
			return aura.Errorf(op, aura.Conflict, "intent %s of domain %s belongs to domain %s", intent, d.Name, owner)
		}
	}
	if name, twice := repeated(d.Intents); twice {
		return aura.Errorf(op, aura.Conflict, "domain %s registers intent %s twice", d.Name, name)
	}
	for _, name := range append(names, d.Intents...) {
		if !ValidKind(name) {
			return aura.Errorf(op, aura.Invalid, "domain %s: %.80q is not a dotted noun", d.Name, name)
		}
	}
	if err := r.checkCapabilities(&d); err != nil {
		return err
	}
	r.add(d)
	return nil
}

func (r *Registry) add(d Domain) {
	for i := range d.Kinds {
		r.kinds[d.Kinds[i].Name] = registered{kind: d.Kinds[i], domain: len(r.domains)}
	}
	for _, intent := range d.Intents {
		r.intents[intent] = d.Name
	}
	for _, c := range d.permits() {
		r.capabilities[c] = d.Name
	}
	r.domains = append(r.domains, d)
}

func repeated(names []string) (string, bool) {
	sorted := slices.Sorted(slices.Values(names))
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return sorted[i], true
		}
	}
	return "", false
}

// Kind returns the kind with the given name, and false when no domain registered it. A fact of an
// unregistered kind is kept and relayed without interpretation.
func (r *Registry) Kind(name string) (Kind, bool) {
	k, ok := r.kinds[name]
	return k.kind, ok
}

// Check applies the check of the fact's kind. A fact of an unregistered kind passes, and one whose payload was erased: it
// keeps its place in the chain of its stream, and says nothing.
func (r *Registry) Check(f *Fact) error {
	if k, ok := r.kinds[f.Kind]; ok && k.kind.Check != nil && f.Erased == ([32]byte{}) {
		return k.kind.Check(f)
	}
	return nil
}

// Intent reports whether a domain registered the intent.
func (r *Registry) Intent(name string) bool {
	_, ok := r.intents[name]
	return ok
}

// Domain returns the domain that registered the kind or, failing that, the intent with the given name.
func (r *Registry) Domain(name string) (Domain, bool) {
	if k, ok := r.kinds[name]; ok {
		return r.domains[k.domain], true
	}
	owner, ok := r.intents[name]
	if !ok {
		return Domain{}, false
	}
	i := slices.IndexFunc(r.domains, func(d Domain) bool { return d.Name == owner })
	return r.domains[i], true
}

// Policy returns the delivery policy for facts of the given kind: its domain's, or [Untracked].
func (r *Registry) Policy(kind string) DeliveryPolicy {
	if k, ok := r.kinds[kind]; ok && r.domains[k.domain].Delivery != nil {
		return r.domains[k.domain].Delivery
	}
	return Untracked{}
}

// Domains returns the registered domains in the order of registration.
func (r *Registry) Domains() []Domain { return slices.Clone(r.domains) }
