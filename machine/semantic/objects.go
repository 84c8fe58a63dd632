package semantic

import (
	"encoding/json"
	"slices"

	"github.com/aura-runtime/aura"
)

// Schema names the exported form. An import of another one is refused.
const Schema = "protocol_machine.semantic_objects.v1"

// Objects are the semantic objects of one machine. The zero value is empty and ready.
type Objects struct {
	// Limit bounds the objects of each kind; default 4,096.
	Limit int

	tick         uint64
	operations   []Operation
	effects      []Effect
	reads        []Read
	proofs       []Proof
	handles      []Handle
	publications []Publication
	handoffs     []Handoff
	obligations  []Obligation
	transitions  []Transition
	due          []deadline
	last         counters
}

// counters are the last identifiers given out.
type counters struct {
	operation, effect, read, proof, handle, publication, handoff, obligation ID
}

// Bundle is the exported form: every object, in the order of its identifier.
type Bundle struct {
	Schema       string        `json:"schema"`
	Tick         uint64        `json:"tick"`
	Operations   []Operation   `json:"operation_instances,omitempty"`
	Effects      []Effect      `json:"outstanding_effects,omitempty"`
	Authorities  []Read        `json:"authoritative_reads,omitempty"`
	Observations []Read        `json:"observed_reads,omitempty"`
	Proofs       []Proof       `json:"materialization_proofs,omitempty"`
	Handles      []Handle      `json:"canonical_handles,omitempty"`
	Publications []Publication `json:"publication_events,omitempty"`
	Handoffs     []Handoff     `json:"semantic_handoffs,omitempty"`
	Obligations  []Obligation  `json:"transformation_obligations,omitempty"`
	Transitions  []Transition  `json:"progress_transitions,omitempty"`
}

// Export returns all objects.
func (o *Objects) Export() Bundle {
	b := Bundle{
		Schema: Schema, Tick: o.tick, Operations: slices.Clone(o.operations), Effects: slices.Clone(o.effects),
		Proofs: slices.Clone(o.proofs), Handles: slices.Clone(o.handles), Publications: slices.Clone(o.publications),
		Handoffs: slices.Clone(o.handoffs), Obligations: slices.Clone(o.obligations), Transitions: slices.Clone(o.transitions),
	}
	for _, r := range o.reads {
		if r.Authoritative {
			b.Authorities = append(b.Authorities, r)
		} else {
			b.Observations = append(b.Observations, r)
		}
	}
	return b
}

// Encode returns the objects as JSON, for [Objects.Decode].
func (o *Objects) Encode() []byte {
	b, err := json.Marshal(o.Export())
	if err != nil { // a bundle holds numbers, strings and bytes only
		panic("semantic: " + err.Error())
	}
	return b
}

// Decode replaces the objects by encoded ones. It returns aura.Corrupt for another schema, identifiers out
// of order, a reference to an absent object, or a stage that does not exist.
func (o *Objects) Decode(data []byte) error {
	const op = "semantic.Decode"
	var b Bundle
	if err := json.Unmarshal(data, &b); err != nil {
		return &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	if b.Schema != Schema {
		return aura.Errorf(op, aura.Corrupt, "schema %q is not %q", b.Schema, Schema)
	}
	n := Objects{
		Limit: o.Limit, tick: b.Tick, operations: b.Operations, effects: b.Effects, proofs: b.Proofs, handles: b.Handles,
		publications: b.Publications, handoffs: b.Handoffs, obligations: b.Obligations, transitions: b.Transitions,
	}
	n.reads = append(b.Authorities, b.Observations...)
	slices.SortFunc(n.reads, func(a, b Read) int { return int(a.ID) - int(b.ID) })
	if !n.valid() {
		return aura.Errorf(op, aura.Corrupt, "the objects do not fit together")
	}
	n.count()
	for i := range n.effects {
		if e := &n.effects[i]; e.Budget > 0 && e.Status.outstanding() {
			n.due = append(n.due, deadline{e.Due, e.ID})
		}
	}
	slices.SortFunc(n.due, deadline.compare)
	*o = n
	return nil
}

// valid checks order, references and enumerations.
func (o *Objects) valid() bool {
	has := func(id ID) bool { return find(o.operations, id, func(x *Operation) ID { return x.ID }) != nil }
	ok := ordered(o.operations, func(x *Operation) (ID, bool) { return x.ID, x.Stage >= StageObserved && x.Stage <= StageRejected }) &&
		ordered(o.effects, func(e *Effect) (ID, bool) {
			return e.ID, has(e.Operation) && e.Status >= ProgressPending && e.Status <= ProgressInvalidated
		}) &&
		ordered(o.reads, func(r *Read) (ID, bool) { return r.ID, has(r.Operation) }) &&
		ordered(o.proofs, func(p *Proof) (ID, bool) { return p.ID, has(p.Operation) }) &&
		ordered(o.handles, func(h *Handle) (ID, bool) { return h.ID, has(h.Operation) }) &&
		ordered(o.obligations, func(b *Obligation) (ID, bool) { return b.ID, has(b.Operation) }) &&
		ordered(o.publications, func(p *Publication) (ID, bool) { return p.ID, true }) &&
		ordered(o.handoffs, func(h *Handoff) (ID, bool) { return h.ID, true })
	return ok
}

func ordered[T any](list []T, check func(*T) (ID, bool)) bool {
	last := ID(0)
	for i := range list {
		id, ok := check(&list[i])
		if !ok || id <= last {
			return false
		}
		last = id
	}
	return true
}

// count makes the identifiers go on after the last ones.
func (o *Objects) count() {
	for _, p := range o.publications {
		o.last.publication = p.ID
		o.last.operation = max(o.last.operation, p.Operation) // pruned operations keep their numbers
	}
	for _, x := range o.operations {
		o.last.operation = max(o.last.operation, x.ID)
	}
	for _, e := range o.effects {
		o.last.effect = e.ID
	}
	for _, t := range o.transitions {
		o.last.effect = max(o.last.effect, t.Effect)
	}
	for _, r := range o.reads {
		o.last.read = r.ID
	}
	for _, p := range o.proofs {
		o.last.proof = p.ID
	}
	for _, h := range o.handles {
		o.last.handle = h.ID
	}
	for _, h := range o.handoffs {
		o.last.handoff = h.ID
	}
	for _, b := range o.obligations {
		o.last.obligation = b.ID
	}
}

func (o *Objects) limit() int {
	if o.Limit <= 0 {
		return 4096
	}
	return o.Limit
}

func (o *Objects) take(last *ID) ID {
	*last++
	return *last
}

func (o *Objects) exhausted(op aura.Op, what string) error {
	return aura.Errorf(op, aura.Exhausted, "%d %s are kept already", o.limit(), what)
}

func (o *Objects) publish(operation ID, stage Stage) {
	p := Publication{ID: o.take(&o.last.publication), Operation: operation, Stage: stage, Tick: o.tick}
	if len(o.publications) >= o.limit() { // a history: the oldest makes room
		o.publications = slices.Delete(o.publications, 0, len(o.publications)/2+1)
	}
	o.publications = append(o.publications, p)
}

// find returns the object with an identifier in a list sorted by it, nil if it is not there.
func find[T any](list []T, id ID, of func(*T) ID) *T {
	lo, hi := 0, len(list)
	for lo < hi {
		mid := (lo + hi) / 2
		if of(&list[mid]) < id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(list) && of(&list[lo]) == id {
		return &list[lo]
	}
	return nil
}
