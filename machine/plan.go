package machine

import "github.com/aura-runtime/aura/choreo"

// stepKind is the kind of step that a pick commits.
type stepKind uint8

const (
	stepSend  stepKind = 1
	stepDrop  stepKind = 2 // a send that is not delivered
	stepRecv  stepKind = 3
	stepHalt  stepKind = 4
	stepBlock stepKind = 5
	stepFault stepKind = 6
)

// pick is one step under way: the choice, the step, and the result of its preparation. It is
// scratch memory of the wave and holds nothing afterwards.
type pick struct {
	proc   *process
	kind   stepKind
	wait   waitReason // stepBlock
	ring   *ring
	edge   EdgeID
	branch branch
	choice bool // the state has several branches
	value  Value
	seq    uint64

	prepared bool
	fault    FaultCode
	detail   string
	sum      uint64
	content  [32]byte // sealed: digest of the value
	id       identity // sealed
	tag      [32]byte // sealed send: the MAC
	sig      []byte   // signed send: the signature
	chain    [32]byte // sealed receive: the chain after it
	leaf     [32]byte // sealed send: the leaf of the tree
	output   [32]byte // sealed: the digest that the output gate sees
	hasher   *hasher
}

func (k *pick) fail(code FaultCode, detail string) {
	k.kind, k.fault, k.detail = stepFault, code, detail
}

// deny makes the pick a step that the host refused.
func (k *pick) deny() { k.kind, k.wait = stepBlock, waitDeny }

// plan decides the next step of a ready process. It asks the host for choices and payloads, and changes
// nothing but the answer that is kept.
func (m *Machine) plan(k *pick, p *process) {
	s := p.session
	k.proc, k.prepared, k.fault, k.detail, k.ring, k.seq, k.sum = p, false, 0, "", nil, 0, 0
	k.branch = branch{label: NoLabel}
	st := p.current()
	switch {
	case s.steps >= s.budget:
		k.fail(FaultCredits, "the session has used up its steps")
	case p.credits == 0:
		k.fail(FaultCredits, "the role has used up its credits")
	case st.kind == choreo.StateEnd:
		k.kind = stepHalt
	case st.kind == choreo.StateSend:
		k.ring, k.edge, k.choice = &s.rings[st.edge], st.edge, st.count > 1
		m.planSend(k, st)
	default:
		k.ring, k.edge, k.choice = &s.rings[st.edge], st.edge, st.count > 1
		m.planRecv(k, st)
	}
}

func (m *Machine) planSend(k *pick, st *state) {
	p, r := k.proc, k.ring
	k.kind = stepSend
	latest := m.options.Buffer.Mode == BufferLatestValue
	if r.cut > 0 {
		k.kind, k.wait = stepBlock, waitSend
		return
	}
	if !latest && !m.applyFullPolicy(k) {
		return
	}
	branches := p.session.image.branchesOf(st)
	if !p.answer.given && !p.answer.refused && !m.ask(k, st, branches) {
		return
	}
	if p.answer.refused {
		if k.deny(); p.answer.chosen {
			k.branch = branches[p.answer.branch]
		}
		k.seq = r.sent
		return
	}
	k.branch, k.value, k.seq = branches[p.answer.branch], p.answer.value, r.sent
	if latest {
		if l := r.superseded(k.branch.label); l != nil {
			k.seq = l.seq
		} else if !m.applyFullPolicy(k) {
			return
		}
	}
	if p.answer.drop {
		k.kind = stepDrop
	}
}

// applyFullPolicy applies the policy for a full edge. It reports whether the send goes on.
func (m *Machine) applyFullPolicy(k *pick) bool {
	if !k.ring.full() {
		return true
	}
	switch policy := m.options.Buffer.Policy; {
	case policy == FullDropNewest:
		k.kind = stepDrop
		return true
	case policy == FullResize && k.ring.capacity < m.options.Buffer.Max:
		return true // the commit makes room
	case policy == FullFail:
		k.fail(FaultBuffer, "the edge is full")
	default:
		k.kind, k.wait = stepBlock, waitSend
	}
	return false
}

// ask gets the choice and the payload from the host. It reports whether both are there, or one was refused.
func (m *Machine) ask(k *pick, st *state, branches []branch) bool {
	p := k.proc
	s, to := p.session, p.session.image.edges[st.edge].to
	if !p.answer.chosen {
		choice, a := 0, AnswerDone
		if k.choice {
			choice, a = m.host.Choose(Offer{s.image, s.id, p.role, to, m.tick, branches})
			m.log.answered(m.tick, s.id, p.role, EffectChoose, a, uint64(choice), Value{})
		}
		switch {
		case a == AnswerDefer:
			k.kind, k.wait = stepBlock, waitHost
			return false
		case a == AnswerRefused:
			p.answer.refused = true
			return true
		case a != AnswerDone:
			k.fail(FaultInvoke, a.String())
			return false
		case choice < 0 || choice >= len(branches):
			k.fail(FaultLabel, "the host chose a branch that is not there")
			return false
		}
		p.answer.chosen, p.answer.branch = true, uint32(choice)
	}
	b := branches[p.answer.branch]
	v, a := m.host.Payload(Message{s.image, s.id, p.role, to, b.label, b.site, k.ring.sent, m.tick})
	m.log.answered(m.tick, s.id, p.role, EffectPayload, a, 0, v)
	switch a {
	case AnswerDone, AnswerDrop:
		p.answer.given, p.answer.drop = true, a == AnswerDrop
		p.answer.value.copyOf(v)
		return true
	case AnswerDefer:
		k.kind, k.wait = stepBlock, waitHost
	case AnswerRefused:
		p.answer.refused = true
		return true
	default:
		k.fail(FaultInvoke, a.String())
	}
	return false
}

func (m *Machine) planRecv(k *pick, st *state) {
	r, s := k.ring, k.proc.session
	if r.count == 0 {
		k.kind, k.wait = stepBlock, waitRecv
		return
	}
	l := r.front()
	for _, b := range s.image.branchesOf(st) {
		if b.label == l.label {
			k.kind, k.branch, k.value, k.seq, k.sum = stepRecv, b, l.value, l.seq, l.sum
			return
		}
	}
	k.branch.label = l.label
	k.fail(FaultLabel, "the message is not one that is expected here")
}
