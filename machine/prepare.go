package machine

import "crypto/ed25519"

// prepare computes and checks everything about a step that needs no order: payload, digests, seal,
// signature, replay. It reads the session and writes the pick alone.
func (m *Machine) prepare(k *pick) {
	m.compute(k)
	k.prepared = true // last: a preparation that did not come to its end does not count
}

func (m *Machine) compute(k *pick) {
	if k.kind != stepSend && k.kind != stepDrop && k.kind != stepRecv {
		return
	}
	s := k.proc.session
	label := &s.image.labels[k.branch.label]
	if !m.acceptable(label, k.value) {
		k.fail(FaultRegister, "the payload is of the wrong shape or too large")
		return
	}
	if s.admission.integrity >= IntegritySealed {
		k.content = k.hasher.value(k.value)
		k.sum = firstBytes(k.content)
		k.id = newIdentity(&k.ring.context, &s.image.labelSums[k.branch.label], k.seq, &k.content)
		k.output = k.hasher.digest(domainOutput, k.id[:], nil)
	} else if k.kind != stepRecv {
		k.sum = k.value.sum()
	}
	switch k.kind {
	case stepSend:
		m.prepareSend(k, s)
	case stepRecv:
		m.prepareRecv(k, s)
	}
}

func (m *Machine) prepareSend(k *pick, s *session) {
	if s.admission.integrity < IntegritySealed {
		return
	}
	k.tag = k.hasher.mac(&k.ring.key, k.id[:])
	k.leaf = k.hasher.digest(domainLeaf, k.tag[:], nil)
	k.sig = k.sig[:0]
	if k.ring.crosses {
		sig := m.options.Signer.Sign(s.image.roles[k.proc.role], k.id.signed())
		k.sig = append(k.sig, sig[:]...)
	}
}

func (m *Machine) prepareRecv(k *pick, s *session) {
	r := k.ring
	if !r.fresh(s.admission.replay, k.seq) {
		k.fail(FaultVerification, replayDetail(s.admission.replay))
		return
	}
	if s.admission.integrity < IntegritySealed {
		return
	}
	l := r.front()
	if tag := k.hasher.mac(&r.key, k.id[:]); !equalTags(tag, l.tag) {
		k.fail(FaultVerification, "the value does not match its seal")
		return
	}
	if r.foreign != nil && !ed25519.Verify(r.foreign, k.id.signed(), l.sig) {
		k.fail(FaultVerification, "the value does not match its signature")
		return
	}
	k.chain = k.hasher.digest(domainChain, r.chain[:], k.id[:])
}

func replayDetail(mode ReplayMode) string {
	if mode == ReplaySequence {
		return "comm_replay.sequence_mismatch"
	}
	return "comm_replay.duplicate"
}
