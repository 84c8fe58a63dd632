package interp

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// budgetKey is one peer in one context: what a budget, a chain of receipts and a stream of envelopes belong to.
type budgetKey struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

// leakKey is one class of observers of a context.
type leakKey struct {
	context  aura.ContextID
	observer fact.Observer
}

// plan is what a group of decisions adds up to: one atomic commit, and the releases that follow it.
// Decisions are admitted in order, each on top of those before it.
type plan struct {
	charges book[budgetKey, fact.Charge]
	leaks   book[leakKey, fact.Leak]
	counts  book[aura.ContextID, uint64]

	drafts   []fact.Draft
	meta     []guard.Meta
	runs     runs
	releases []effect.Envelope
	released map[budgetKey]int // index into releases
	admitted []admission
}

// admission says which part of the plan belongs to one decision.
type admission struct {
	decision    *Decision
	first, last int   // its facts are drafts[first:last]
	runs        []int // for each of its charges, the run that covers it
}

func newPlan(l Ledger, device aura.DeviceID) *plan {
	return &plan{
		charges:  newBook(func(k budgetKey) fact.Charge { return l.Charge(k.context, k.peer) }),
		leaks:    newBook(func(k leakKey) fact.Leak { return l.Leak(k.context, k.observer) }),
		counts:   newBook(func(c aura.ContextID) uint64 { return l.Count(fact.ContextNamespace(c), device) }),
		runs:     runs{last: map[budgetKey]int{}},
		released: map[budgetKey]int{},
	}
}

// admit adds a decision. It returns aura.Stale when headroom that the decision saw has changed, and
// aura.Invalid for a command that is not one; the plan is then as it was before.
func (p *plan) admit(d *Decision) error {
	if err := p.check(d); err != nil {
		return err
	}
	a := admission{decision: d, first: len(p.drafts)}
	before, after := p.append(d) // first: a charge must know where the facts of its decision end
	a.last = len(p.drafts)
	for i := range d.Commands {
		switch c := &d.Commands[i]; c.Kind {
		case effect.ChargeBudget:
			k := budgetKey{c.Context, c.Peer}
			from, until := d.Run(c, before, after)
			p.charges.set(k, guard.Charged(p.charges.get(k), c, from, until))
			if from == until {
				continue // a control message: there is no run that a receipt could cover
			}
			a.runs = append(a.runs, p.runs.add(run{
				key: k, epoch: c.Epoch, cost: uint64(c.Amount), from: from, until: until,
				nonce: receiptNonce(&d.Seed, uint32(i)),
			}))
		case effect.RecordLeakage:
			k := leakKey{c.Context, c.Observer}
			p.leaks.set(k, guard.Leaked(p.leaks.get(k), c))
		case effect.StoreMetadata:
			p.meta = append(p.meta, guard.Meta{Key: c.Key, Value: c.Value})
		case effect.SendEnvelope:
			p.release(*c.Envelope, after)
		}
	}
	p.admitted = append(p.admitted, a)
	return nil
}

// check looks at everything that can refuse a decision, so that admitting it cannot stop half-way.
func (p *plan) check(d *Decision) error {
	const op = "interp.Execute"
	charged, leaked := map[budgetKey]bool{}, map[leakKey]bool{}
	for i := range d.Commands {
		c := &d.Commands[i]
		holds, valid := true, true
		switch c.Kind {
		case effect.ChargeBudget:
			k := budgetKey{c.Context, c.Peer}
			now := p.charges.get(k)
			holds, valid = guard.ChargeHolds(&now, c.Epoch, c.Seen), !charged[k] && c.Amount > 0
			charged[k] = true
		case effect.RecordLeakage:
			k := leakKey{c.Context, c.Observer}
			now := p.leaks.get(k)
			holds, valid = guard.LeakHolds(&now, c.Epoch, c.Seen), !leaked[k]
			leaked[k] = true
		case effect.AppendJournal:
			valid = c.Entry != nil
		case effect.SendEnvelope:
			valid = c.Envelope != nil
		case effect.StoreMetadata, effect.GenerateNonce:
		default:
			valid = false
		}
		if !valid {
			return aura.Errorf(op, aura.Invalid, "command %d (%s) is malformed", i+1, c.Kind)
		}
		if !holds {
			return aura.Errorf(op, aura.Stale, "headroom has changed since the decision")
		}
	}
	return nil
}

// append takes the decision's facts and returns the context's own count before and after them.
func (p *plan) append(d *Decision) (before, after uint64) {
	before = p.counts.get(d.Request.Context)
	after = before
	shared := fact.ContextNamespace(d.Request.Context)
	for i := range d.Commands {
		if c := &d.Commands[i]; c.Kind == effect.AppendJournal {
			p.drafts = append(p.drafts, *c.Entry)
			if c.Entry.Namespace == shared {
				after++
			}
		}
	}
	if after != before {
		p.counts.set(d.Request.Context, after)
	}
	return before, after
}

// release notes an envelope. Envelopes to one peer in one context merge: the later run includes the earlier.
func (p *plan) release(e effect.Envelope, after uint64) {
	if e.Through == 0 {
		e.Through = after
	}
	k := budgetKey{e.Context, e.Peer}
	if at, ok := p.released[k]; ok {
		p.releases[at].Through = max(p.releases[at].Through, e.Through)
		return
	}
	p.released[k] = len(p.releases)
	p.releases = append(p.releases, e)
}

// holds reports whether the ledger is still the one that the plan was made on.
func (p *plan) holds(l Ledger, device aura.DeviceID) bool {
	q := newPlan(l, device)
	return p.charges.holds(q.charges.read) && p.leaks.holds(q.leaks.read) && p.counts.holds(q.counts.read)
}
