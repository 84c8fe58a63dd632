package semantic

import (
	"fmt"

	"github.com/aura-runtime/aura"
)

// Stage says how final an operation is. The numbers are append-only.
type Stage uint8

// The stages of finalisation.
const (
	StageObserved      Stage = 1
	StageAuthoritative Stage = 2
	StageMaterialized  Stage = 3
	StageCanonical     Stage = 4
	StageInvalidated   Stage = 5
	StageRejected      Stage = 6
)

var stageNames = [...]string{
	StageObserved: "observed", StageAuthoritative: "authoritative", StageMaterialized: "materialized", StageCanonical: "canonical",
	StageInvalidated: "invalidated", StageRejected: "rejected",
}

func (s Stage) String() string {
	if int(s) < len(stageNames) && stageNames[s] != "" {
		return stageNames[s]
	}
	return fmt.Sprintf("stage %d", uint8(s))
}

// Terminal reports whether the stage is final.
func (s Stage) Terminal() bool { return s >= StageCanonical }

// ID counts the objects of one kind from 1; 0 is none.
type ID uint64

// Operation is one action of an owner in a session.
type Operation struct {
	ID      ID     `json:"id"`
	Session uint64 `json:"session"`
	Name    string `json:"name"`
	Owner   string `json:"owner"`
	Stage   Stage  `json:"stage"`
	// Reason is why it was invalidated or rejected.
	Reason string `json:"reason,omitempty"`
	// Depends lists its conditions beside its own evidence, such as "handoff:3".
	Depends []string `json:"depends,omitempty"`
}

// Read is something that an operation looked at. An authoritative read is evidence, and lifts one
// operation once; an observed read never does.
type Read struct {
	ID            ID     `json:"id"`
	Operation     ID     `json:"operation"`
	Source        string `json:"source"`
	Authoritative bool   `json:"authoritative"`
	Consumed      bool   `json:"consumed,omitempty"`
}

// Proof is the digest of an operation's result.
type Proof struct {
	ID        ID       `json:"id"`
	Operation ID       `json:"operation"`
	Digest    [32]byte `json:"digest"`
}

// Handle is the reference to a canonical result. Publications announce it.
type Handle struct {
	ID        ID `json:"id"`
	Operation ID `json:"operation"`
	Proof     ID `json:"proof"`
}

// Publication announces that an operation reached a stage.
type Publication struct {
	ID        ID     `json:"id"`
	Operation ID     `json:"operation"`
	Stage     Stage  `json:"stage"`
	Tick      uint64 `json:"tick"`
}

// Begin enters an operation as observed.
func (o *Objects) Begin(session uint64, owner, name string) (ID, error) {
	if len(o.operations) >= o.limit() {
		return 0, o.exhausted("semantic.Begin", "operations")
	}
	op := Operation{ID: o.take(&o.last.operation), Session: session, Name: name, Owner: owner, Stage: StageObserved}
	o.operations = append(o.operations, op)
	o.publish(op.ID, StageObserved)
	return op.ID, nil
}

// Operation returns an operation. It returns aura.NotFound after it was pruned.
func (o *Objects) Operation(id ID) (Operation, error) {
	op, err := o.operation("semantic.Operation", id)
	if err != nil {
		return Operation{}, err
	}
	return *op, nil
}

// Look records a read. With authoritative it is evidence for [Objects.Authorize].
func (o *Objects) Look(operation ID, source string, authoritative bool) (ID, error) {
	const op = "semantic.Look"
	if _, err := o.live(op, operation); err != nil {
		return 0, err
	}
	if len(o.reads) >= o.limit() {
		return 0, o.exhausted(op, "reads")
	}
	r := Read{ID: o.take(&o.last.read), Operation: operation, Source: source, Authoritative: authoritative}
	o.reads = append(o.reads, r)
	return r.ID, nil
}

// Authorize lifts an observed operation by an authoritative read of its own, and consumes the read.
func (o *Objects) Authorize(operation, read ID) error {
	const op = "semantic.Authorize"
	x, err := o.at(op, operation, StageObserved)
	if err != nil {
		return err
	}
	r := find(o.reads, read, func(r *Read) ID { return r.ID })
	switch {
	case r == nil || r.Operation != operation:
		return aura.Errorf(op, aura.NotFound, "operation %d has no read %d", operation, read)
	case !r.Authoritative:
		return aura.Errorf(op, aura.Denied, "operation %d: an observation is no evidence", operation)
	case r.Consumed:
		return aura.Errorf(op, aura.Stale, "operation %d: the evidence was used", operation)
	}
	r.Consumed = true
	o.lift(x, StageAuthoritative)
	return nil
}

// Materialize lifts an authoritative operation by the digest of its result.
func (o *Objects) Materialize(operation ID, digest [32]byte) (ID, error) {
	const op = "semantic.Materialize"
	x, err := o.at(op, operation, StageAuthoritative)
	if err != nil {
		return 0, err
	}
	p := Proof{ID: o.take(&o.last.proof), Operation: operation, Digest: digest}
	o.proofs = append(o.proofs, p)
	o.lift(x, StageMaterialized)
	return p.ID, nil
}

// Finalize makes a materialized operation canonical and returns the handle of its result. It returns
// aura.Conflict while an obligation of a handoff that the operation depends on is open, or an effect of it
// outstanding.
func (o *Objects) Finalize(operation, proof ID) (ID, error) {
	const op = "semantic.Finalize"
	x, err := o.at(op, operation, StageMaterialized)
	if err != nil {
		return 0, err
	}
	p := find(o.proofs, proof, func(p *Proof) ID { return p.ID })
	if p == nil || p.Operation != operation {
		return 0, aura.Errorf(op, aura.NotFound, "operation %d has no proof %d", operation, proof)
	}
	for i := range o.effects {
		if e := &o.effects[i]; e.Operation == operation && e.Status.outstanding() {
			return 0, aura.Errorf(op, aura.Conflict, "operation %d waits for effect %d", operation, e.ID)
		}
	}
	for i := range o.obligations {
		if b := &o.obligations[i]; b.Operation == operation && !b.Discharged {
			return 0, aura.Errorf(op, aura.Conflict, "operation %d has an open obligation of handoff %d", operation, b.Handoff)
		}
	}
	h := Handle{ID: o.take(&o.last.handle), Operation: operation, Proof: proof}
	o.handles = append(o.handles, h)
	o.lift(x, StageCanonical)
	return h.ID, nil
}

// Invalidate ends an operation that lost its ground, Reject one that was refused. Its outstanding effects
// are invalidated with it.
func (o *Objects) Invalidate(operation ID, reason string) error {
	return o.end("semantic.Invalidate", operation, StageInvalidated, reason)
}

// Reject ends an operation that was refused.
func (o *Objects) Reject(operation ID, reason string) error {
	return o.end("semantic.Reject", operation, StageRejected, reason)
}

func (o *Objects) end(op aura.Op, operation ID, stage Stage, reason string) error {
	x, err := o.live(op, operation)
	if err != nil {
		return err
	}
	x.Reason = reason
	o.lift(x, stage)
	for i := range o.effects {
		if e := &o.effects[i]; e.Operation == operation && e.Status.outstanding() {
			o.settle(e, ProgressInvalidated, reason)
		}
	}
	return nil
}

func (o *Objects) lift(x *Operation, stage Stage) {
	x.Stage = stage
	o.publish(x.ID, stage)
}

// at returns an operation that is in a stage.
func (o *Objects) at(op aura.Op, id ID, stage Stage) (*Operation, error) {
	x, err := o.operation(op, id)
	if err == nil && x.Stage != stage {
		return nil, aura.Errorf(op, aura.Conflict, "operation %d is %s, not %s", id, x.Stage, stage)
	}
	return x, err
}

// live returns an operation that has not ended.
func (o *Objects) live(op aura.Op, id ID) (*Operation, error) {
	x, err := o.operation(op, id)
	if err == nil && x.Stage.Terminal() {
		return nil, aura.Errorf(op, aura.Stale, "operation %d is %s", id, x.Stage)
	}
	return x, err
}

func (o *Objects) operation(op aura.Op, id ID) (*Operation, error) {
	if x := find(o.operations, id, func(x *Operation) ID { return x.ID }); x != nil {
		return x, nil
	}
	return nil, aura.Errorf(op, aura.NotFound, "operation %d is not here", id)
}
