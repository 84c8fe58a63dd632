package interp

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const (
	// queueCapacity is how many decisions may wait for the commit under way. It bounds memory and not the
	// number of callers: those beyond it wait in line.
	queueCapacity = 512
	// groupDecisions and groupBytes close a group: what is beyond them waits for the next commit. They stay
	// below what a journal takes in one entry.
	groupDecisions = 512
	groupBytes     = 2 << 20
	// groupFacts bounds the facts of a group, unless one decision alone has more.
	groupFacts = 1024
	// regroups is how often a group is formed anew when somebody else changed its headroom in between.
	regroups = 4
)

// Signer signs receipts with the device's key. A keyring is one.
type Signer interface {
	// Sign returns the Ed25519 signature of msg.
	Sign(msg []byte) [64]byte
}

// Production carries out decisions for real: it commits them to the journal, issues receipts and hands
// envelopes to the sender. Decisions that arrive while a commit is being synced share the next one.
//
// Owner: agent root group.
type Production struct {
	own     aura.AuthorityID
	device  aura.DeviceID
	journal *journal.Journal
	signer  Signer
	sender  Sender
	queue   *task.Mailbox[*order]

	lock task.Mutex // guards the place of every order
}

// order is a decision that waits for its commit.
type order struct {
	decision *Decision
	bytes    int
	facts    int
	reply    *task.Future[effect.Result]
	place    place
}

// place is how far an order is. Whoever moves it from queued decides what becomes of it.
type place uint8

const (
	queued    place = 0 // may be withdrawn
	handed    place = 1 // the journal hands it to the store
	withdrawn place = 2 // its caller's context ended
)

// errWithdrawn ends a commit before it happened because one of its orders was withdrawn. It never leaves the
// package.
var errWithdrawn = errors.New("interp: an order was withdrawn")

// NewProduction returns an interpreter for the given device of an authority. It carries out nothing
// until it is served.
func NewProduction(own aura.AuthorityID, device aura.DeviceID, j *journal.Journal, s Signer, to Sender) *Production {
	return &Production{
		own: own, device: device, journal: j, signer: s, sender: to,
		queue: task.NewMailbox[*order]("interp", queueCapacity),
	}
}

// Kind implements [Interpreter].
func (p *Production) Kind() string { return "production" }

// Execute implements [Interpreter]. It returns aura.Cancelled once the interpreter has stopped. The commit
// point of a decision is that of [journal.Journal.Append].
func (p *Production) Execute(tc task.Context, d *Decision) (effect.Result, error) {
	o := &order{decision: d, reply: task.NewFuture[effect.Result]()}
	for i := range d.Commands {
		o.bytes += len(d.Commands[i].Value)
		if e := d.Commands[i].Entry; e != nil {
			o.bytes += len(e.Payload)
			o.facts++
		}
	}
	if err := p.queue.Send(tc, o); err != nil {
		return effect.Result{}, err
	}
	if d.Placed != nil {
		d.Placed()
	}
	result, err := o.reply.Await(tc)
	ended := tc.Err()
	if err == nil || ended == nil {
		return result, err
	}
	if p.withdraw(o) {
		return effect.Result{}, ended
	}
	wait, done := tc.Irrevocable("interp.commit")
	defer done()
	return o.reply.Await(wait)
}

// withdraw takes an order back; false: it is too late.
func (p *Production) withdraw(o *order) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	if o.place == queued {
		o.place = withdrawn
	}
	return o.place == withdrawn
}

// hand marks the orders of a plan as in the hands of the store, all or none of them.
func (p *Production) hand(orders []*order) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, o := range orders {
		if o.place == withdrawn {
			return errWithdrawn
		}
	}
	for _, o := range orders {
		o.place = handed
	}
	return nil
}

// present returns the orders that were not withdrawn, as queued again: what was handed over came back.
func (p *Production) present(orders []*order) (present []*order) {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, o := range orders {
		if o.place != withdrawn {
			o.place = queued
			present = append(present, o)
		}
	}
	return present
}

// Receipts returns at most so many receipts of the chain for a peer in an epoch, in order, after the first
// ones: what an envelope carries. It returns aura.Stale when the ledger has left the epoch, and
// aura.Corrupt when a receipt is missing or damaged.
func (p *Production) Receipts(context aura.ContextID, peer aura.AuthorityID, epoch aura.Epoch, after uint64, most int) ([]effect.Receipt, error) {
	return receiptsAfter(p.journal, budgetKey{context, peer}, epoch, after, most)
}

// Name implements [task.Service].
func (p *Production) Name() string { return "interp" }

// Owner implements [task.Service].
func (p *Production) Owner() string { return "agent root group" }

// Start implements [task.Service]. There is nothing to repair: the journal is the state.
func (p *Production) Start(task.Context) error { return nil }

// Serve implements [task.Service]: one commit after the other, each with all that waits.
func (p *Production) Serve(tc task.Context) error {
	var next *order // taken from the queue but too much for the group before
	defer func() { p.refuse(next) }()
	for {
		first := next
		if first == nil {
			var err error
			if first, err = p.queue.Recv(tc); err != nil {
				return err
			}
		}
		var group []*order
		group, next = p.gather(first)
		p.commit(tc, group)
		if err := tc.Err(); err != nil {
			return err
		}
	}
}

// Close implements [task.Service]. The journal is its owner's to close.
func (p *Production) Close(task.Context) error { return nil }

// refuse answers those who wait when the service ends, next before those in the queue.
func (p *Production) refuse(next *order) {
	p.queue.Close()
	var waiting []*order
	if next != nil {
		waiting = append(waiting, next)
	}
	for o, ok := p.queue.TryRecv(); ok; o, ok = p.queue.TryRecv() {
		waiting = append(waiting, o)
	}
	resolve(waiting, aura.Errorf("interp.Execute", aura.Cancelled, "the interpreter has stopped"))
}

// gather returns the first order and those that wait behind it, as far as they fit one group, and the one
// that did not fit, if any.
func (p *Production) gather(first *order) (group []*order, next *order) {
	group = append(group, first)
	bytes, facts := first.bytes, first.facts
	for len(group) < groupDecisions {
		o, ok := p.queue.TryRecv()
		if !ok {
			return group, nil
		}
		if bytes, facts = bytes+o.bytes, facts+o.facts; bytes > groupBytes || facts > groupFacts {
			return group, o
		}
		group = append(group, o)
	}
	return group, nil
}

// commit makes a group durable, releases its envelopes and answers its callers, in this order: whoever
// is answered finds the ledger as the decision left it.
func (p *Production) commit(tc task.Context, group []*order) {
	all, orderly := group, false
	defer func() {
		if !orderly { // a panic or a crash of the world must not leave callers waiting
			resolve(all, journal.Lost("interp.Execute"))
		}
	}()
	p.try(tc, group)
	orderly = true
}

// try is commit but for what breaks it off.
func (p *Production) try(tc task.Context, group []*order) {
	for attempts := 0; attempts < regroups; attempts++ {
		var err error
		if group, err = p.attempt(tc, group); err == nil || len(group) == 0 {
			return
		}
		switch {
		case errors.Is(err, errWithdrawn):
			attempts-- // the next group is smaller
		case aura.KindOf(err) == aura.Stale:
			// Somebody else wrote the ledger between planning and commit: those whose headroom still holds
			// go on together.
		case aura.KindOf(err) == aura.Invalid && len(group) > 1:
			// One bad fact must not refuse its neighbours.
			for _, o := range group {
				p.commit(tc, []*order{o})
			}
			return
		default:
			resolve(group, err)
			return
		}
	}
	resolve(group, aura.Errorf("interp.Execute", aura.Stale, "the ledger changed during each of %d commits", regroups))
}

func resolve(group []*order, err error) {
	for _, o := range group {
		o.reply.Resolve(effect.Result{}, err)
	}
}

// attempt plans a group and commits it. Orders that cannot be admitted are answered when the others are;
// with an error it returns the ones that are still open.
func (p *Production) attempt(tc task.Context, group []*order) ([]*order, error) {
	plan := newPlan(p.journal, p.device)
	var open []*order
	refused := make(map[*order]error)
	for _, o := range p.present(group) {
		if err := plan.admit(o.decision); err != nil {
			refused[o] = err
			continue
		}
		open = append(open, o)
	}
	results, err := p.carryOut(tc, plan, open)
	for _, o := range group {
		if cause := refused[o]; cause != nil {
			o.reply.Resolve(effect.Result{}, cause)
		}
	}
	if err != nil {
		return open, err
	}
	for i, o := range open {
		o.reply.Resolve(results[i], nil)
	}
	return nil, nil
}

// carryOut commits a plan of orders and releases its envelopes: from the journal's writer, since handing the
// outcome back first would cost each message two wake-ups on its way.
func (p *Production) carryOut(tc task.Context, plan *plan, orders []*order) ([]effect.Result, error) {
	receipts := plan.issue(p.own, p.signer.Sign)
	records, err := p.append(tc, plan, orders, func(tc task.Context) {
		for _, e := range plan.releases {
			p.sender.Release(tc, e)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, k := range plan.charges.keys {
		if before, now := plan.charges.base[k].Epoch, plan.charges.now[k].Epoch; before != 0 && before != now { // a clock that was wrong leads back
			tc.Emit(world.EpochTurned(p.Name(), now))
		}
	}
	var head fact.Position
	if len(records) > 0 {
		head = records[len(records)-1].Position
	}
	return plan.results(head, records, receipts), nil
}

// append makes a plan of orders durable and calls release then. A plan of envelopes alone has nothing to write.
func (p *Production) append(tc task.Context, plan *plan, orders []*order, release func(task.Context)) ([]fact.Record, error) {
	e := &journal.Entry{
		Synced: release,
		Drafts: plan.drafts, Charges: plan.charges.written(), Leaks: plan.leaks.written(),
		Expect: func(v journal.View) error {
			if !plan.holds(v, p.device) {
				return aura.Errorf("interp.Execute", aura.Stale, "the ledger has changed")
			}
			return p.hand(orders)
		},
	}
	for _, m := range plan.meta {
		e.Meta = append(e.Meta, journal.KV{Key: m.Key, Value: m.Value})
	}
	if len(e.Drafts)+len(e.Charges)+len(e.Leaks)+len(e.Meta) == 0 {
		if err := p.hand(orders); err != nil {
			return nil, err
		}
		release(tc)
		return nil, nil
	}
	return p.journal.Append(tc, e)
}
