package interp

import (
	"bytes"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Signer signs receipts with the device's key. A keyring is one.
type Signer interface {
	// Sign returns the Ed25519 signature of msg.
	Sign(msg []byte) [64]byte
}

// Production carries out decisions for real: it commits them to the journal, issues receipts and hands envelopes to
// the sender. It has no task of its own. A decision is an entry of the journal; the journal's writer checks it on the
// ledger that the entries before it leave, and gathers the decisions of many callers into one commit.
type Production struct {
	own     aura.AuthorityID
	device  aura.DeviceID
	journal *journal.Journal
	signer  Signer
	sender  Sender
}

// NewProduction returns an interpreter for the given device of an authority. It carries out nothing until the
// journal is served.
func NewProduction(own aura.AuthorityID, device aura.DeviceID, j *journal.Journal, s Signer, to Sender) *Production {
	return &Production{own: own, device: device, journal: j, signer: s, sender: to}
}

// Kind implements [Interpreter].
func (p *Production) Kind() string { return "production" }

// Execute implements [Interpreter]. It returns aura.Cancelled once the journal is closed. The commit point of a
// decision is that of [journal.Journal.Append].
func (p *Production) Execute(tc task.Context, d *Decision) (effect.Result, error) {
	o, err := newOrder(d)
	if err != nil {
		return effect.Result{}, err
	}
	if !o.writes && o.paid(p.journal) { // there is nothing to wait for
		o.after = p.journal.Count(fact.ContextNamespace(d.Request.Context), p.device)
		d.placed()
		p.release(tc, []*order{o})
		return o.result(nil), nil
	}
	if err := p.locate(o); err != nil {
		return effect.Result{}, err
	}
	o.entry.Committer, o.entry.Item = committer{p}, o
	o.entry.Expect = func(v journal.View) error {
		if err := expectMarks(v, d.Request.Marks); err != nil {
			return err
		}
		if err := expectHeld(v, d.Request.Held); err != nil {
			return err
		}
		return o.place(v, p.device)
	}
	pending, err := p.journal.Submit(tc, &o.entry)
	if err != nil {
		return effect.Result{}, err
	}
	d.placed()
	records, err := pending.Await(tc)
	if err != nil {
		return effect.Result{}, err
	}
	return o.result(records), nil
}

// expectMarks returns aura.Conflict with a [guard.MovedError] as its cause unless the marks of a request hold.
func expectMarks(v journal.View, marks []guard.Mark) error {
	const op = "interp.Execute"
	for _, m := range marks {
		now, err := v.Through(fact.ContextNamespace(m.Context), m.Device, m.Number)
		if err != nil {
			return err
		}
		if now != m.Place {
			return &aura.Error{Op: op, Kind: aura.Conflict, Err: &guard.MovedError{Mark: m}}
		}
	}
	return nil
}

// expectHeld returns aura.Conflict unless metadata has the values by which a request was planned.
func expectHeld(v journal.View, held []guard.Meta) error {
	for _, m := range held {
		now, err := v.Meta(m.Key)
		if err != nil {
			return err
		}
		if !bytes.Equal(now, m.Value) {
			return aura.Errorf("interp.Execute", aura.Conflict, "metadata %.20q has changed since this was planned: try again", m.Key)
		}
	}
	return nil
}

// locate looks up the places of the runs of an order that are in the journal already, for their receipts. The facts of
// the decision itself have none before the journal has placed them.
func (p *Production) locate(o *order) error {
	r := o.decision.Request
	for i := range r.Sends {
		s := &r.Sends[i]
		if s.Through == 0 {
			continue
		}
		if o.spans == nil {
			o.spans = make([]span, len(r.Sends))
		}
		var err error
		if o.spans[i].last, err = p.placeOf(r.Context, s.Through); err != nil {
			return err
		}
		o.spans[i].first = o.spans[i].last
		if s.From+1 < s.Through {
			if o.spans[i].first, err = p.placeOf(r.Context, s.From+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// placeOf returns the place of an own fact of a context by its number, zero for none.
func (p *Production) placeOf(context aura.ContextID, number uint64) (fact.Place, error) {
	found, err := p.journal.ByAuthor(fact.ContextNamespace(context), p.device, number, 1)
	if err != nil || len(found) == 0 {
		return fact.Place{}, err
	}
	return found[0].Place(), nil
}

// Decided implements [Interpreter].
func (p *Production) Decided(tc task.Context, r *guard.Request) (effect.Result, bool, error) {
	d, found, err := decidedBefore(p.journal, r)
	if err != nil || !found {
		return effect.Result{}, false, err
	}
	result, err := d.result()
	if err == nil && d.Facts > 0 {
		_, err = p.journal.ReadStored(tc, fact.Selection{After: d.Before, Through: d.Before + fact.Position(d.Facts)}, func(r fact.Record) error {
			result.Records = append(result.Records, r)
			return nil
		})
	}
	if err != nil {
		return effect.Result{}, false, err
	}
	p.sender.Release(tc, effect.Envelope{Context: r.Context, Peer: r.Sends[0].Peer, Message: r.Message()})
	return result, true, nil
}

// EndSession implements [Interpreter].
func (p *Production) EndSession(tc task.Context, session aura.SessionID, with ...journal.LogChange) error {
	entry := &journal.Entry{Logs: with}
	entry.Expect = func(v journal.View) (err error) {
		entry.Meta, err = Forgotten(v, session)
		return err
	}
	_, err := p.journal.Append(tc, entry)
	return err
}

func (p *Production) release(tc task.Context, group []*order) {
	for _, e := range releases(group) {
		p.sender.Release(tc, e)
	}
}

// committer is the part that [Production] takes in the commits of its orders.
type committer struct{ *Production }

// Seal implements [journal.Committer]: it signs the receipts of a group.
func (c committer) Seal(
	entries []*journal.Entry, v journal.View, place func(fact.Namespace, uint64) fact.Place,
) journal.Addition {
	return seal(c.own, orders(entries), v.Log, place, c.signer.Sign)
}

// Synced implements [journal.Committer]. The envelopes leave from the journal's writer: handing the outcome back
// first would cost each message a wake-up on its way.
func (c committer) Synced(tc task.Context, entries []*journal.Entry) {
	group := orders(entries)
	c.release(tc, group)
	epochTurns(group, func(now aura.Epoch) { tc.Emit(world.EpochTurned("interp", now)) })
}

func orders(entries []*journal.Entry) []*order {
	group := make([]*order, len(entries))
	for i, e := range entries {
		group[i] = e.Item.(*order)
	}
	return group
}

// epochTurns calls turned for each budget whose epoch is another one after a group, with that epoch. A clock that was
// wrong leads back to an earlier one.
func epochTurns(group []*order, turned func(aura.Epoch)) {
	first, last := map[budgetKey]aura.Epoch{}, map[budgetKey]aura.Epoch{}
	var keys []budgetKey
	for _, o := range group {
		for i := range o.charges {
			c := &o.charges[i]
			if _, known := first[c.run.key]; !known {
				first[c.run.key] = c.before.Epoch
				keys = append(keys, c.run.key)
			}
			last[c.run.key] = c.run.epoch
		}
	}
	for _, k := range keys {
		if first[k] != 0 && first[k] != last[k] {
			turned(last[k])
		}
	}
}

// Receipts returns at most so many receipts of the chain for a peer in an epoch, in order, after the first
// ones: those that an envelope carries. The context is the one whose ledger entry pays: for messages of sessions and for
// carry reservations [guard.MessageContext] and [guard.CarryContext]. It returns aura.Stale when the ledger has left the epoch, and
// aura.Corrupt when a receipt is missing or damaged.
func (p *Production) Receipts(context aura.ContextID, peer aura.AuthorityID, epoch aura.Epoch, after uint64, most int) ([]effect.Receipt, error) {
	return receiptsAfter(p.journal, budgetKey{context, peer}, epoch, after, most)
}
