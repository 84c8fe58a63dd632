package capability

import (
	"slices"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/internal/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The kinds of facts. All live in the namespace of the authority that decides.
const (
	// KindGranted carries [Granted]: somebody may do something.
	KindGranted = "capability.granted"
	// KindRevoked carries [Revoked]: earlier grants end.
	KindRevoked = "capability.revoked"
	// KindPolicy carries [Policy]: the limits of a context.
	KindPolicy = "context.policy"
)

// The bounds on payloads.
const (
	MaxNames  = 64 // capabilities in one grant, grants in one revocation
	MaxName   = 64 // bytes of one capability's name
	MaxLength = 366 * 24 * time.Hour
)

// Granted is the payload of [KindGranted].
type Granted struct {
	Context aura.ContextID   `cbor:"1,keyasint,omitzero"` // zero: every context, and none
	Subject aura.AuthorityID `cbor:"2,keyasint"`          // who may
	Names   []string         `cbor:"3,keyasint"`          // what, such as "chat:send"; ascending
}

// Revoked is the payload of [KindRevoked]. What is revoked stays revoked: granting again is a new fact.
type Revoked struct {
	Grants []aura.FactID `cbor:"1,keyasint"`
}

// Policy is the payload of [KindPolicy]. The last one of a context counts.
type Policy struct {
	Context aura.ContextID `cbor:"1,keyasint,omitzero"` // zero: every context without its own
	Limit   uint64         `cbor:"2,keyasint,omitempty"`
	Epoch   uint64         `cbor:"3,keyasint"` // length in milliseconds
	Leak    []LeakLimit    `cbor:"4,keyasint,omitempty"`
}

// LeakLimit is one leakage budget of a [Policy]. A class without one is undefined, which denies.
type LeakLimit struct {
	Observer fact.Observer `cbor:"1,keyasint"`
	Bits     uint64        `cbor:"2,keyasint,omitempty"`
}

// Grant returns the draft of a fact by which an authority lets subject do what is named in a context; the
// zero context means everywhere. It returns aura.Invalid for names out of bounds.
func Grant(by aura.AuthorityID, context aura.ContextID, subject aura.AuthorityID, names ...string) (fact.Draft, error) {
	names = slices.Clone(names)
	slices.Sort(names)
	p := Granted{Context: context, Subject: subject, Names: slices.Compact(names)}
	if err := p.check(); err != nil {
		return fact.Draft{}, err
	}
	return draft(by, KindGranted, p)
}

// Revoke returns the draft of a fact that ends earlier grants. It returns aura.Invalid for none or too many.
func Revoke(by aura.AuthorityID, grants ...aura.FactID) (fact.Draft, error) {
	p := Revoked{Grants: grants}
	if err := p.check(); err != nil {
		return fact.Draft{}, err
	}
	return draft(by, KindRevoked, p)
}

// Limit returns the draft of a fact that sets the limits of a context; the zero context sets those of
// every context without its own. It returns aura.Invalid for an epoch that is not a whole number of
// milliseconds between one and a year.
func Limit(by aura.AuthorityID, context aura.ContextID, limits guard.Policy) (fact.Draft, error) {
	if limits.EpochLength%time.Millisecond != 0 {
		return fact.Draft{}, aura.Errorf("capability.Limit", aura.Invalid, "epoch is not a whole number of milliseconds")
	}
	p := Policy{Context: context, Limit: limits.Limit, Epoch: uint64(limits.EpochLength / time.Millisecond)}
	for o := range limits.Leak {
		if limits.Leak[o].Defined {
			p.Leak = append(p.Leak, LeakLimit{Observer: fact.Observer(o), Bits: limits.Leak[o].Bits})
		}
	}
	if err := p.check(); err != nil {
		return fact.Draft{}, err
	}
	return draft(by, KindPolicy, p)
}

func draft(by aura.AuthorityID, kind string, payload any) (fact.Draft, error) {
	b, err := fact.Marshal(payload)
	if err != nil {
		return fact.Draft{}, err
	}
	return fact.Draft{Namespace: fact.OwnNamespace(by), Kind: kind, Payload: b}, nil
}

// Domain returns what the registry needs to know. These facts never leave an authority's own devices, so
// nothing is acknowledged.
func Domain() fact.Domain {
	return fact.Domain{
		Name: "capability",
		Kinds: []fact.Kind{
			{Name: KindGranted, Columns: []fact.Column{
				{Name: "context", Key: 1}, {Name: "subject", Key: 2}, {Name: "names", Key: 3},
			}, Check: check(func(p *Granted) error { return p.check() })},
			{
				Name: KindRevoked, Columns: []fact.Column{{Name: "grants", Key: 1}},
				Check: check(func(p *Revoked) error { return p.check() }),
			},
			{Name: KindPolicy, Columns: []fact.Column{
				{Name: "context", Key: 1}, {Name: "limit", Key: 2}, {Name: "epoch", Key: 3},
			}, Check: check(func(p *Policy) error { return p.check() })},
		},
	}
}

// check builds a kind's check from the check of its payload.
func check[P any](valid func(*P) error) func(*fact.Fact) error {
	return func(f *fact.Fact) error {
		p := new(P)
		if err := fold.Own(f, p); err != nil {
			return err
		}
		return valid(p)
	}
}

func (p *Granted) check() error {
	const op = "capability.Granted"
	if p.Subject.IsZero() {
		return aura.Errorf(op, aura.Invalid, "grant names no subject")
	}
	if len(p.Names) == 0 || len(p.Names) > MaxNames {
		return aura.Errorf(op, aura.Invalid, "grant has %d names, between 1 and %d are possible", len(p.Names), MaxNames)
	}
	for i, name := range p.Names {
		if !validName(name) {
			return aura.Errorf(op, aura.Invalid, "%.80q is not the name of a capability, such as %q", name, "chat:send")
		}
		if i > 0 && p.Names[i-1] >= name {
			return aura.Errorf(op, aura.Invalid, "names are not in ascending order")
		}
	}
	return nil
}

func (p *Revoked) check() error {
	if len(p.Grants) == 0 || len(p.Grants) > MaxNames {
		return aura.Errorf("capability.Revoked", aura.Invalid, "revocation of %d grants, between 1 and %d are possible", len(p.Grants), MaxNames)
	}
	return nil
}

func (p *Policy) check() error {
	const op = "capability.Policy"
	if p.Epoch == 0 || p.Epoch > uint64(MaxLength/time.Millisecond) {
		return aura.Errorf(op, aura.Invalid, "epoch has %d ms, between 1 ms and a year are possible", p.Epoch)
	}
	for i, l := range p.Leak {
		if l.Observer == 0 || l.Observer >= fact.Observers {
			return aura.Errorf(op, aura.Invalid, "leakage budget of observer class %d", l.Observer)
		}
		if i > 0 && p.Leak[i-1].Observer >= l.Observer {
			return aura.Errorf(op, aura.Invalid, "leakage budgets are not in ascending order")
		}
	}
	return nil
}

// validName reports whether a name is lower-case words around one colon: "chat:send".
func validName(name string) bool {
	subject, verb, ok := strings.Cut(name, ":")
	return ok && len(name) <= MaxName && validWord(subject) && validWord(verb)
}

func validWord(w string) bool {
	for _, c := range w {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return w != ""
}
