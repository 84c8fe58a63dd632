package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

const snapshotMagic = "aura.machine.snapshot.v2\n"

// Snapshot writes the whole state of the machine for [Restore]: a machine that is restored goes on as this
// one would have. It holds payloads that wait, and no key. A wave that was planned and not committed is
// void. The trace, the log and the audit are not part of it.
func (m *Machine) Snapshot() []byte {
	m.abandon()
	w := wire.Writer{Buf: []byte(snapshotMagic)}
	writeOptions(&w, m.options)
	w.Uint(m.tick)
	w.Uint(uint64(m.next))
	var images []*Image
	for _, s := range m.order {
		if !slices.Contains(images, s.image) {
			images = append(images, s.image)
		}
	}
	w.Uint(uint64(len(images)))
	for _, im := range images {
		w.Bytes(im.Encode())
	}
	w.Uint(uint64(len(m.order)))
	for _, s := range m.order {
		w.Uint(uint64(slices.Index(images, s.image)))
		w.Uint(uint64(s.id))
		writeAdmission(&w, s.admission)
		m.writeState(&w, s)
		writeRoleIDs(&w, s.resume)
	}
	m.writeQueues(&w)
	m.writeSites(&w)
	w.Check(0)
	return w.Buf
}

// writeState writes all of a session but its number and its admission.
func (m *Machine) writeState(w *wire.Writer, s *session) {
	w.Fixed(s.name[:])
	w.Byte(byte(s.status))
	for _, n := range []uint64{s.epoch, s.steps, s.budget} {
		w.Uint(n)
	}
	w.Bool(s.fault != nil)
	if s.fault != nil {
		w.Byte(byte(s.fault.Code))
		w.String(string(s.fault.Role))
		w.String(s.fault.Detail)
	}
	w.Byte(byte(s.worst))
	w.Uint(uint64(len(s.procs)))
	for i := range s.procs {
		writeProcess(w, &s.procs[i])
	}
	s.owners.Encode(w)
	for i := range s.rings {
		m.writeRing(w, s, &s.rings[i])
	}
	w.Uint(uint64(len(s.facts)))
	for _, k := range s.facts {
		w.Uint(uint64(k.role))
		w.String(k.fact)
	}
}

func writeRoleIDs(w *wire.Writer, list []RoleID) {
	w.Uint(uint64(len(list)))
	for _, role := range list {
		w.Uint(uint64(role))
	}
}

func writeProcess(w *wire.Writer, p *process) {
	w.Uint(uint64(p.role))
	w.Uint(uint64(p.state))
	for _, b := range []byte{byte(p.status), byte(p.wait), byte(p.held), p.priority} {
		w.Byte(b)
	}
	w.Bool(p.token)
	w.Uint(p.credits)
	w.Bool(p.answer.chosen)
	w.Bool(p.answer.given)
	w.Bool(p.answer.drop)
	w.Bool(p.answer.refused)
	if p.answer.chosen {
		w.Uint(uint64(p.answer.branch))
	}
	if p.answer.given {
		w.Fixed(p.answer.value.Append(nil))
	}
}

// writeRing writes an edge. Of the seal of a message it says only whether it holds: the key stays here, and who reads the
// edge seals the message anew.
func (m *Machine) writeRing(w *wire.Writer, s *session, r *ring) {
	sealed := s.admission.integrity >= IntegritySealed
	for _, n := range []uint64{uint64(r.capacity), r.sent, r.consumed, r.window, uint64(r.cut), uint64(r.corrupt)} {
		w.Uint(n)
	}
	w.Bool(r.crosses)
	w.Bytes(r.foreign)
	w.Uint(uint64(r.count))
	for i := range r.count {
		l := r.at(i)
		w.Uint(uint64(l.label))
		w.Uint(l.seq)
		w.Uint(l.sum)
		w.Fixed(l.value.Append(nil))
		w.Bytes(l.sig)
		if sealed {
			w.Bool(equalTags(m.sealOf(s, r, l), l.tag))
		}
	}
	if sealed {
		w.Fixed(r.chain[:])
		w.Uint(r.tree.leaves)
		for _, p := range r.tree.peaks {
			w.Fixed(p[:])
		}
	}
}

// writeQueues writes which roles are ready, which edges have messages to take out, and which sessions ended, each in
// their order.
func (m *Machine) writeQueues(w *wire.Writer) {
	w.Uint(uint64(m.ready.count))
	for p := m.ready.first(); p != nil; p = m.ready.after(p) {
		w.Uint(uint64(p.session.id))
		w.Uint(uint64(p.role))
		w.Byte(p.level)
	}
	w.Uint(uint64(len(m.outbox)))
	for _, o := range m.outbox {
		w.Uint(uint64(o.session.id))
		w.Uint(uint64(o.edge))
	}
	w.Uint(uint64(len(m.ended)))
	for _, s := range m.ended {
		w.Uint(uint64(s.id))
	}
}

func (m *Machine) writeSites(w *wire.Writer) {
	writeRoles(w, m.sites.crashed)
	var pairs []choreo.Role
	for _, p := range m.sites.cut {
		pairs = append(pairs, p[0], p[1])
	}
	writeRoles(w, pairs)
	w.Uint(m.timeouts.last)
	w.Uint(uint64(len(m.timeouts.live)))
	for _, t := range m.timeouts.live {
		w.Uint(t.ID)
		w.String(string(t.Site))
		w.Uint(t.IssuedAt)
		w.Uint(t.Until)
	}
	w.Uint(m.layers.evidence)
	w.Uint(uint64(len(m.layers.held)))
	for _, h := range m.layers.held {
		w.Uint(uint64(h.layer))
		w.Uint(uint64(h.session))
		w.Uint(uint64(h.role))
		w.Uint(h.evidence)
	}
}

// Restore makes a machine from a snapshot. The options must be those of the original (its key and signer
// too, for sealed and signed sessions), apart from Trace and Log. Capabilities and receipts that were given
// out before are good again.
//
// It returns aura.Invalid for other options, and aura.Corrupt for a snapshot that is damaged or does not
// hold together: every number and reference is checked.
func Restore(b []byte, host Host, options Options) (*Machine, error) {
	const op = "machine.Restore"
	r := wire.NewReader(op, b)
	magic := make([]byte, len(snapshotMagic))
	r.Fixed(magic)
	if r.Err() == nil && string(magic) != snapshotMagic {
		r.Fail("this is no snapshot, or one of another version")
	}
	m := New(host, options)
	var mine, theirs wire.Writer
	writeOptions(&mine, m.options)
	writeOptions(&theirs, readOptions(r))
	if r.Err() == nil && string(mine.Buf) != string(theirs.Buf) {
		return nil, aura.Errorf(op, aura.Invalid, "the options are not those of the snapshot")
	}
	x := restorer{m: m, r: r}
	x.sessions()
	x.queues()
	x.sites()
	r.Check(0, "the snapshot")
	if err := r.End(); err != nil {
		return nil, err
	}
	m.resumed = true
	return m, nil
}
