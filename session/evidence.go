package session

import (
	"slices"

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

// evidence returns what can be shown of an image. It is computed once.
func (p *Protocol) evidence() []machine.Evidence {
	p.proving.Lock()
	defer p.proving.Unlock()
	if !p.proved {
		for _, key := range slices.Concat(p.text.manifest.RequiredCapabilities, p.text.manifest.RequiredTheoremPackCapabilities) {
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
	EvidenceByzantine:       deaf,
}

// contracts are the promises of an engine at admission, with the evidence about an image. It takes one step at a time, so it claims
// nothing that would let sessions run wide: what asks for that is admitted as canonical, with the reason.
func (p *Protocol) contracts() *machine.Contracts {
	return &machine.Contracts{
		Evidence: p.evidence(), Modes: []machine.Determinism{machine.DeterminismFull},
		Transport: machine.Transport{
			RoleAddressed: true, AuthenticatedPeers: true, // Deliver: the peer of a channel must play the sender
			PerPeerFIFO:           true,                           // mayTake: a message before its turn is refused
			FailClosedUnknownRole: true, NoMessageSynthesis: true, // peer; leave and take have the machine's parcels alone
		},
	}
}

// admit decides whether sessions of the protocol may run here. It may take some time for an image of which evidence is
// required, the first time.
func (p *Protocol) admit(posture machine.Hardening) (machine.Admission, error) {
	return machine.Admit(machine.Request{
		Image: p.image, Manifest: p.text.manifest, Contracts: p.contracts(), Integrity: machine.IntegrityBare,
		Hardening: posture, Load: machine.Pressure{ScarceGuards: true}, // the guard decides one request at a time, so the roles take turns by age
	})
}
