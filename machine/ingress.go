package machine

import (
	"crypto/ed25519"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// Parcel is a message that crosses between machines.
type Parcel struct {
	From, To RoleID
	Label    LabelID
	// Seq is the place that the sender's machine gave it on its edge, counted from 0.
	Seq   uint64
	Value Value
	// Signature is there for an edge of a signed session that crosses authorities.
	Signature []byte
}

// outEdge is an edge with messages to take out.
type outEdge struct {
	session *session
	edge    EdgeID
}

// list puts an edge on the list of those with messages to take out.
func (m *Machine) list(s *session, e EdgeID) {
	s.outbound++
	if r := &s.rings[e]; !r.listed {
		r.listed = true
		m.outbox = append(m.outbox, outEdge{s, e})
	}
}

// Outbound returns the sessions that have messages to take out, each once, in the order in which they came
// to have some.
func (m *Machine) Outbound() []SessionID {
	var out []SessionID
	for _, o := range m.outbox {
		if !slices.Contains(out, o.session.id) {
			out = append(out, o.session.id)
		}
	}
	return out
}

// Take removes the next message of the fragments of a capability that is for a role played elsewhere, and reports
// whether there was one. The messages of a fragment that is being handed over stay. Messages of one edge come in their
// order. The parcel's value and signature are good until the machine is used again. Taking makes room for the sender,
// and closes a session that only waited for it.
func (m *Machine) Take(c own.Capability) (Parcel, bool, error) {
	const op = "machine.Take"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return Parcel{}, false, err
	}
	if err := s.owners.Owns(op, c); err != nil {
		return Parcel{}, false, err
	}
	at := slices.IndexFunc(m.outbox, func(o outEdge) bool {
		if o.session != s {
			return false
		}
		r := s.owners.Find(s.image.Fragment(s.image.edges[o.edge].from))
		return r.Acts() && s.owners.Holds(c, r.Fragment())
	})
	if at < 0 {
		return Parcel{}, false, nil
	}
	o := m.outbox[at]
	r, e := &s.rings[o.edge], s.image.edges[o.edge]
	l := r.front()
	m.log.command(m.tick, EffectTake, s.id, c.Owner, c.Generation)
	m.changed()
	r.pop()
	s.outbound--
	if r.count == 0 {
		r.listed = false
		m.outbox = slices.Delete(m.outbox, at, at+1)
	}
	m.released(s.proc(e.from), o.edge)
	m.settle(s)
	return Parcel{From: e.from, To: e.to, Label: l.label, Seq: l.seq, Value: l.value, Signature: l.sig}, true, nil
}

// Inject puts a message from a role that is played elsewhere on its edge. The machine copies the bytes that it keeps.
//
// It returns aura.Conflict for a message that was seen before, whatever the session's replay mode is, or that comes out
// of its order under ReplaySequence, and while the receiver's fragment is being handed over; aura.Corrupt for a
// signature that does not hold; aura.Exhausted while the edge is full; aura.Invalid for one that cannot be of this
// session, or that its receiver cannot take next. None of these touches the session: neither damage by a network nor a
// peer that does not follow the protocol is a fault of the session.
func (m *Machine) Inject(c own.Capability, in Parcel) error {
	const op = "machine.Inject"
	s, id, err := m.injectable(op, c, &in)
	if err != nil {
		return err
	}
	return m.accept(op, s, id, in)
}

// MayInject returns the error that [Machine.Inject] would return now, but for that of a signature, and changes nothing.
func (m *Machine) MayInject(c own.Capability, in Parcel) error {
	_, _, err := m.injectable("machine.MayInject", c, &in)
	return err
}

// injectable returns the session and the edge of a message that may enter.
func (m *Machine) injectable(op aura.Op, c own.Capability, in *Parcel) (*session, EdgeID, error) {
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return nil, 0, err
	}
	id, ok := s.image.findEdge(in.From, in.To)
	switch {
	case !ok || s.proc(in.To) == nil || s.proc(in.From) != nil:
		return nil, 0, aura.Errorf(op, aura.Invalid, "session %d receives nothing from outside on this edge", s.id)
	case int(in.Label) >= len(s.image.labels):
		return nil, 0, aura.Errorf(op, aura.Invalid, "session %d has no such message", s.id)
	}
	if err := s.owners.Check(op, c, s.image.Fragment(in.To)); err != nil {
		return nil, 0, err
	}
	r := &s.rings[id]
	// The ring numbers arrivals as the sender did, so a message that is next in line gets its own number.
	expected := r.sent
	switch {
	case s.proc(in.To).status.final():
		return nil, 0, aura.Errorf(op, aura.Stale, "session %d: role %s is done", s.id, s.image.RoleName(in.To))
	case r.cut > 0:
		return nil, 0, aura.Errorf(op, aura.Unavailable, "session %d: the edge is cut", s.id)
	case r.full() && r.capacity >= m.options.Buffer.Max:
		return nil, 0, aura.Errorf(op, aura.Exhausted, "session %d: the edge is full", s.id)
	case s.admission.replay == ReplaySequence && in.Seq != expected:
		return nil, 0, aura.Errorf(op, aura.Conflict, "comm_replay.sequence_mismatch: expected=%d,actual=%d", expected, in.Seq)
	case s.admission.replay != ReplaySequence && (!r.fresh(ReplayNullifier, in.Seq) || r.waiting(in.Seq)):
		return nil, 0, aura.Errorf(op, aura.Conflict, "comm_replay.duplicate")
	case !m.acceptable(&s.image.labels[in.Label], in.Value):
		return nil, 0, aura.Errorf(op, aura.Invalid, "session %d: the payload of %s is of the wrong shape or too large", s.id, s.image.Label(in.Label).Name)
	}
	if fits, err := m.mayFollow(op, s, s.proc(in.To), id, in.Label); err != nil {
		return nil, 0, err
	} else if !fits {
		return nil, 0, aura.Errorf(op, aura.Invalid, "session %d: role %s cannot take %s from %s now", s.id,
			s.image.RoleName(in.To), s.image.Label(in.Label).Name, s.image.RoleName(in.From))
	}
	return s, id, nil
}

// accept seals a message that may enter and puts it on its edge.
func (m *Machine) accept(op aura.Op, s *session, id EdgeID, in Parcel) error {
	r := &s.rings[id]
	sum, tag := in.Value.sum(), [32]byte{}
	if s.admission.integrity >= IntegritySealed {
		content := m.hasher.value(in.Value)
		name := &m.identity
		*name = newIdentity(&r.context, &s.image.labelSums[in.Label], in.Seq, &content)
		if r.foreign != nil && (len(in.Signature) != ed25519.SignatureSize || !ed25519.Verify(r.foreign, name.signed(), in.Signature)) {
			return aura.Errorf(op, aura.Corrupt, "session %d: the message from %s does not match its signature", s.id, s.image.RoleName(in.From))
		}
		tag = m.hasher.mac(&r.key, name[:])
		r.tree.append(m.hasher, m.hasher.digest(domainLeaf, tag[:], nil))
		sum = firstBytes(content)
	}
	m.log.injected(m.tick, s.id, in)
	m.changed()
	l := m.place(r)
	l.label, l.seq, l.sum, l.tag = in.Label, in.Seq, sum, tag
	l.value.copyOf(in.Value)
	l.sig = append(l.sig[:0], in.Signature...)
	m.emit(Event{Session: s.id, Kind: EventInjected, Role: in.To, Peer: in.From, Label: in.Label, Seq: in.Seq, Sum: sum})
	m.arrived(s.proc(in.To), id)
	return nil
}

// waiting reports whether a message with this number waits on the edge.
func (r *ring) waiting(seq uint64) bool {
	for i := range r.count {
		if r.at(i).seq == seq {
			return true
		}
	}
	return false
}
