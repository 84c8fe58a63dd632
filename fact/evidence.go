package fact

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
)

// Evidence shows that a stream forked: two facts of its device that name one predecessor. A device writes each fact behind
// all heads that it has, so it makes such a pair only when its home was copied or restored, or when it says one thing to one
// member of a context and another thing to another. Facts of the first format name no predecessor: that copies parted while they wrote
// such facts is no evidence, and cannot be. Two facts and the device's key suffice to check it. The facts have no payloads: evidence
// does not tell what they say.
type Evidence struct {
	facts [2]Record // ascending by identity
}

// NewEvidence returns the evidence that two facts are. It returns aura.Invalid when they show no fork. It does not verify their
// proofs.
func NewEvidence(a, b *Record) (Evidence, error) {
	e := Evidence{[2]Record{a.erased(), b.erased()}}
	if e.facts[0].ID.Compare(e.facts[1].ID) > 0 {
		e.facts[0], e.facts[1] = e.facts[1], e.facts[0]
	}
	if why := e.objection(); why != nil {
		return Evidence{}, &aura.Error{Op: "fact.NewEvidence", Kind: aura.Invalid, Err: why}
	}
	return e, nil
}

// erased returns the record with its fact's digest in place of the payload, and without its local position and number.
func (r *Record) erased() Record {
	f := r.Fact
	if f.Seq != 0 && f.Erased == ([32]byte{}) {
		f.Payload, f.Erased = nil, sha256.Sum256(f.Payload)
	}
	return Record{Seq: r.Seq, ID: r.ID, Fact: f, Proof: r.Proof}
}

// Stream returns whose facts they are, and where.
func (e *Evidence) Stream() (ns Namespace, author aura.AuthorityID, device aura.DeviceID) {
	f := &e.facts[0].Fact
	return f.Namespace, f.Author, f.Device
}

// Places returns the places of the two facts.
func (e *Evidence) Places() [2]Place { return [2]Place{e.facts[0].Place(), e.facts[1].Place()} }

// Verify checks that the device with the given signing key (Ed25519, 32 bytes) stands for both facts, and that they
// show a fork of its stream. It returns aura.Denied otherwise.
func (e *Evidence) Verify(deviceKey []byte) error {
	if why := e.objection(); why != nil {
		return &aura.Error{Op: "fact.Verify", Kind: aura.Denied, Err: why}
	}
	for i := range e.facts {
		if err := e.facts[i].Verify(deviceKey); err != nil {
			return err
		}
	}
	return nil
}

// objection returns why the two facts show no fork, nil when they do. They do when they have a predecessor in common, by
// its place, or when both begin the stream. A merge has several predecessors, and any of them counts.
func (e *Evidence) objection() error {
	const op = "fact.objection"
	a, b := &e.facts[0], &e.facts[1]
	switch {
	case a.ID == b.ID:
		return aura.Errorf(op, aura.Invalid, "evidence of a fork has fact %s twice", aura.Short(a.ID))
	case a.Fact.Namespace != b.Fact.Namespace:
		return aura.Errorf(op, aura.Invalid, "evidence of a fork has facts of two namespaces")
	case a.Fact.Author != b.Fact.Author || a.Fact.Device != b.Fact.Device:
		return aura.Errorf(op, aura.Invalid, "evidence of a fork has facts of two devices")
	case a.Fact.Seq == 0 || b.Fact.Seq == 0:
		return aura.Errorf(op, aura.Invalid, "evidence of a fork has a fact of the first format, which names no predecessor")
	case a.Fact.Seq == 1 && b.Fact.Seq == 1:
		return nil
	}
	others := b.Fact.Predecessors()
	if !slices.ContainsFunc(a.Fact.Predecessors(), func(p Place) bool { return slices.Contains(others, p) }) {
		return aura.Errorf(op, aura.Invalid, "facts %s at place %d and %s at place %d name no predecessor in common",
			aura.Short(a.ID), a.Fact.Seq, aura.Short(b.ID), b.Fact.Seq)
	}
	return nil
}

// maxEvidence bounds encoded evidence: two facts without their payloads, with proofs of full depth.
const maxEvidence = 2*(maxRecord-MaxPayload) + 16

// Encode returns the canonical encoding.
func (e *Evidence) Encode() []byte {
	a, b := e.facts[0].Encode(), e.facts[1].Encode()
	w := newFields(len(a) + len(b) + 16)
	w.payload(1, a)
	w.payload(2, b)
	return w.bytes()
}

// DecodeEvidence reads what [Evidence.Encode] wrote. It returns aura.Corrupt for anything else. It does not verify: see
// [Evidence.Verify].
func DecodeEvidence(b []byte) (Evidence, error) {
	const op = "fact.DecodeEvidence"
	if len(b) > maxEvidence {
		return Evidence{}, aura.Errorf(op, aura.Corrupt, "evidence has %d bytes, the most is %d", len(b), maxEvidence)
	}
	p := parse(b)
	encoded := [2][]byte{p.str(1, majorBytes), p.str(2, majorBytes)}
	if err := p.end(); err != nil {
		return Evidence{}, aura.Errorf(op, aura.Corrupt, "evidence: %w", err)
	}
	var e Evidence
	for i := range encoded {
		r, err := DecodeRecord(encoded[i])
		if err != nil {
			return Evidence{}, err
		}
		if r.Fact.Erased == ([32]byte{}) {
			return Evidence{}, aura.Errorf(op, aura.Corrupt, "evidence has a fact with its payload, or of the first format")
		}
		e.facts[i] = r
	}
	if e.facts[0].ID.Compare(e.facts[1].ID) > 0 {
		return Evidence{}, aura.Errorf(op, aura.Corrupt, "evidence has its facts in the wrong order")
	}
	return e, nil
}
