package interp

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// reference is how decisions were committed before each of them was an entry of the journal: a group is gathered
// first, planned on an overlay of its own, and committed as one entry that holds only while the ledger is the one of
// the plan. [TestOneOverlayGivesTheResultsOfTwo] compares it with [Production].
type reference struct {
	own     aura.AuthorityID
	device  aura.DeviceID
	journal *journal.Journal
	sign    func([]byte) [64]byte
	sent    []effect.Envelope
	stored  *journal.Journal // by which receipts name facts: the other way's, for facts have other identities in each
}

// answer is what one decision came to.
type answer struct {
	result effect.Result
	err    error
}

// commit carries out a group of decisions.
func (r *reference) commit(t *testing.T, tc task.Context, group []*Decision) []answer {
	t.Helper()
	answers := make([]answer, len(group))
	p := newPlan(r.journal, r.device)
	p.stored, p.journal = r.stored, r.journal
	var admitted []int
	for i, d := range group {
		if err := p.admit(d); err != nil {
			answers[i].err = err
			continue
		}
		admitted = append(admitted, i)
	}
	receipts := p.issue(r.own, r.sign)
	records, err := r.append(tc, p)
	switch {
	case err == nil:
		r.sent = append(r.sent, p.releases...)
		for k, result := range p.results(records, receipts) {
			answers[admitted[k]].result = result
		}
	case aura.KindOf(err) == aura.Invalid && len(admitted) > 1:
		// A bad fact does not refuse its neighbours: each is committed alone.
		for _, i := range admitted {
			answers[i] = r.commit(t, tc, group[i:i+1])[0]
		}
	case aura.KindOf(err) == aura.Invalid && len(admitted) == 1:
		answers[admitted[0]].err = err
	default:
		t.Fatal(err)
	}
	return answers
}

func (r *reference) append(tc task.Context, p *plan) ([]fact.Record, error) {
	e := &journal.Entry{
		Drafts: p.drafts, Charges: p.charges.written(), Leaks: p.leaks.written(), Logs: p.logs,
		Expect: func(v journal.View) error {
			if !p.holds(v, r.device) {
				return aura.Errorf("interp.Execute", aura.Stale, "the ledger has changed")
			}
			return nil
		},
	}
	for _, m := range p.meta {
		e.Meta = append(e.Meta, journal.KV{Key: m.Key, Value: m.Value})
	}
	if len(e.Drafts)+len(e.Charges)+len(e.Leaks)+len(e.Meta) == 0 {
		return nil, nil
	}
	return r.journal.Append(tc, e)
}

// plan is what a group of decisions adds up to: one atomic commit, and the releases that follow it.
// Decisions are admitted in order, each on top of those before it.
type plan struct {
	charges book[budgetKey, fact.Charge]
	leaks   book[leakKey, fact.Leak]
	counts  book[aura.ContextID, uint64]

	drafts   []fact.Draft
	meta     []guard.Meta
	logs     []journal.LogChange
	runs     runs
	releases []effect.Envelope
	released map[budgetKey]int // index into releases
	admitted []admission
	stored   *journal.Journal
	journal  *journal.Journal
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
			now := p.charges.get(k)
			from, until := d.Run(c, &now, before, after)
			p.charges.set(k, guard.Charged(now, c, from, until))
			if from == until {
				continue // a control message: there is no run that a receipt could cover
			}
			a.runs = append(a.runs, p.runs.add(run{
				key: k, context: d.Request.Context, span: span{fact.Place{Seq: from + 1}, fact.Place{Seq: until}}, epoch: c.Epoch, cost: uint64(c.Amount), from: from, until: until,
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

// issue makes the receipts of all runs, in order, writes the chains' heads into the plan's charges and
// keeps the receipts in their logs, so that they are durable before anything is released.
func (p *plan) issue(own aura.AuthorityID, sign func([]byte) [64]byte) []effect.Receipt {
	receipts := make([]effect.Receipt, 0, len(p.runs.all))
	chains, numbers := map[budgetKey]fact.Charge{}, map[string]uint64{}
	for i := range p.runs.all {
		r := &p.runs.all[i]
		chain, ok := chains[r.key]
		if !ok {
			chain = p.charges.base[r.key]
		}
		receipt, _, chain := r.issue(own, chain, sign)
		chains[r.key] = chain
		receipts = append(receipts, receipt)
		name := receiptLogName(r.key)
		last, ok := numbers[name]
		if !ok {
			last = p.journal.Log(name).Last
		}
		if chain.Receipts == 1 {
			p.logs = append(p.logs, journal.LogChange{Name: name, Cursor: last})
		}
		p.logs = append(p.logs, journal.LogChange{Name: name, Values: [][]byte{receipt.Encode()}})
		numbers[name] = last + 1

		c := p.charges.get(r.key)
		c.Receipts, c.Head = chain.Receipts, chain.Head
		p.charges.set(r.key, c)
	}
	return receipts
}

// results splits what a commit gave among the decisions of its plan. The records are those of the plan's
// drafts, in order.
func (p *plan) results(records []fact.Record, receipts []effect.Receipt) []effect.Result {
	rs := make([]effect.Result, len(p.admitted))
	for i := range p.admitted {
		a, r := &p.admitted[i], &rs[i]
		if a.last > a.first {
			r.Records = records[a.first:a.last:a.last]
		}
		for _, at := range a.runs {
			r.Receipts = append(r.Receipts, receipts[at])
		}
		r.Nonces = nonces(a.decision)
	}
	return rs
}

// book is a ledger page with corrections: values are read from the base until they are set. It remembers
// the order in which keys were first set, so that its output does not depend on a map.
type book[K comparable, V comparable] struct {
	read func(K) V
	base map[K]V // as read, for the check inside the commit
	now  map[K]V
	keys []K
}

func newBook[K comparable, V comparable](read func(K) V) book[K, V] {
	return book[K, V]{read: read, base: map[K]V{}, now: map[K]V{}}
}

func (b *book[K, V]) get(k K) V {
	if v, ok := b.now[k]; ok {
		return v
	}
	v, ok := b.base[k]
	if !ok {
		v = b.read(k)
		b.base[k] = v
	}
	return v
}

func (b *book[K, V]) set(k K, v V) {
	if _, ok := b.now[k]; !ok {
		b.get(k) // the base is what the change was made on
		b.keys = append(b.keys, k)
	}
	b.now[k] = v
}

// written returns the values that were set, in the order of their keys' first setting.
func (b *book[K, V]) written() []V {
	vs := make([]V, 0, len(b.keys))
	for _, k := range b.keys {
		vs = append(vs, b.now[k])
	}
	return vs
}

// holds reports whether every key that was set still reads as it did.
func (b *book[K, V]) holds(read func(K) V) bool {
	for _, k := range b.keys {
		if read(k) != b.base[k] {
			return false
		}
	}
	return true
}
