package own

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// maxReadiness bounds the readiness witnesses of one session that are not yet used.
const maxReadiness = 64

// Owners is the ownership of one session: a record for each of its fragments. At any time a fragment has at most one
// owner, and the fragments may have different ones.
type Owners struct {
	session    uint64
	records    []Record
	generation uint64 // the last that was given out
	pending    []Receipt
	receipts   uint64      // receipts issued; the last one's ID
	readiness  []Readiness // unused, all of the owner of the whole session
	witnesses  uint64
	log        *Log
	tick       *uint64
}

// Attach gives the records a log to write to and the clock of its entries.
func (o *Owners) Attach(log *Log, tick *uint64) { o.log, o.tick = log, tick }

// Open makes the records those of a new session, which runs under one owner. The fragments must be sorted.
func (o *Owners) Open(session uint64, owner Owner, fragments []string) Capability {
	*o = Owners{
		session: session, records: o.records[:0], pending: o.pending[:0], readiness: o.readiness[:0], log: o.log, tick: o.tick,
	}
	for _, f := range fragments {
		o.records = append(o.records, Record{fragment: f, scope: Whole()})
		o.records[len(o.records)-1].run(owner)
	}
	o.note(ArtifactCapability, 0, EventIssued, owner, "")
	return Capability{Session: session, Owner: owner, Scope: Whole()}
}

// Records returns the records of all fragments, by name. The caller must not change the list.
func (o *Owners) Records() []Record { return o.records }

// Find returns the record of a fragment, nil if the session does not have it.
func (o *Owners) Find(fragment string) *Record {
	for i := range o.records {
		if o.records[i].fragment == fragment {
			return &o.records[i]
		}
	}
	return nil
}

// Capability returns the capability of a generation, and false if no fragment is owned under it.
func (o *Owners) Capability(generation uint64) (Capability, bool) {
	for i := range o.records {
		if r := &o.records[i]; r.generation == generation && r.owner != "" {
			return Capability{Session: o.session, Owner: r.owner, Generation: generation, Scope: r.scope}, true
		}
	}
	return Capability{}, false
}

// Claimable returns the authority to claim the fragments that were released in a generation, and false if there are none.
func (o *Owners) Claimable(generation uint64) (Claim, bool) {
	for i := range o.records {
		if r := &o.records[i]; r.generation == generation && r.state == StateUnowned {
			return Claim{session: o.session, generation: generation, scope: r.scope}, true
		}
	}
	return Claim{}, false
}

// Pending returns the transfer with an ID, and false if none of that ID is under way.
func (o *Owners) Pending(id uint64) (Receipt, bool) {
	i := slices.IndexFunc(o.pending, func(r Receipt) bool { return r.ID == id })
	if i < 0 {
		return Receipt{}, false
	}
	return o.pending[i], true
}

// Holds reports whether a capability is the current one of a fragment.
func (o *Owners) Holds(c Capability, fragment string) bool {
	r := o.Find(fragment)
	return r != nil && o.holds(c, r)
}

func (o *Owners) holds(c Capability, r *Record) bool {
	return c.Session == o.session && r.owner != "" && c.Owner == r.owner && c.Generation == r.generation &&
		!r.state.Terminal() && c.Scope.Equal(r.scope)
}

// Check demands that a capability is current for a fragment, and that no transfer of it is under way.
func (o *Owners) Check(op aura.Op, c Capability, fragment string) error {
	r := o.Find(fragment)
	switch {
	case r == nil:
		return o.refuse(op, aura.NotFound, c.Owner, "the fragment is not here")
	case !c.Scope.Covers(fragment):
		return o.refuse(op, aura.Denied, c.Owner, "the capability does not reach so far")
	case c.Session != o.session || r.owner == "" || c.Owner != r.owner || c.Generation != r.generation:
		return o.refuse(op, aura.Stale, c.Owner, "the owner has changed")
	case r.state.Terminal():
		return o.refuse(op, aura.Stale, c.Owner, "the fragment has no owner any more")
	case !c.Scope.Equal(r.scope):
		return o.refuse(op, aura.Denied, c.Owner, "the scope is not the one that was given")
	case r.receipt != 0:
		return o.refuse(op, aura.Conflict, c.Owner, "a transfer is pending")
	}
	return nil
}

// Owns demands that a capability is current for at least one fragment, also during a transfer: its owner may still end
// the fragment.
func (o *Owners) Owns(op aura.Op, c Capability) error {
	for i := range o.records {
		if r := &o.records[i]; o.holds(c, r) {
			return nil
		}
	}
	for i := range o.records {
		if r := &o.records[i]; r.owner != "" && c.Owner == r.owner && c.Generation == r.generation && c.Session == o.session && !r.state.Terminal() {
			return o.refuse(op, aura.Denied, c.Owner, "the scope is not the one that was given")
		}
	}
	return o.refuse(op, aura.Stale, c.Owner, "the owner has changed")
}

// OwnsAll demands that a capability is current for every fragment that has not ended, also during a transfer.
func (o *Owners) OwnsAll(op aura.Op, c Capability) error {
	if err := o.Owns(op, c); err != nil {
		return err
	}
	for i := range o.records {
		if r := &o.records[i]; !r.state.Terminal() && !o.holds(c, r) {
			return o.refuse(op, aura.Denied, c.Owner, "the capability does not reach the whole session")
		}
	}
	return nil
}

// idle demands a capability that is current for a fragment at least, and that no transfer of its fragments is under way. It
// returns how far the capability reaches now: fragments that were handed over are not part of it any more.
func (o *Owners) idle(op aura.Op, c Capability) (Scope, error) {
	if err := o.Owns(op, c); err != nil {
		return Scope{}, err
	}
	var held []string
	for i := range o.records {
		r := &o.records[i]
		if !o.holds(c, r) {
			continue
		}
		if r.receipt != 0 {
			return Scope{}, o.refuse(op, aura.Conflict, c.Owner, "a transfer is pending")
		}
		held = append(held, r.fragment)
	}
	if whole := len(held) == len(o.records); whole && c.Scope.whole {
		return c.Scope, nil
	}
	return Fragments(held...), nil
}

// Claim makes owner the owner of fragments that have none. Only the authority that their release or their import gave
// can do it, and once.
func (o *Owners) Claim(op aura.Op, authority Claim, owner Owner) (Capability, error) {
	issued, ok := o.Claimable(authority.generation)
	switch {
	case owner == "":
		return Capability{}, o.refuse(op, aura.Invalid, owner, "a claim needs an owner")
	case !ok || authority.session != o.session || !issued.scope.Equal(authority.scope):
		return Capability{}, o.refuse(op, aura.Conflict, owner, "there is nothing to claim under this authority")
	}
	for i := range o.records {
		if r := &o.records[i]; r.generation == authority.generation && r.state == StateUnowned {
			r.run(owner)
		}
	}
	o.note(ArtifactCapability, authority.generation, EventIssued, owner, "")
	return Capability{Session: o.session, Owner: owner, Generation: authority.generation, Scope: authority.scope}, nil
}

// Release gives up all fragments of a capability and returns the authority to claim them.
func (o *Owners) Release(op aura.Op, c Capability) (Claim, error) {
	scope, err := o.idle(op, c)
	if err != nil {
		return Claim{}, err
	}
	o.note(ArtifactCapability, c.Generation, EventConsumed, c.Owner, "")
	o.invalidate("the owner released a fragment")
	o.generation++
	for i := range o.records {
		if r := &o.records[i]; o.holds(c, r) {
			r.become(StateDelegatingOut, StateReleased)
			r.renew(o.generation, scope)
			r.releaser = c.Owner
		}
	}
	return Claim{session: o.session, generation: o.generation, scope: scope}, nil
}

// Vacate leaves all fragments that have not ended without an owner, and returns the authority to claim them: for a session that was
// imported and does not act yet.
func (o *Owners) Vacate() Claim {
	o.generation++
	for i := range o.records {
		if r := &o.records[i]; !r.state.Terminal() {
			r.renew(o.generation, Whole())
		}
	}
	o.pending, o.readiness = o.pending[:0], o.readiness[:0]
	return Claim{session: o.session, generation: o.generation, scope: Whole()}
}

// Attenuate gives the owner a capability for some of its fragments alone. The present capability is stale for these, and
// good for the others. It returns aura.Denied for a scope that reaches further than the present one, or nothing.
func (o *Owners) Attenuate(op aura.Op, c Capability, scope Scope) (Capability, error) {
	held, err := o.idle(op, c)
	if err != nil {
		return Capability{}, err
	}
	if scope.Empty() || !scope.Within(held) {
		return Capability{}, o.refuse(op, aura.Denied, c.Owner, "an attenuation can only narrow")
	}
	o.invalidate("the scope was narrowed")
	o.generation++
	for i := range o.records {
		if r := &o.records[i]; o.holds(c, r) && scope.Covers(r.fragment) {
			r.generation, r.scope = o.generation, scope
		}
	}
	o.note(ArtifactCapability, o.generation, EventIssued, c.Owner, "attenuated")
	return Capability{Session: o.session, Owner: c.Owner, Generation: o.generation, Scope: scope}, nil
}

// Begin stages a transfer of fragments to another owner: all that the capability reaches, or, if the transfer is stated
// to attenuate, fewer; the source keeps the others. Until the receipt is committed, the source stays the owner, and
// does not act.
func (o *Owners) Begin(op aura.Op, c Capability, to Owner, scope Scope, attenuate bool) (Receipt, error) {
	held, err := o.idle(op, c)
	if err != nil {
		return Receipt{}, err
	}
	switch {
	case to == "" || to == c.Owner:
		return Receipt{}, o.refuse(op, aura.Invalid, c.Owner, "a transfer needs another owner")
	case scope.Empty() || !scope.Within(held):
		return Receipt{}, o.refuse(op, aura.Denied, c.Owner, "a transfer can only narrow")
	case attenuate == scope.Equal(held):
		return Receipt{}, o.refuse(op, aura.Denied, c.Owner, "the transfer does not say whether it attenuates")
	}
	o.receipts++
	o.generation++
	receipt := Receipt{
		Session: o.session, ID: o.receipts, From: c.Owner, FromGeneration: c.Generation,
		To: to, ToGeneration: o.generation, Scope: scope, Attenuated: attenuate,
	}
	o.pending = append(o.pending, receipt)
	for i := range o.records {
		if r := &o.records[i]; o.holds(c, r) && scope.Covers(r.fragment) {
			r.receipt = receipt.ID
		}
	}
	o.note(ArtifactReceipt, receipt.ID, EventIssued, to, "")
	return receipt, nil
}

// Commit makes the receiver of a receipt the owner. The receipt must be the pending one exactly.
func (o *Owners) Commit(op aura.Op, receipt Receipt) (Capability, error) {
	if err := o.match(op, receipt); err != nil {
		return Capability{}, err
	}
	o.moveOut(receipt)
	for i := range o.records {
		if r := &o.records[i]; r.receipt == receipt.ID {
			r.become(StateDelegatingOut, StateReleased)
			r.renew(receipt.ToGeneration, receipt.Scope)
			r.run(receipt.To)
		}
	}
	return Capability{Session: o.session, Owner: receipt.To, Generation: receipt.ToGeneration, Scope: receipt.Scope}, nil
}

// Depart commits a transfer whose receiver is elsewhere: the fragments have no owner here any more, for ever.
func (o *Owners) Depart(op aura.Op, receipt Receipt) error {
	if err := o.match(op, receipt); err != nil {
		return err
	}
	o.moveOut(receipt)
	for i := range o.records {
		if r := &o.records[i]; r.receipt == receipt.ID {
			r.receipt = 0
			r.become(StateDelegatingOut, StateReleased)
		}
	}
	return nil
}

// moveOut ends the rights of the source of a transfer.
func (o *Owners) moveOut(receipt Receipt) {
	o.invalidate("the owner changed")
	o.note(ArtifactCapability, receipt.FromGeneration, EventInvalidated, receipt.From, "transferred")
	o.note(ArtifactReceipt, receipt.ID, EventCommitted, receipt.To, "")
	o.forget(receipt.ID)
}

// Rollback takes a transfer back: the source goes on as if it had not begun.
func (o *Owners) Rollback(op aura.Op, receipt Receipt) error {
	if err := o.match(op, receipt); err != nil {
		return err
	}
	o.cancel(receipt.ID)
	o.note(ArtifactReceipt, receipt.ID, EventRolledBack, receipt.From, "")
	return nil
}

// End closes the record of a fragment: stopped in the ordinary course, failed otherwise. A fragment that has no owner
// then has nothing to stop.
func (o *Owners) End(fragment string, failed bool, reason string) {
	r := o.Find(fragment)
	if r == nil || r.state.Terminal() || (r.state == StateUnowned && !failed) {
		return
	}
	if receipt, ok := o.Pending(r.receipt); ok {
		o.note(ArtifactReceipt, receipt.ID, EventInvalidated, receipt.To, reason)
		o.cancel(receipt.ID)
	}
	o.invalidate(reason)
	if failed {
		r.become(StateFailed)
	} else {
		r.become(StateStopping, StateStopped)
	}
	o.note(ArtifactCapability, r.generation, EventInvalidated, r.owner, reason)
}

// Ready issues a witness that the owner is ready. It takes a capability for the whole session.
func (o *Owners) Ready(op aura.Op, c Capability) (Readiness, error) {
	if err := o.OwnsAll(op, c); err != nil {
		return Readiness{}, err
	}
	if !c.Scope.whole {
		return Readiness{}, o.refuse(op, aura.Denied, c.Owner, "the capability does not reach the whole session")
	}
	if len(o.readiness) >= maxReadiness {
		return Readiness{}, aura.Errorf(op, aura.Exhausted, "session %d has %d unused readiness witnesses", o.session, len(o.readiness))
	}
	o.witnesses++
	w := Readiness{Session: o.session, ID: o.witnesses, Owner: c.Owner, Generation: c.Generation}
	o.readiness = append(o.readiness, w)
	o.note(ArtifactReadiness, w.ID, EventIssued, c.Owner, "")
	return w, nil
}

// Use consumes a readiness witness. It returns aura.Stale for one that was used or outlived its owner.
func (o *Owners) Use(op aura.Op, w Readiness) error {
	if i := slices.Index(o.readiness, w); i >= 0 {
		o.readiness = slices.Delete(o.readiness, i, i+1)
		o.note(ArtifactReadiness, w.ID, EventConsumed, w.Owner, "")
		return nil
	}
	o.note(ArtifactReadiness, w.ID, EventRejected, w.Owner, "used, outlived or never issued")
	return aura.Errorf(op, aura.Stale, "readiness witness %d of session %d was used, outlived or never issued", w.ID, o.session)
}

// match demands that a receipt is a pending one, in every field.
func (o *Owners) match(op aura.Op, receipt Receipt) error {
	issued, ok := o.Pending(receipt.ID)
	switch {
	case !ok:
		return o.refuse(op, aura.Conflict, receipt.To, "no transfer is pending")
	case !issued.equal(receipt):
		return o.refuse(op, aura.Denied, receipt.To, "the receipt is not the one that was issued")
	}
	return nil
}

// cancel frees the fragments of a pending transfer.
func (o *Owners) cancel(id uint64) {
	for i := range o.records {
		if o.records[i].receipt == id {
			o.records[i].receipt = 0
		}
	}
	o.forget(id)
}

func (o *Owners) forget(id uint64) {
	o.pending = slices.DeleteFunc(o.pending, func(r Receipt) bool { return r.ID == id })
}

// invalidate voids the readiness witnesses.
func (o *Owners) invalidate(reason string) {
	for _, w := range o.readiness {
		o.note(ArtifactReadiness, w.ID, EventInvalidated, w.Owner, reason)
	}
	o.readiness = o.readiness[:0]
}

func (o *Owners) refuse(op aura.Op, kind aura.Kind, owner Owner, reason string) error {
	o.note(ArtifactCapability, o.generation, EventRejected, owner, reason)
	return aura.Errorf(op, kind, "session %d: %s", o.session, reason)
}

func (o *Owners) note(a Artifact, id uint64, e Event, owner Owner, reason string) {
	if o.log == nil {
		return
	}
	entry := Entry{Session: o.session, Artifact: a, ID: id, Event: e, Owner: owner, Reason: reason}
	if o.tick != nil {
		entry.Tick = *o.tick
	}
	o.log.Add(entry)
}
