package semantic

import (
	"slices"
	"strconv"

	"github.com/aura-runtime/aura"
)

// Handoff is the meaning of a committed transfer: the operations of a session have a new owner.
type Handoff struct {
	ID      ID     `json:"id"`
	Session uint64 `json:"session"`
	Receipt uint64 `json:"receipt"`
	From    string `json:"from"`
	To      string `json:"to"`
	Tick    uint64 `json:"tick"`
}

// Obligation is the evidence that the new owner must show before one operation may become canonical.
type Obligation struct {
	ID         ID   `json:"id"`
	Handoff    ID   `json:"handoff"`
	Operation  ID   `json:"operation"`
	Discharged bool `json:"discharged,omitempty"`
}

// Handoff moves the live operations of a session to a new owner. Pending effects go with them, blocked and
// slower ones are invalidated; every operation depends on the handoff from now on and has an obligation.
func (o *Objects) Handoff(session, receipt uint64, from, to string) ID {
	h := Handoff{ID: o.take(&o.last.handoff), Session: session, Receipt: receipt, From: from, To: to, Tick: o.tick}
	o.handoffs = o.keep(o.handoffs, h)
	for i := range o.operations {
		x := &o.operations[i]
		if x.Session != session || x.Stage.Terminal() {
			continue
		}
		x.Owner = to
		x.Depends = append(x.Depends, "handoff:"+strconv.FormatUint(uint64(h.ID), 10))
		o.obligations = append(o.obligations, Obligation{ID: o.take(&o.last.obligation), Handoff: h.ID, Operation: x.ID})
	}
	for i := range o.effects {
		e := &o.effects[i]
		switch {
		case e.Session != session || !e.Status.outstanding():
		case e.Status == ProgressPending:
			e.Owner = to
		default:
			o.settle(e, ProgressInvalidated, "blocked while its owner changed")
		}
	}
	return h.ID
}

// Discharge says that the new owner met an obligation.
func (o *Objects) Discharge(id ID) error {
	const op = "semantic.Discharge"
	b := find(o.obligations, id, func(b *Obligation) ID { return b.ID })
	switch {
	case b == nil:
		return aura.Errorf(op, aura.NotFound, "obligation %d is not here", id)
	case b.Discharged:
		return aura.Errorf(op, aura.Stale, "obligation %d was met", id)
	}
	b.Discharged = true
	return nil
}

// End invalidates the remaining objects of a session that ended.
func (o *Objects) End(session uint64, reason string) {
	for i := range o.effects {
		if e := &o.effects[i]; e.Session == session && e.Status.outstanding() {
			o.settle(e, ProgressInvalidated, reason)
		}
	}
	for i := range o.operations {
		if x := &o.operations[i]; x.Session == session && !x.Stage.Terminal() {
			x.Reason = reason
			o.lift(x, StageInvalidated)
		}
	}
}

// Prune forgets the operations of a session that are final, and everything about them.
func (o *Objects) Prune(session uint64) {
	gone := map[ID]bool{}
	o.operations = slices.DeleteFunc(o.operations, func(x Operation) bool {
		if x.Session == session && x.Stage.Terminal() {
			gone[x.ID] = true
		}
		return gone[x.ID]
	})
	if len(gone) == 0 {
		return
	}
	o.effects = slices.DeleteFunc(o.effects, func(e Effect) bool { return gone[e.Operation] })
	o.reads = slices.DeleteFunc(o.reads, func(r Read) bool { return gone[r.Operation] })
	o.proofs = slices.DeleteFunc(o.proofs, func(p Proof) bool { return gone[p.Operation] })
	o.handles = slices.DeleteFunc(o.handles, func(h Handle) bool { return gone[h.Operation] })
	o.obligations = slices.DeleteFunc(o.obligations, func(b Obligation) bool { return gone[b.Operation] })
}

// keep appends to a history whose oldest half makes room.
func (o *Objects) keep(list []Handoff, h Handoff) []Handoff {
	if len(list) >= o.limit() {
		list = slices.Delete(list, 0, len(list)/2+1)
	}
	return append(list, h)
}
