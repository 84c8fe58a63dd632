package machine

import (
	"github.com/aura-runtime/aura/choreo"
)

// commit applies a prepared step, or nothing of it. Everything that can refuse comes first: the output
// gate, then the host. It returns the fault of a step that was refused.
func (m *Machine) commit(k *pick) *Fault {
	p := k.proc
	p.picked = false
	if k.kind != stepBlock && k.kind != stepFault {
		if predicate := k.predicate(); !m.options.Output.Allows(predicate) {
			m.gated(k, predicate, 0)
			k.fail(FaultOutput, "the output condition rejects the step")
		} else if k.kind != stepRecv || m.deliver(k) {
			m.gated(k, predicate, 1)
		}
	}
	switch k.kind {
	case stepFault:
		return m.failStep(k)
	case stepBlock:
		p.status, p.wait = procBlocked, k.wait
		if k.wait == waitDeny {
			m.denied(k)
		}
		return nil
	}
	p.credits--
	p.session.steps++
	switch k.kind {
	case stepSend, stepDrop:
		m.commitSend(k)
	case stepRecv:
		m.commitRecv(k)
	case stepHalt:
		m.halt(p)
		return nil
	}
	p.state = k.branch.next
	m.enqueue(p)
	return nil
}

// predicate is the output gate's question about a step.
func (k *pick) predicate() Predicate {
	switch {
	case k.kind == stepHalt:
		return PredicateProtocolStep
	case k.choice:
		return PredicateProtocolChoice
	case k.kind == stepRecv:
		return PredicateTransportRecv
	}
	return PredicateTransportSend
}

// gated writes down that the output policy was asked, and its answer.
func (m *Machine) gated(k *pick, predicate Predicate, answer uint8) {
	if m.options.Output.disabled {
		return
	}
	sum := k.sum
	if k.proc.session.admission.integrity >= IntegritySealed && k.kind != stepHalt {
		sum = firstBytes(k.output)
	}
	m.emit(Event{Session: k.proc.session.id, Kind: EventOutputChecked, Label: LabelID(predicate), Code: answer, Sum: sum,
		Role: k.proc.role, Peer: NoRole})
}

// deliver hands a message to the host, the last that can refuse a receive.
func (m *Machine) deliver(k *pick) bool {
	p := k.proc
	s, from := p.session, p.session.image.edges[k.edge].from
	a := m.host.Receive(Message{s.image, s.id, p.role, from, k.branch.label, k.branch.site, k.seq, m.tick}, k.value)
	m.log.answered(m.tick, s.id, p.role, EffectReceive, a, k.sum, Value{})
	switch a {
	case AnswerDone:
	case AnswerDefer:
		k.kind, k.wait = stepBlock, waitHost
	case AnswerRefused:
		k.deny()
	default:
		k.fail(FaultInvoke, a.String())
	}
	return a == AnswerDone
}

// denied writes down that the host refused a step, and forgets what it answered before: another choice may follow.
func (m *Machine) denied(k *pick) {
	p := k.proc
	p.answer.given, p.answer.chosen, p.answer.drop, p.answer.refused = false, false, false, false
	e := Event{Session: p.session.id, Kind: EventDenied, Role: p.role, Label: k.branch.label, Seq: k.seq}
	e.Peer = p.session.image.edges[k.edge].to
	if e.Peer == p.role {
		e.Peer, e.Code = p.session.image.edges[k.edge].from, 1
	}
	m.emit(e)
}

func (m *Machine) commitSend(k *pick) {
	p, r := k.proc, k.ring
	s, to := p.session, p.session.image.edges[k.edge].to
	if k.kind == stepSend {
		before := r.count
		l := m.slot(r, k.branch.label)
		l.label, l.sum, l.tag = k.branch.label, k.sum, k.tag
		l.value.copyOf(k.value)
		l.sig = append(l.sig[:0], k.sig...)
		if r.corrupt != 0 {
			r.corrupt.damage(&l.value)
			r.corrupt = 0
			if s.admission.integrity == IntegrityBare {
				l.sum = l.value.sum()
			}
		}
		if s.admission.integrity >= IntegritySealed {
			r.tree.append(k.hasher, k.leaf)
		}
		switch {
		case r.count == before: // it took the place of one that waits already
		case r.leaves:
			m.list(s, k.edge)
		default:
			m.arrived(s.proc(to), k.edge)
		}
	}
	p.answer.given, p.answer.chosen, p.answer.drop = false, false, false
	e := Event{Session: s.id, Kind: EventSent, Role: p.role, Peer: to, Label: k.branch.label, Seq: k.seq, Sum: k.sum}
	m.emit(e)
	if k.choice {
		e.Kind = EventOffered
		m.emit(e)
	}
}

// slot returns where a message goes: a new place, or that of the one it supersedes.
func (m *Machine) slot(r *ring, label LabelID) *queuedMessage {
	if m.options.Buffer.Mode == BufferLatestValue && r.count > 0 {
		if last := r.superseded(label); last != nil {
			return last
		}
	}
	return m.place(r)
}

// place returns a new place on an edge that has room, or may get some.
func (m *Machine) place(r *ring) *queuedMessage {
	if r.full() {
		r.capacity = min(2*r.capacity, m.options.Buffer.Max)
	}
	return r.push()
}

// arrived tells a role that a message waits for it on an edge.
func (m *Machine) arrived(p *process, e EdgeID) {
	if p == nil || p.status.final() || p.stateEnds() || p.current().edge != e {
		return
	}
	p.token = true
	switch {
	case p.status == procBlocked:
		m.unblock(p, waitRecv)
	case p.queued && m.level(p) != p.level:
		m.ready.remove(p)
		m.enqueue(p)
	}
}

func (m *Machine) commitRecv(k *pick) {
	p, r := k.proc, k.ring
	s, from := p.session, p.session.image.edges[k.edge].from
	r.consume(k.seq)
	if s.admission.integrity >= IntegritySealed {
		r.chain = k.chain
	}
	r.pop()
	p.token = false
	m.released(s.proc(from), k.edge)
	e := Event{Session: s.id, Kind: EventReceived, Role: p.role, Peer: from, Label: k.branch.label, Seq: k.seq, Sum: k.sum}
	m.emit(e)
	if k.choice {
		e.Kind = EventChose
		m.emit(e)
	}
}

// released tells a role that an edge has room, or can be used again.
func (m *Machine) released(p *process, e EdgeID) {
	if p != nil && !p.status.final() && !p.stateEnds() && p.current().edge == e {
		m.unblock(p, waitSend)
	}
}

// halt ends a role that came to the end of its part, and with the last one its session.
func (m *Machine) halt(p *process) {
	s := p.session
	p.status = procDone
	s.live--
	m.live--
	m.emit(Event{Session: s.id, Kind: EventHalted, Role: p.role, Peer: NoRole, Label: NoLabel})
	m.settle(s)
}

// failStep ends the session of a step that was refused. Nothing of the step happened.
func (m *Machine) failStep(k *pick) *Fault {
	s := k.proc.session
	f := &Fault{Code: k.fault, Session: s.id, Role: s.image.RoleName(k.proc.role), Detail: k.detail}
	m.failSession(s, k.proc.role, k.branch.label, f)
	return f
}

// failSession records a fault and stops the roles of its session.
func (m *Machine) failSession(s *session, role RoleID, label LabelID, f *Fault) {
	e := Event{Session: s.id, Kind: EventFailureBranchEntered, Role: role, Peer: NoRole, Label: label, Code: uint8(f.Code)}
	m.emit(e)
	e.Kind = EventFaulted
	m.emit(e)
	s.fault = f
	m.end(s, SessionFaulted, true, f.Code.String())
}

// stateEnds reports whether a process has nothing more to do.
func (p *process) stateEnds() bool { return p.current().kind == choreo.StateEnd }
