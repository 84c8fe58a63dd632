package own

import "github.com/aura-runtime/aura"

// Capability holds the rights of an owner in one session. It is a value: its holder may use it on a fragment until
// the owner or the scope of this fragment changes, which gives the fragment a new generation.
type Capability struct {
	Session    uint64
	Owner      Owner
	Generation uint64
	Scope      Scope
}

// Sole returns the capability of the owner that alone holds every fragment which has not ended. It returns aura.Denied where there is none, or
// a transfer is under way.
func (o *Owners) Sole(op aura.Op, owner Owner) (Capability, error) {
	c := Capability{Session: o.session, Owner: owner}
	for i := range o.records {
		r := &o.records[i]
		if r.state.Terminal() {
			continue
		}
		if c.Scope.Empty() {
			c.Generation, c.Scope = r.generation, r.scope
		}
		if !o.holds(c, r) || r.receipt != 0 {
			return Capability{}, o.refuse(op, aura.Denied, owner, "the owner does not hold the whole session alone")
		}
	}
	if c.Scope.Empty() {
		return Capability{}, o.refuse(op, aura.Denied, owner, "the session has no owner")
	}
	return c, nil
}

// Claim is the authority to own fragments that have no owner. Only their release or their import gives it, and it is
// good once.
type Claim struct {
	session    uint64
	generation uint64
	scope      Scope
}

// Session returns the session whose fragments may be claimed.
func (c Claim) Session() uint64 { return c.session }

// Generation returns the generation that the capability will have.
func (c Claim) Generation() uint64 { return c.generation }

// Receipt is a transfer that was begun and not yet decided.
type Receipt struct {
	Session        uint64
	ID             uint64
	From           Owner
	FromGeneration uint64
	To             Owner
	ToGeneration   uint64
	Scope          Scope
	// Attenuated states that the new owner gets less than the old one had. Otherwise the scope moves
	// intact.
	Attenuated bool
}

// equal compares every field: a receipt is honoured as it was issued or not at all.
func (r Receipt) equal(o Receipt) bool {
	return r.Session == o.Session && r.ID == o.ID && r.From == o.From && r.FromGeneration == o.FromGeneration &&
		r.To == o.To && r.ToGeneration == o.ToGeneration && r.Scope.Equal(o.Scope) && r.Attenuated == o.Attenuated
}

// Readiness is a witness that its owner was ready to act on a session when it was issued. It is good for
// one use by the same owner in the same generation.
type Readiness struct {
	Session    uint64
	ID         uint64
	Owner      Owner
	Generation uint64
}
