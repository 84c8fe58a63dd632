package machine

import (
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/internal/wire"
	"github.com/aura-runtime/aura/machine/own"
)

const sessionMagic = "aura.machine.session.v1\n"

// maxExport bounds the state of one session in bytes.
const maxExport = maxPayload

// Export writes the whole state of one session for [Machine.Import], under the capability for all of it: a session that
// is imported goes on as this one would have. It holds payloads that wait, and no key. It changes nothing. The session's
// guard layers, the faults of the topology and the trace stay with the machine.
//
// It returns aura.Conflict for a session of which a step is planned and not committed, and aura.Exhausted for one of more
// than 16 MiB.
func (m *Machine) Export(c own.Capability) ([]byte, error) {
	const op = "machine.Export"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return nil, err
	}
	if err := s.owners.OwnsAll(op, c); err != nil {
		return nil, err
	}
	return m.export(op, s, s)
}

// Standing returns the state of a session as [Machine.Export] writes it, but without its owners, for who compares where two machines stand. It needs
// no capability, as nothing can take it in.
func (m *Machine) Standing(id SessionID) ([]byte, error) {
	const op = "machine.Standing"
	s, err := m.active(op, id)
	if err != nil {
		return nil, err
	}
	free := *s
	free.owners = own.Owners{}
	return m.export(op, s, &free)
}

// export writes a session, with the state of as.
func (m *Machine) export(op aura.Op, s, as *session) ([]byte, error) {
	for i := range s.procs {
		if s.procs[i].picked {
			return nil, aura.Errorf(op, aura.Conflict, "session %d takes part in a wave that was planned", s.id)
		}
	}
	w := wire.Writer{Buf: []byte(sessionMagic)}
	w.Fixed(s.image.digest[:])
	w.Byte(byte(s.admission.integrity))
	w.Byte(byte(s.admission.replay))
	m.writeState(&w, as)
	var ready []RoleID
	for p := m.ready.first(); p != nil; p = m.ready.after(p) {
		if p.session == s {
			ready = append(ready, p.role)
		}
	}
	writeRoleIDs(&w, ready)
	var out []uint64
	for _, o := range m.outbox {
		if o.session == s {
			out = append(out, uint64(o.edge))
		}
	}
	w.Uint(uint64(len(out)))
	for _, e := range out {
		w.Uint(e)
	}
	w.Check(0)
	if len(w.Buf) > maxExport {
		return nil, aura.Errorf(op, aura.Exhausted, "session %d has %d bytes, more than %d", s.id, len(w.Buf), maxExport)
	}
	return w.Buf, nil
}

// Import takes a session in that was exported, by the decision of this side, which must have the integrity and the replay
// mode of the other. The session has a number of this machine, no owner, and nothing of it runs: who gets the authority
// that is returned brings it to life with [Machine.Claim]. Values that wait are sealed anew with the key of this machine.
//
// It returns aura.Conflict for a session that lives here already, or that ended here and was not reaped: one that was
// delegated may come back, one that ended otherwise is over. It returns aura.Denied as [Machine.Open] does, aura.Exhausted
// beyond the limits of the machine, aura.Invalid for the state of another image, and aura.Corrupt for one that is
// damaged or does not hold together: every number and reference is checked, and nothing of it stays.
func (m *Machine) Import(image *Image, a Admission, state []byte) (own.Claim, error) {
	const op = "machine.Import"
	s, err := m.takeIn(op, image, a, state, func(*session) error { return nil })
	if err != nil {
		return own.Claim{}, err
	}
	authority := s.owners.Vacate()
	m.log.imported(m.tick, EffectImport, s, state, "")
	m.changed()
	m.emit(Event{Session: s.id, Kind: EventImported, Seq: s.steps, Sum: binary.BigEndian.Uint64(image.digest[:8]), Code: uint8(a.integrity),
		Role: NoRole, Peer: NoRole, Label: NoLabel})
	m.settleIn(s)
	return authority, nil
}

// takeIn reads a session and enters it, when check allows it. Otherwise nothing of it stays.
func (m *Machine) takeIn(op aura.Op, image *Image, a Admission, state []byte, check func(*session) error) (*session, error) {
	if err := m.admits(op, image, &a); err != nil {
		return nil, err
	}
	if len(m.sessions) >= m.options.MaxSessions || len(state) > maxExport {
		return nil, aura.Errorf(op, aura.Exhausted, "a session of %d bytes where the machine has %d of %d", len(state), len(m.sessions), m.options.MaxSessions)
	}
	s := m.allot(image)
	s.id, s.admission = m.next, a
	x := restorer{m: m, r: wire.NewReader(op, state)}
	out, err := x.imported(op, s)
	if err == nil {
		err = m.mayImport(op, s)
	}
	if err == nil {
		err = check(s)
	}
	if err != nil {
		m.live -= s.live
		return nil, err
	}
	m.next++
	m.played += len(s.procs)
	m.sessions[s.id] = s
	m.order = append(m.order, s)
	for _, e := range out {
		s.rings[e].listed = true
		m.outbox = append(m.outbox, outEdge{s, e})
	}
	return s, nil
}

// mayImport demands that a session does not live here, and that there is room for it.
func (m *Machine) mayImport(op aura.Op, s *session) error {
	for _, o := range m.order {
		if o.name == s.name && o.image.digest == s.image.digest && o.status != SessionDelegated {
			return aura.Errorf(op, aura.Conflict, "the session is here as session %d, which is %s", o.id, o.status)
		}
	}
	if m.played+len(s.procs) > m.options.MaxRoles {
		return aura.Errorf(op, aura.Exhausted, "%d more roles where the machine plays %d of %d", len(s.procs), m.played, m.options.MaxRoles)
	}
	return nil
}

// imported reads the state of an exported session, and the edges that have messages to take out.
func (x *restorer) imported(op aura.Op, s *session) (out []EdgeID, err error) {
	r := x.r
	magic, digest := make([]byte, len(sessionMagic)), [32]byte{}
	r.Fixed(magic)
	if r.Err() == nil && string(magic) != sessionMagic {
		r.Fail("this is no session, or one of another version")
	}
	r.Fixed(digest[:])
	integrity, replay := Integrity(r.Byte()), ReplayMode(r.Byte())
	switch {
	case r.Err() != nil:
		return nil, r.Err()
	case digest != s.image.digest:
		return nil, aura.Errorf(op, aura.Invalid, "the state is not one of the image %s", s.image)
	case integrity != s.admission.integrity || replay != s.admission.replay:
		return nil, aura.Errorf(op, aura.Denied, "the session is %s with replay %s, and was admitted as %s with %s",
			integrity, replay, s.admission.integrity, s.admission.replay)
	case r.Left() < minRingBytes*len(s.rings):
		r.Fail("a session is cut short")
		return nil, r.Err()
	}
	x.state(s)
	if s.resume = x.roleIDs(s); r.Err() == nil && (s.status.Terminal() || s.fault != nil) {
		r.Fail("a session that ended cannot be taken in")
	}
	for range r.Count(len(s.rings), 1, "edges") {
		e := EdgeID(r.Max(uint64(len(s.rings)-1), "an edge"))
		if ring := &s.rings[e]; r.Err() == nil && (!ring.leaves || ring.count == 0 || slices.Contains(out, e)) {
			r.Fail("an edge has nothing to take out")
		}
		out = append(out, e)
	}
	r.Check(0, "the session")
	return out, r.End()
}

// settleIn makes a session that came in stand still, and subject to the faults that hold here and not to those that
// held where it came from.
func (m *Machine) settleIn(s *session) {
	for i := range s.procs {
		if p := &s.procs[i]; !p.status.final() {
			p.held = p.held&^holdTimeout | holdOwner
		}
	}
	was := make([]uint16, len(s.rings))
	for i := range s.rings {
		was[i], s.rings[i].cut = s.rings[i].cut, 0
	}
	m.applySites(s)
	for i := range s.rings {
		if was[i] > 0 && s.rings[i].cut == 0 {
			m.released(s.proc(s.image.edges[i].from), EdgeID(i))
		}
	}
}

// Depart commits a transfer of all fragments to an owner elsewhere, who has the session's export: the session ends here
// as delegated, and every capability for it is stale.
func (m *Machine) Depart(r own.Receipt) error {
	const op = "machine.Depart"
	s, err := m.active(op, SessionID(r.Session))
	if err != nil {
		return err
	}
	for _, rec := range s.owners.Records() {
		if !rec.State().Terminal() && !r.Scope.Covers(rec.Fragment()) {
			return aura.Errorf(op, aura.Denied, "session %d cannot leave without its fragment %s", s.id, rec.Fragment())
		}
	}
	if err := s.owners.Depart(op, r); err != nil {
		return err
	}
	m.log.command(m.tick, EffectDepart, s.id, r.To, r.ID)
	m.changed()
	m.end(s, SessionDelegated, false, "delegated")
	m.emitSession(s, EventSessionTerminal, 0, uint8(SessionDelegated))
	return nil
}
