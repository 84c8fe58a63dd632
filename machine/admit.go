package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// The capabilities of a runtime that admission asks for by name.
const (
	CapabilityMixedDeterminism  = "mixed_determinism"
	CapabilityEnvelopeAdherence = "vmEnvelopeAdherence"
)

// Contracts are a runtime's evidence at admission.
type Contracts struct {
	// Capabilities are the names of its abilities.
	Capabilities []string
	// Evidence is what it holds for the keys that protocols require. A key counts for the image that the evidence
	// names and for no other.
	Evidence []Evidence
	// Modes are the determinism modes that it supports. Without contracts only DeterminismFull is.
	Modes []Determinism
	// Transport is the promises of its transport; all are required where a theorem pack is claimed.
	Transport Transport
}

// Evidence is a proof that an image has a property.
type Evidence struct {
	// Key names the property, such as "termination_bounded".
	Key string
	// Image is the digest of the image that the evidence speaks of.
	Image [32]byte
}

// Transport is the promises of a transport to the protocols above it.
type Transport struct {
	RoleAddressed, AuthenticatedPeers, PerPeerFIFO, FailClosedUnknownRole, NoMessageSynthesis bool
}

func (t Transport) complete() bool {
	return t.RoleAddressed && t.AuthenticatedPeers && t.PerPeerFIFO && t.FailClosedUnknownRole && t.NoMessageSynthesis
}

// Request asks for the admission of one image of a protocol.
type Request struct {
	// Image is what will run; required. Manifest must be that of its protocol.
	Image    *Image
	Manifest choreo.Manifest
	// Contracts is nil for a runtime without any.
	Contracts *Contracts
	// Envelope is the evidence for wide execution; nil if there is none.
	Envelope *Envelope
	// Integrity is how values are to be protected; required.
	Integrity Integrity
	// Hardening is the posture of the deployment; default HardeningProduction.
	Hardening Hardening
	// Parity, if not 0, demands the settings of a cross-platform lane.
	Parity Parity
	// Load decides the choice of scheduler.
	Load Pressure
	// Scheduler, if not 0, must be the one that is chosen.
	Scheduler Scheduler
}

// Pressure is how much a machine has to do where the scheduler is chosen. The zero Pressure is an idle
// machine with guard slots to spare.
type Pressure struct {
	// ScarceGuards: there is at most one free slot of a guard layer that the protocol needs.
	ScarceGuards bool
	// Contention is the number of roles that wait for a guard layer.
	Contention int
	// FlowPressure and LeakPressure say how much of the budgets is used, in 1/10,000.
	FlowPressure, LeakPressure int
	// Weight of the protocol, see [Weight].
	Weight uint64
}

// Admit decides whether and how a protocol may run. Everything that it decides is in the Admission and
// cannot change afterwards.
//
// A manifest of another protocol than the image, evidence or a theorem pack that is missing, a policy that
// contradicts itself or its protocol's class, and a scheduler other than the chosen one are refused with
// aura.Denied. Evidence that is missing for wide
// execution refuses nothing: the protocol is admitted as canonical, with the reason.
func Admit(r Request) (Admission, error) {
	const op = "machine.Admit"
	if r.Image == nil || r.Image.name != r.Manifest.QualifiedName {
		return Admission{}, aura.Errorf(op, aura.Denied, "the manifest of protocol %s is not that of the image", r.Manifest.QualifiedName)
	}
	policy, err := PolicyFor(r.Manifest.DeterminismPolicyRef)
	if err != nil {
		return Admission{}, &aura.Error{Op: op, Kind: aura.Denied, Err: err}
	}
	if err := policy.Check(); err != nil {
		return Admission{}, &aura.Error{Op: op, Kind: aura.Denied, Err: err}
	}
	if r.Integrity < IntegrityBare || r.Integrity > IntegritySigned {
		return Admission{}, aura.Errorf(op, aura.Denied, "protocol %s: the integrity profile is not stated", r.Manifest.QualifiedName)
	}
	if err := r.required(op, policy); err != nil {
		return Admission{}, err
	}
	policy = r.Hardening.apply(policy)
	if policy, err = r.Parity.apply(op, policy); err != nil {
		return Admission{}, err
	}
	a := Admission{
		granted: true, image: r.Image.digest, protocol: r.Manifest.ProtocolID, hardening: r.Hardening, policy: policy.Ref,
		class: policy.Class, integrity: r.Integrity, requested: ProfileCanonical, profile: ProfileCanonical,
	}
	if policy.Schedule != SpreadExact {
		a.requested = ProfileAdmitted
		a.profile, a.reason, a.evidence = r.widen(policy)
		if a.profile == ProfileFallback {
			policy = policy.canonical()
		}
	}
	a.replay, a.determinism, a.tier, a.width = policy.Replay, policy.Determinism, policy.Tier, policy.Width
	a.scheduler = chooseScheduler(policy, r.Load)
	if r.Scheduler != 0 && r.Scheduler.order() != a.scheduler.order() {
		return Admission{}, aura.Errorf(op, aura.Denied, "protocol %s: scheduler %s was asked for where %s is due", r.Manifest.QualifiedName, r.Scheduler, a.scheduler)
	}
	return a, nil
}

// required checks the evidence for the keys that the protocol requires.
func (r *Request) required(op aura.Op, policy Policy) error {
	m := &r.Manifest
	has := func(key string) bool {
		return r.Contracts != nil && slices.Contains(r.Contracts.Evidence, Evidence{Key: key, Image: r.Image.digest})
	}
	for _, c := range slices.Concat(m.RequiredCapabilities, m.RequiredTheoremPackCapabilities) {
		if !has(c) {
			return aura.Errorf(op, aura.Denied, "protocol %s needs evidence of %s for the image %s", m.QualifiedName, c, r.Image)
		}
	}
	for _, name := range m.RequiredTheoremPacks {
		if !slices.ContainsFunc(m.TheoremPacks, func(p choreo.ProofBundle) bool { return p.Name == name }) {
			return aura.Errorf(op, aura.Denied, "protocol %s needs the theorem pack %s, which is not there", m.QualifiedName, name)
		}
	}
	if len(m.RequiredTheoremPacks) > 0 && (r.Contracts == nil || !r.Contracts.Transport.complete()) {
		return aura.Errorf(op, aura.Denied, "protocol %s: the transport does not promise what its theorem packs rest on", m.QualifiedName)
	}
	if class, known := ClassOf(m.ProtocolID); known && class != policy.Class && policy.Ref != policies[0].Ref {
		return aura.Errorf(op, aura.Denied, "protocol %s is of class %s, its policy of class %s", m.QualifiedName, class, policy.Class)
	}
	return nil
}

// widen decides whether wide execution is admitted, by the first thing that is missing.
func (r *Request) widen(policy Policy) (Profile, FallbackReason, []string) {
	has := func(capability string) bool { return slices.Contains(r.Contracts.Capabilities, capability) }
	switch {
	case r.Contracts == nil || !has(CapabilityMixedDeterminism):
		return ProfileFallback, FallbackMissingCapability, nil
	case !slices.Contains(r.Contracts.Modes, policy.Determinism):
		return ProfileFallback, FallbackUnsupportedProfile, nil
	case policy.Schedule == SpreadBounded && !has(CapabilityEnvelopeAdherence):
		return ProfileFallback, FallbackMissingCapability, nil
	case r.Envelope == nil:
		return ProfileFallback, FallbackMissingEnvelope, nil
	case r.Envelope.Image != r.Image.digest:
		return ProfileFallback, FallbackEnvelopeMismatch, nil
	}
	if reason := r.Envelope.Within(policy); reason != FallbackNone {
		return ProfileFallback, reason, nil
	}
	digest := r.Envelope.Digest()
	return ProfileAdmitted, FallbackNone, []string{CapabilityMixedDeterminism, "envelope:" + hexOf(digest[:8])}
}

// chooseScheduler picks the scheduler for a policy under a load.
func chooseScheduler(p Policy, l Pressure) Scheduler {
	const pressed = 7500
	_, most := p.Class.weights()
	switch {
	case l.ScarceGuards || l.Contention > 0 || l.FlowPressure >= pressed || l.LeakPressure >= pressed:
		return SchedulerPriorityAging
	case p.Class.heavy() || l.Weight >= most:
		return SchedulerProgressAware
	}
	return SchedulerRoundRobin
}
