package own

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// maxReadiness bounds the readiness witnesses of one record that are not yet used.
const maxReadiness = 64

// Record is the ownership of one session. At any time it has at most one owner.
type Record struct {
	session    uint64
	state      State
	owner      Owner
	generation uint64
	scope      Scope
	pending    Receipt
	receipts   uint64      // receipts issued; the last one's ID
	readiness  []Readiness // unused, all of the present owner and generation
	witnesses  uint64
	log        *Log
	tick       *uint64
}

// Attach gives the record a log to write to and the clock of its entries.
func (r *Record) Attach(log *Log, tick *uint64) { r.log, r.tick = log, tick }

// Open makes the record that of a new session, running under its first owner.
func (r *Record) Open(session uint64, owner Owner) Capability {
	*r = Record{session: session, owner: owner, scope: Whole(), readiness: r.readiness[:0], log: r.log, tick: r.tick}
	r.become(StateClaimed, StateRunning)
	r.note(ArtifactCapability, 0, EventIssued, owner, "")
	return r.capability()
}

// Owner returns the owner, "" if there is none.
func (r *Record) Owner() Owner { return r.owner }

// State returns where the ownership is.
func (r *Record) State() State { return r.state }

// Pending returns the transfer that was begun, and whether there is one.
func (r *Record) Pending() (Receipt, bool) { return r.pending, r.state == StateDelegatingOut }

func (r *Record) capability() Capability {
	return Capability{Session: r.session, Owner: r.owner, Generation: r.generation, Scope: r.scope}
}

// Check demands that a capability is current and reaches a fragment; "" asks for the whole session.
func (r *Record) Check(op aura.Op, c Capability, fragment string) error {
	switch {
	case c.Session != r.session || c.Owner != r.owner || c.Generation != r.generation || r.owner == "":
		return r.refuse(op, aura.Stale, c.Owner, "the owner has changed")
	case r.state.Terminal():
		return r.refuse(op, aura.Stale, c.Owner, "the session has no owner any more")
	case !c.Scope.Equal(r.scope):
		return r.refuse(op, aura.Denied, c.Owner, "the scope is not the one that was given")
	case fragment == "" && !r.scope.whole, fragment != "" && !r.scope.Covers(fragment):
		return r.refuse(op, aura.Denied, c.Owner, "the capability does not reach so far")
	}
	return nil
}

// Claim makes owner the owner of a session that has none.
func (r *Record) Claim(op aura.Op, owner Owner) (Capability, error) {
	if owner == "" || (r.state != StateUnowned && r.state != StateReleased) {
		return Capability{}, r.refuse(op, aura.Conflict, owner, "the session is "+r.state.String())
	}
	r.generation++
	r.owner, r.scope = owner, Whole()
	r.become(StateClaimed, StateRunning)
	r.note(ArtifactCapability, r.generation, EventIssued, owner, "")
	return r.capability(), nil
}

// Release gives the session up; it can be claimed again.
func (r *Record) Release(op aura.Op, c Capability) error {
	if err := r.idle(op, c); err != nil {
		return err
	}
	r.note(ArtifactCapability, r.generation, EventConsumed, r.owner, "")
	r.invalidate("the owner released the session")
	r.owner, r.scope = "", Scope{}
	r.become(StateReleased)
	r.generation++
	return nil
}

// Attenuate narrows the owner's rights. The old capability is stale. It returns aura.Denied for a scope
// that reaches further than the present one, or nothing.
func (r *Record) Attenuate(op aura.Op, c Capability, scope Scope) (Capability, error) {
	if err := r.idle(op, c); err != nil {
		return Capability{}, err
	}
	if scope.Empty() || !scope.Within(r.scope) {
		return Capability{}, r.refuse(op, aura.Denied, c.Owner, "an attenuation can only narrow")
	}
	r.invalidate("the scope was narrowed")
	r.generation++
	r.scope = scope
	r.note(ArtifactCapability, r.generation, EventIssued, r.owner, "attenuated")
	return r.capability(), nil
}

// Begin stages a transfer to another owner. The scope must be that of the record, or within it if the
// transfer is stated to attenuate. Until the receipt is committed, the source stays the owner.
func (r *Record) Begin(op aura.Op, c Capability, to Owner, scope Scope, attenuate bool) (Receipt, error) {
	if err := r.idle(op, c); err != nil {
		return Receipt{}, err
	}
	switch {
	case to == "" || to == r.owner:
		return Receipt{}, r.refuse(op, aura.Invalid, c.Owner, "a transfer needs another owner")
	case scope.Empty() || !scope.Within(r.scope):
		return Receipt{}, r.refuse(op, aura.Denied, c.Owner, "a transfer can only narrow")
	case attenuate == scope.Equal(r.scope):
		return Receipt{}, r.refuse(op, aura.Denied, c.Owner, "the transfer does not say whether it attenuates")
	}
	r.receipts++
	r.pending = Receipt{
		Session: r.session, ID: r.receipts, From: r.owner, FromGeneration: r.generation,
		To: to, ToGeneration: r.generation + 1, Scope: scope, Attenuated: attenuate,
	}
	r.become(StateDelegatingOut)
	r.note(ArtifactReceipt, r.pending.ID, EventIssued, to, "")
	return r.pending, nil
}

// Commit makes the receiver of a receipt the owner. The receipt must be the pending one exactly.
func (r *Record) Commit(op aura.Op, receipt Receipt) (Capability, error) {
	if err := r.match(op, receipt); err != nil {
		return Capability{}, err
	}
	r.invalidate("the owner changed")
	r.note(ArtifactCapability, r.generation, EventInvalidated, r.owner, "transferred")
	r.owner, r.generation, r.scope, r.pending = receipt.To, receipt.ToGeneration, receipt.Scope, Receipt{}
	r.become(StateReleased, StateClaimed, StateRunning)
	r.note(ArtifactReceipt, receipt.ID, EventCommitted, r.owner, "")
	return r.capability(), nil
}

// Rollback takes a transfer back: the source goes on as if it had not begun.
func (r *Record) Rollback(op aura.Op, receipt Receipt) error {
	if err := r.match(op, receipt); err != nil {
		return err
	}
	r.pending = Receipt{}
	r.become(StateRunning)
	r.note(ArtifactReceipt, receipt.ID, EventRolledBack, r.owner, "")
	return nil
}

// End closes the record with its session: stopped in the ordinary course, failed otherwise.
func (r *Record) End(failed bool, reason string) {
	if r.state.Terminal() {
		return
	}
	if r.state == StateDelegatingOut {
		r.note(ArtifactReceipt, r.pending.ID, EventInvalidated, r.pending.To, reason)
		r.pending = Receipt{}
		r.become(StateRunning)
	}
	r.invalidate(reason)
	if failed {
		r.become(StateFailed)
	} else {
		r.become(StateStopping, StateStopped)
	}
	r.note(ArtifactCapability, r.generation, EventInvalidated, r.owner, reason)
}

// Ready issues a witness that the owner is ready. It takes a capability for the whole session.
func (r *Record) Ready(op aura.Op, c Capability) (Readiness, error) {
	if err := r.Check(op, c, ""); err != nil {
		return Readiness{}, err
	}
	if len(r.readiness) >= maxReadiness {
		return Readiness{}, aura.Errorf(op, aura.Exhausted, "session %d has %d unused readiness witnesses", r.session, len(r.readiness))
	}
	r.witnesses++
	w := Readiness{Session: r.session, ID: r.witnesses, Owner: r.owner, Generation: r.generation}
	r.readiness = append(r.readiness, w)
	r.note(ArtifactReadiness, w.ID, EventIssued, r.owner, "")
	return w, nil
}

// Use consumes a readiness witness. It returns aura.Stale for one that was used or outlived its owner.
func (r *Record) Use(op aura.Op, w Readiness) error {
	if i := slices.Index(r.readiness, w); i >= 0 {
		r.readiness = slices.Delete(r.readiness, i, i+1)
		r.note(ArtifactReadiness, w.ID, EventConsumed, r.owner, "")
		return nil
	}
	r.note(ArtifactReadiness, w.ID, EventRejected, w.Owner, "used, outlived or never issued")
	return aura.Errorf(op, aura.Stale, "readiness witness %d of session %d was used, outlived or never issued", w.ID, r.session)
}

// become follows the transition table.
func (r *Record) become(states ...State) {
	for _, next := range states {
		if !r.state.mayBecome(next) {
			panic("own: " + r.state.String() + " cannot become " + next.String())
		}
		r.state = next
	}
}

// idle demands a current capability and no transfer under way.
func (r *Record) idle(op aura.Op, c Capability) error {
	switch {
	case c.Session != r.session || c.Owner != r.owner || c.Generation != r.generation || r.owner == "" || !c.Scope.Equal(r.scope):
		return r.refuse(op, aura.Stale, c.Owner, "the owner has changed")
	case r.state == StateDelegatingOut:
		return r.refuse(op, aura.Conflict, c.Owner, "a transfer is pending")
	case r.state != StateRunning:
		return r.refuse(op, aura.Stale, c.Owner, "the session is "+r.state.String())
	}
	return nil
}

func (r *Record) match(op aura.Op, receipt Receipt) error {
	switch {
	case r.state != StateDelegatingOut:
		return r.refuse(op, aura.Conflict, receipt.To, "no transfer is pending")
	case !r.pending.equal(receipt) || receipt.From != r.owner || receipt.FromGeneration != r.generation:
		return r.refuse(op, aura.Denied, receipt.To, "the receipt is not the one that was issued")
	}
	return nil
}

// invalidate voids the capabilities and receipts of the present generation.
func (r *Record) invalidate(reason string) {
	for _, w := range r.readiness {
		r.note(ArtifactReadiness, w.ID, EventInvalidated, w.Owner, reason)
	}
	r.readiness = r.readiness[:0]
}

func (r *Record) refuse(op aura.Op, kind aura.Kind, owner Owner, reason string) error {
	r.note(ArtifactCapability, r.generation, EventRejected, owner, reason)
	return aura.Errorf(op, kind, "session %d: %s", r.session, reason)
}

func (r *Record) note(a Artifact, id uint64, e Event, owner Owner, reason string) {
	if r.log == nil {
		return
	}
	entry := Entry{Session: r.session, Artifact: a, ID: id, Event: e, Owner: owner, Reason: reason}
	if r.tick != nil {
		entry.Tick = *r.tick
	}
	r.log.Add(entry)
}
