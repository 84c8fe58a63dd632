package machine_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

func contracts(capabilities ...string) *machine.Contracts {
	return &machine.Contracts{
		Capabilities: capabilities,
		Modes:        []machine.Determinism{machine.DeterminismFull, machine.DeterminismReplayExact, machine.DeterminismModuloEffects, machine.DeterminismModuloCommutativity},
		Transport:    machine.Transport{RoleAddressed: true, AuthenticatedPeers: true, PerPeerFIFO: true, FailClosedUnknownRole: true, NoMessageSynthesis: true},
	}
}

func TestPoliciesDoNotContradictThemselves(t *testing.T) {
	for _, ref := range []string{"", "aura.vm.prod.default", "consensus_fallback", "aura.vm.consensus_fast_path.prod", "dkg_ceremony", "recovery_grant", "sync_anti_entropy"} {
		p, err := machine.PolicyFor(ref)
		if err != nil || p.Check() != nil {
			t.Errorf("%s: %v, %v", ref, err, p.Check())
		}
	}
	good, _ := machine.PolicyFor("")
	for name, change := range map[string]func(*machine.Policy){
		"full and loose":     func(p *machine.Policy) { p.Tier = machine.TierReplayDeterministic },
		"full and nullifier": func(p *machine.Policy) { p.Replay = machine.ReplayNullifier },
		"envelope and replay": func(p *machine.Policy) {
			p.Determinism, p.Tier = machine.DeterminismReplayExact, machine.TierEnvelopeBounded
		},
		"exact and wide": func(p *machine.Policy) { p.Width = 2 },
		"nothing":        func(p *machine.Policy) { *p = machine.Policy{} },
	} {
		p := good
		change(&p)
		if err := p.Check(); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAdmissionWidensOnEvidenceAlone(t *testing.T) {
	im := image(t, shop, nil)
	envelope := machine.Envelope{
		Schema: machine.EnvelopeSchema, Image: im.Digest(), Schedule: machine.SpreadReorders, Effects: machine.SpreadReorders, Failures: machine.SpreadExact,
		BaselineWidth: 1, CandidateWidth: 2, DeclaredWidth: 2, Tier: machine.TierReplayDeterministic,
	}
	wide := envelope
	wide.CandidateWidth = 3
	loose := envelope
	loose.Failures = machine.SpreadBounded
	other := envelope
	other.Image = image(t, pingPong, nil).Digest()
	base := machine.Request{
		Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy", DeterminismPolicyRef: "aura.vm.consensus_fallback.prod"},
		Contracts: contracts(machine.CapabilityMixedDeterminism), Envelope: &envelope, Integrity: machine.IntegritySealed,
	}
	for name, c := range map[string]struct {
		change func(*machine.Request)
		want   machine.Profile
		reason machine.FallbackReason
	}{
		"all there":    {func(*machine.Request) {}, machine.ProfileAdmitted, machine.FallbackNone},
		"no evidence":  {func(r *machine.Request) { r.Envelope = nil }, machine.ProfileFallback, machine.FallbackMissingEnvelope},
		"no contracts": {func(r *machine.Request) { r.Contracts = nil }, machine.ProfileFallback, machine.FallbackMissingCapability},
		"too wide":     {func(r *machine.Request) { r.Envelope = &wide }, machine.ProfileFallback, machine.FallbackEnvelopeTooWide},
		"not of it":    {func(r *machine.Request) { r.Envelope = &other }, machine.ProfileFallback, machine.FallbackEnvelopeMismatch},
		"failures":     {func(r *machine.Request) { r.Envelope = &loose }, machine.ProfileFallback, machine.FallbackEnvelopeMismatch},
		"no mode":      {func(r *machine.Request) { r.Contracts.Modes = nil }, machine.ProfileFallback, machine.FallbackUnsupportedProfile},
		"development":  {func(r *machine.Request) { r.Hardening = machine.HardeningDevelopment }, machine.ProfileCanonical, machine.FallbackNone},
		"exact policy": {func(r *machine.Request) { r.Manifest.DeterminismPolicyRef = "" }, machine.ProfileCanonical, machine.FallbackNone},
	} {
		t.Run(name, func(t *testing.T) {
			r := base
			r.Contracts = contracts(machine.CapabilityMixedDeterminism)
			c.change(&r)
			a, err := machine.Admit(r)
			if err != nil {
				t.Fatal(err)
			}
			width := 1
			if c.want == machine.ProfileAdmitted {
				width = 2
			}
			if a.Profile() != c.want || a.Reason() != c.reason || a.Width() != width || (len(a.Evidence()) > 0) != (width > 1) {
				t.Fatalf("%s, %s, width %d, evidence %v", a.Profile(), a.Reason(), a.Width(), a.Evidence())
			}
		})
	}
}

func TestAdmissionRefusesWhatMayNotBeMissing(t *testing.T) {
	for name, change := range map[string]func(*machine.Request){
		"image":      func(r *machine.Request) { r.Image = nil },
		"protocol":   func(r *machine.Request) { r.Image = image(t, pingPong, nil) },
		"integrity":  func(r *machine.Request) { r.Integrity = 0 },
		"policy":     func(r *machine.Request) { r.Manifest.DeterminismPolicyRef = "aura.vm.unknown" },
		"capability": func(r *machine.Request) { r.Manifest.RequiredCapabilities = []string{"byzantine_envelope"} },
		"pack":       func(r *machine.Request) { r.Manifest.RequiredTheoremPacks = []string{"Safety"} },
		"transport": func(r *machine.Request) {
			r.Manifest.TheoremPacks, r.Manifest.RequiredTheoremPacks = []choreo.ProofBundle{{Name: "Safety"}}, []string{"Safety"}
			r.Contracts.Transport.PerPeerFIFO = false
		},
		"class": func(r *machine.Request) {
			r.Manifest.ProtocolID, r.Manifest.DeterminismPolicyRef = "aura.consensus", "recovery_grant"
		},
		"scheduler": func(r *machine.Request) { r.Scheduler = machine.SchedulerPriorityFixed },
		"lane": func(r *machine.Request) {
			r.Manifest.DeterminismPolicyRef, r.Parity = "sync_anti_entropy", machine.ParityNativeThreaded
		},
	} {
		r := machine.Request{
			Image: image(t, shop, nil), Manifest: choreo.Manifest{QualifiedName: "Buy"}, Contracts: contracts(), Integrity: machine.IntegrityBare,
		}
		change(&r)
		if a, err := machine.Admit(r); !errors.Is(err, aura.Denied) || a.Granted() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchedulersFollowThePressure(t *testing.T) {
	for name, c := range map[string]struct {
		ref  string
		load machine.Pressure
		want machine.Scheduler
	}{
		"idle":     {"", machine.Pressure{}, machine.SchedulerRoundRobin},
		"guards":   {"", machine.Pressure{ScarceGuards: true}, machine.SchedulerPriorityAging},
		"flow":     {"dkg_ceremony", machine.Pressure{FlowPressure: 7500}, machine.SchedulerPriorityAging},
		"heavy":    {"dkg_ceremony", machine.Pressure{}, machine.SchedulerProgressAware},
		"weighted": {"", machine.Pressure{Weight: 70}, machine.SchedulerProgressAware},
	} {
		im := image(t, shop, nil)
		a, err := machine.Admit(machine.Request{Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy", DeterminismPolicyRef: c.ref}, Integrity: machine.IntegrityBare, Load: c.load})
		if err != nil || a.Scheduler() != c.want {
			t.Errorf("%s: %s, %v", name, a.Scheduler(), err)
		}
	}
}

func TestTerminationBudgetsOfTheClasses(t *testing.T) {
	for class, want := range map[machine.Class][4]uint64{ // weights and steps
		machine.ClassConsensusFastPath: {16, 40, 24, 60}, machine.ClassConsensusFallback: {80, 140, 144, 252},
		machine.ClassSyncAntiEntropy: {420, 600, 756, 1080}, machine.ClassDkgCeremony: {160, 260, 256, 416}, machine.ClassRecoveryGrant: {40, 70, 68, 119},
	} {
		least, most := machine.TerminationBudget(class, want[0], 0, 0), machine.TerminationBudget(class, want[1], 0, 0)
		if least.Steps != want[2] || most.Steps != want[3] || !class.Expects(want[0]) || class.Expects(want[1]+1) {
			t.Errorf("%s: %d to %d steps", class, least.Steps, most.Steps)
		}
	}
	b := machine.TerminationBudget(machine.ClassRecoveryGrant, 100, 5, 50)
	if b.Steps != 50 || b.Spend(40) != nil || b.Low() || b.Spend(1) != nil || !b.Low() {
		t.Fatal(b)
	}
	if err := b.Spend(10); !errors.Is(err, aura.Exhausted) || b.Used != 41 {
		t.Fatal(err, b)
	}
	if huge := machine.TerminationBudget(machine.ClassRecoveryGrant, ^uint64(0), 20, 0); huge.Steps != ^uint64(0) {
		t.Fatal(huge)
	}
}
