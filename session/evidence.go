package session

import (
	"slices"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// The properties of an image that protocols require, and that this build can show.
const (
	// EvidenceAdherence: canonical and wide execution tell the same story on every path that was walked.
	EvidenceAdherence = "protocol_machine_envelope_adherence"
	// EvidenceAdmission: no interleaving and no choice leads to a deadlock, to a message where it is not expected, or past an end, so
	// a step that the machine admits is one of the protocol.
	EvidenceAdmission = "protocol_machine_envelope_admission"
	// EvidenceBridge: each part of the image is the projection of the text, so a property of the text is one of the image.
	EvidenceBridge = "protocol_envelope_bridge"
	// EvidenceReconfiguration: giving a role to another player and then projecting is the same as projecting and then giving it.
	EvidenceReconfiguration = "reconfiguration_safety"
	// EvidenceTermination: every run ends.
	EvidenceTermination = "termination_bounded"
	// EvidenceByzantine: no participant can send in place of another one's choice, because a role that is told a choice hears of its chooser alone.
	EvidenceByzantine = "byzantine_envelope"
)

// The bounds of the search for evidence. A property for which they do not suffice is not shown.
const (
	searchStates = 100_000
	searchBytes  = 64 << 20
	searchPaths  = 16
)

// manifest is that of the protocol's text. A protocol of several bundles has more to show: that each part is the projection of one text, or
// its parts would not be coherent, and that each role may change its player, since its bundles have owners of their own.
func (p *Protocol) manifest() choreo.Manifest {
	m := p.text.manifest
	if p.composed.Linked() {
		m.RequiredTheoremPackCapabilities = append(slices.Clone(m.RequiredTheoremPackCapabilities), EvidenceBridge, EvidenceReconfiguration)
	}
	return m
}

// evidence returns what can be shown of an image. It is computed once.
func (p *Protocol) evidence() []machine.Evidence {
	p.proving.Lock()
	defer p.proving.Unlock()
	if !p.proved {
		m := p.manifest()
		for _, key := range slices.Concat(m.RequiredCapabilities, m.RequiredTheoremPackCapabilities) {
			if show := shown[key]; show != nil && !slices.ContainsFunc(p.proof, func(e machine.Evidence) bool { return e.Key == key }) && show(p) {
				p.proof = append(p.proof, machine.Evidence{Key: key, Image: p.image.Digest()})
			}
		}
		p.proved = true
	}
	return p.proof
}

// shown has the checks, by property.
var shown = map[string]func(*Protocol) bool{
	EvidenceAdherence: func(p *Protocol) bool { r := p.search(); return r.Complete && r.Counterexample == nil && r.Paths > 0 },
	EvidenceAdmission: func(p *Protocol) bool { r := p.search(); return r.Complete && r.Counterexample == nil },
	EvidenceTermination: func(p *Protocol) bool {
		r := p.search()
		return r.Complete && r.Counterexample == nil && !r.Endless && !loops(p.instance.Global)
	},
	EvidenceBridge:          projected,
	EvidenceReconfiguration: commutes,
	EvidenceByzantine:       unmistaken,
}

// envelope returns the measured difference between one step at a time and waves of the width that the protocol's policy allows; nil when it
// allows one step, or nothing could be measured. It is computed once.
func (p *Protocol) envelope() *machine.Envelope {
	policy, err := machine.PolicyFor(p.text.manifest.DeterminismPolicyRef)
	if err != nil || policy.Schedule == machine.SpreadExact {
		return nil
	}
	p.proving.Lock()
	defer p.proving.Unlock()
	if !p.wasMeasured {
		p.wasMeasured = true
		if r := p.search(); r.Complete && r.Counterexample == nil {
			if d, err := r.Measure(p.image, policy.Width, policy.Tier); err == nil {
				p.measured = &d
			}
		}
	}
	return p.measured
}

// contracts are the promises of an engine at admission, with the evidence about an image. One that takes one step at a time claims
// nothing that would let sessions run wide: what asks for that is admitted as canonical, with the reason.
func (p *Protocol) contracts(width int) *machine.Contracts {
	c := &machine.Contracts{
		Evidence: p.evidence(), Modes: []machine.Determinism{machine.DeterminismFull},
		Transport: machine.Transport{
			RoleAddressed: true, AuthenticatedPeers: true, // Deliver: the peer of a channel must play the sender
			PerPeerFIFO:           true,                           // mayTake: a message before its turn is refused
			FailClosedUnknownRole: true, NoMessageSynthesis: true, // peer; leave and take have the machine's parcels alone
		},
	}
	if width > 1 {
		// A wave takes its steps in the order in which one step at a time would have: the stories of the sessions are the same.
		c.Capabilities = []string{machine.CapabilityMixedDeterminism, machine.CapabilityEnvelopeAdherence}
		c.Modes = append(c.Modes, machine.DeterminismModuloEffects, machine.DeterminismModuloCommutativity)
	}
	return c
}

// admission returns the decision about a session: the one that its recording has, made when it began here or came here, or a new one. An
// engine in another posture than the one that decided decides anew.
func (e *Engine) admission(p *Protocol, history []record) (*machine.Admission, error) {
	for i := len(history) - 1; i >= 0; i-- {
		stored := history[i].Admission
		if len(stored) == 0 {
			continue
		}
		a, err := machine.ParseAdmission(stored)
		if err != nil || a.Hardening() == e.options.Hardening {
			return &a, err
		}
		break
	}
	return p.decision(&e.options)
}

// decided is an admission with what it depends on beside the protocol.
type decided struct {
	width     int
	hardening machine.Hardening
	parity    machine.Parity
	admission machine.Admission
}

// decision returns the admission of sessions of the protocol, one and the same for all of them.
func (p *Protocol) decision(o *Options) (*machine.Admission, error) {
	p.deciding.Lock()
	defer p.deciding.Unlock()
	if d := p.decided; d != nil && d.width == o.Width && d.hardening == o.Hardening && d.parity == o.Parity {
		return &d.admission, nil
	}
	a, err := p.admit(o)
	if err != nil {
		return nil, err
	}
	p.decided = &decided{o.Width, o.Hardening, o.Parity, a}
	return &p.decided.admission, nil
}

// admit decides whether sessions of the protocol may run here. It may take some time for an image of which evidence is
// required, the first time.
func (p *Protocol) admit(o *Options) (machine.Admission, error) {
	r := machine.Request{
		Image: p.image, Manifest: p.manifest(), Contracts: p.contracts(o.Width), Integrity: machine.IntegrityBare,
		Hardening: o.Hardening, Parity: o.Parity, Load: machine.Pressure{ScarceGuards: true}, // the guard decides one request at a time, so the roles take turns by age
	}
	if o.Width > 1 {
		r.Envelope = p.envelope()
	}
	return machine.Admit(r)
}
