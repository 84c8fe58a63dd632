package interp

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
)

// budgetKey names a budget: one peer in one context. A chain of receipts and a stream of envelopes belong to each.
type budgetKey struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

// order is a decision on its way into a commit.
type order struct {
	decision *Decision
	entry    journal.Entry
	shared   uint64 // drafts in the context of the request
	writes   bool   // it changes the ledger or the journal; a decision of envelopes alone does not

	// Known once place has succeeded.
	after   uint64 // own facts of the request's context, those of the decision included
	charges []charge
	decided decided // of a decision with a key

	digest [32]byte // of the message of a session, zero for none
	spans  []span   // by the sends of the request: the places of a run of stored facts; nil: not looked up

	receipts []effect.Receipt // known once the group is sealed
}

// charge is one of the charges of an order's entry.
type charge struct {
	before fact.Charge // the ledger's
	run    run         // that it pays for; nothing for a control message
}

// span is the places of the first and the last fact of a run; zero: not known.
type span struct{ first, last fact.Place }

// newOrder returns the order of a decision, with the part of its entry that does not depend on the ledger. It
// returns aura.Invalid for a command that is not one.
func newOrder(d *Decision) (*order, error) {
	o := &order{decision: d}
	message := d.Request.Message()
	if message != nil {
		o.digest = message.Digest() // here, and not in the journal's writer: a parcel may be large
	}
	var charges, leaks int
	for i := range d.Commands {
		c, valid := &d.Commands[i], true
		switch c.Kind {
		case effect.ChargeBudget:
			valid = c.Amount > 0 && !repeats(d.Commands[:i], c)
			charges++
		case effect.RecordLeakage:
			valid = !repeats(d.Commands[:i], c)
			leaks++
		case effect.AppendJournal:
			if valid = c.Entry != nil; valid {
				o.entry.Drafts = append(o.entry.Drafts, *c.Entry)
				if c.Entry.Namespace == fact.ContextNamespace(d.Request.Context) {
					o.shared++
				}
			}
		case effect.SendEnvelope:
			valid = c.Envelope != nil && (c.Envelope.Message == nil || c.Envelope.Message == message)
		case effect.StoreMetadata:
			switch {
			case !c.Log:
				o.entry.Meta = append(o.entry.Meta, journal.KV{Key: c.Key, Value: c.Value})
			case c.Value == nil:
				o.entry.Logs = append(o.entry.Logs, journal.LogChange{Name: c.Key, Remove: true})
			default:
				o.entry.Logs = append(o.entry.Logs, journal.LogChange{Name: c.Key, Values: [][]byte{c.Value}})
			}
		case effect.GenerateNonce:
		default:
			valid = false
		}
		o.writes = o.writes || c.Kind != effect.SendEnvelope && c.Kind != effect.GenerateNonce
		if !valid {
			return nil, aura.Errorf("interp.Execute", aura.Invalid, "command %d (%s) is malformed", i+1, c.Kind)
		}
	}
	if message != nil && charges == 0 {
		return nil, aura.Errorf("interp.Execute", aura.Invalid, "a message of a session that is not charged")
	}
	o.charges = make([]charge, 0, charges)
	o.entry.Charges = make([]fact.Charge, 0, charges)
	o.entry.Leaks = make([]fact.Leak, 0, leaks)
	return o, nil
}

// repeats reports whether an earlier command changes the same entry of the ledger. There are as many as recipients,
// a few dozen at most.
func repeats(earlier []effect.Command, c *effect.Command) bool {
	for i := range earlier {
		e := &earlier[i]
		if e.Kind == c.Kind && e.Context == c.Context && e.Peer == c.Peer && e.Observer == c.Observer {
			return true
		}
	}
	return false
}

// place fills in the charges and leakage of the entry on top of the ledger on which it will be committed. It returns
// aura.Stale when headroom that the decision saw has changed. Only a decision that is not refused is committed, so a
// refusal may leave the order half-filled.
func (o *order) place(l Ledger, device aura.DeviceID) error {
	d := o.decision
	if err := o.placeKey(l); err != nil {
		return err
	}
	if !o.writes && !o.paid(l) {
		return aura.Errorf("interp.Execute", aura.Stale, "the decision that pays for these facts was not committed")
	}
	before := l.Count(fact.ContextNamespace(d.Request.Context), device)
	o.after = before + o.shared
	for i := range d.Commands {
		c, holds := &d.Commands[i], true
		switch c.Kind {
		case effect.ChargeBudget:
			now := l.Charge(c.Context, c.Peer)
			if holds = guard.ChargeHolds(&now, c.Epoch, c.Seen); holds {
				r := o.run(c, &now, before)
				r.nonce = receiptNonce(&d.Seed, uint32(i))
				o.entry.Charges = append(o.entry.Charges, guard.Charged(now, c, r.from, r.until))
				o.charges = append(o.charges, charge{before: now, run: r})
			}
		case effect.RecordLeakage:
			now := l.Leak(c.Context, c.Observer)
			if holds = guard.LeakHolds(&now, c.Epoch, c.Seen); holds {
				o.entry.Leaks = append(o.entry.Leaks, guard.Leaked(now, c))
			}
		}
		if !holds {
			return aura.Errorf("interp.Execute", aura.Stale, "headroom has changed since the decision")
		}
	}
	return nil
}

// paid reports whether the ledger has paid for the own facts that the order releases, in the epoch that the decision saw. A
// decision sees the charges of those before it, which may not be committed yet and can fail, and a run that was paid for
// may have become unpaid meanwhile, see [guard.Unpaid].
func (o *order) paid(l Ledger) bool {
	r := o.decision.Request
	for i := range r.Sends {
		s := &r.Sends[i]
		if s.Through == 0 {
			continue
		}
		if c := l.Charge(r.Context, s.Peer); s.From < c.From || s.Through > c.Until {
			return false
		}
	}
	for i := range o.decision.Commands {
		if c := &o.decision.Commands[i]; c.Kind == effect.SendEnvelope && c.Envelope.Message == nil {
			if e := c.Envelope; l.Charge(e.Context, e.Peer).Epoch != e.Epoch {
				return false
			}
		}
	}
	return true
}

// run returns what a charge of the order pays for. Entry is the ledger entry that is charged, before the count of own
// facts before those of the decision.
func (o *order) run(c *effect.Command, entry *fact.Charge, before uint64) run {
	request := o.decision.Request
	r := run{key: budgetKey{c.Context, c.Peer}, context: request.Context, epoch: c.Epoch, cost: uint64(c.Amount)}
	if c.Context == request.Budget() {
		r.kind, _ = request.Form().Receipt()
	}
	if r.kind == effect.ReceiptKindParcel {
		r.digest = o.digest
	}
	r.from, r.until = o.decision.Run(c, entry, before, o.after)
	for i := range o.spans {
		if request.Sends[i].Peer == c.Peer {
			r.span = o.spans[i]
		}
	}
	return r
}

// result returns the outcome of an order whose facts are durable.
func (o *order) result(records []fact.Record) effect.Result {
	return effect.Result{Records: records, Receipts: o.receipts, Nonces: nonces(o.decision)}
}

// nonces draws the bytes that a decision's commands ask for from its seed.
func nonces(d *Decision) [][]byte {
	var ns [][]byte
	for i := range d.Commands {
		if c := &d.Commands[i]; c.Kind == effect.GenerateNonce {
			ns = append(ns, stretch(purposeNonce, &d.Seed, uint32(len(ns)), c.Bytes))
		}
	}
	return ns
}

// releases returns the envelopes of a group, once its facts are durable. Those of facts of one budget merge: the later
// run includes the earlier.
func releases(group []*order) (all []effect.Envelope) {
	at := map[budgetKey]int{}
	for _, o := range group {
		for i := range o.decision.Commands {
			c := &o.decision.Commands[i]
			if c.Kind != effect.SendEnvelope {
				continue
			}
			e := *c.Envelope
			if e.Message != nil {
				all = append(all, e)
				continue
			}
			if e.Through == 0 {
				e.Through = o.after
			}
			k := budgetKey{e.Context, e.Peer}
			if i, ok := at[k]; ok {
				all[i].Through = max(all[i].Through, e.Through)
				continue
			}
			at[k] = len(all)
			all = append(all, e)
		}
	}
	return all
}
