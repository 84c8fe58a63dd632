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
		Modes:        []machine.Determinism{machine.Full, machine.ReplayExact, machine.ModuloEffects, machine.ModuloCommutativity},
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
		"full and loose":      func(p *machine.Policy) { p.Tier = machine.ReplayDeterministic },
		"full and nullifier":  func(p *machine.Policy) { p.Replay = machine.ReplayNullifier },
		"envelope and replay": func(p *machine.Policy) { p.Determinism, p.Tier = machine.ReplayExact, machine.EnvelopeBounded },
		"exact and wide":      func(p *machine.Policy) { p.Width = 2 },
		"nothing":             func(p *machine.Policy) { *p = machine.Policy{} },
	} {
		p := good
		change(&p)
		if err := p.Check(); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAdmissionWidensOnEvidenceAlone(t *testing.T) {
	envelope := machine.Envelope{
		Schema: machine.EnvelopeSchema, Schedule: machine.Reorders, Effects: machine.Reorders, Failures: machine.Exact,
		BaselineWidth: 1, CandidateWidth: 2, DeclaredWidth: 2, Tier: machine.ReplayDeterministic,
	}
	wide := envelope
	wide.CandidateWidth = 3
	loose := envelope
	loose.Failures = machine.Bounded
	base := machine.Request{
		Manifest:  choreo.Manifest{QualifiedName: "test.P", DeterminismPolicyRef: "aura.vm.consensus_fallback.prod"},
		Contracts: contracts(machine.CapabilityMixedDeterminism), Envelope: &envelope, Integrity: machine.Sealed,
	}
	for name, c := range map[string]struct {
		change func(*machine.Request)
		want   machine.Profile
		reason machine.FallbackReason
	}{
		"all there":    {func(*machine.Request) {}, machine.Admitted, machine.NoFallback},
		"no evidence":  {func(r *machine.Request) { r.Envelope = nil }, machine.Fallback, machine.MissingEnvelope},
		"no contracts": {func(r *machine.Request) { r.Contracts = nil }, machine.Fallback, machine.MissingCapability},
		"too wide":     {func(r *machine.Request) { r.Envelope = &wide }, machine.Fallback, machine.EnvelopeTooWide},
		"failures":     {func(r *machine.Request) { r.Envelope = &loose }, machine.Fallback, machine.EnvelopeMismatch},
		"no mode":      {func(r *machine.Request) { r.Contracts.Modes = nil }, machine.Fallback, machine.UnsupportedProfile},
		"development":  {func(r *machine.Request) { r.Hardening = machine.Development }, machine.Canonical, machine.NoFallback},
		"exact policy": {func(r *machine.Request) { r.Manifest.DeterminismPolicyRef = "" }, machine.Canonical, machine.NoFallback},
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
			if c.want == machine.Admitted {
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
		"scheduler": func(r *machine.Request) { r.Scheduler = machine.PriorityFixed },
		"lane": func(r *machine.Request) {
			r.Manifest.DeterminismPolicyRef, r.Parity = "sync_anti_entropy", machine.NativeThreaded
		},
	} {
		r := machine.Request{Manifest: choreo.Manifest{QualifiedName: "test.P"}, Contracts: contracts(), Integrity: machine.Bare}
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
		"idle":     {"", machine.Pressure{}, machine.RoundRobin},
		"guards":   {"", machine.Pressure{ScarceGuards: true}, machine.PriorityAging},
		"flow":     {"dkg_ceremony", machine.Pressure{FlowPressure: 7500}, machine.PriorityAging},
		"heavy":    {"dkg_ceremony", machine.Pressure{}, machine.ProgressAware},
		"weighted": {"", machine.Pressure{Weight: 70}, machine.ProgressAware},
	} {
		a, err := machine.Admit(machine.Request{Manifest: choreo.Manifest{DeterminismPolicyRef: c.ref}, Integrity: machine.Bare, Load: c.load})
		if err != nil || a.Scheduler() != c.want {
			t.Errorf("%s: %s, %v", name, a.Scheduler(), err)
		}
	}
}

func TestTerminationBudgetsOfTheClasses(t *testing.T) {
	for class, want := range map[machine.Class][4]uint64{ // weights and steps
		machine.ConsensusFastPath: {16, 40, 24, 60}, machine.ConsensusFallback: {80, 140, 144, 252},
		machine.SyncAntiEntropy: {420, 600, 756, 1080}, machine.DkgCeremony: {160, 260, 256, 416}, machine.RecoveryGrant: {40, 70, 68, 119},
	} {
		least, most := machine.TerminationBudget(class, want[0], 0, 0), machine.TerminationBudget(class, want[1], 0, 0)
		if least.Steps != want[2] || most.Steps != want[3] || !class.Expects(want[0]) || class.Expects(want[1]+1) {
			t.Errorf("%s: %d to %d steps", class, least.Steps, most.Steps)
		}
	}
	b := machine.TerminationBudget(machine.RecoveryGrant, 100, 5, 50)
	if b.Steps != 50 || b.Spend(40) != nil || b.Low() || b.Spend(1) != nil || !b.Low() {
		t.Fatal(b)
	}
	if err := b.Spend(10); !errors.Is(err, aura.Exhausted) || b.Used != 41 {
		t.Fatal(err, b)
	}
	if huge := machine.TerminationBudget(machine.RecoveryGrant, ^uint64(0), 20, 0); huge.Steps != ^uint64(0) {
		t.Fatal(huge)
	}
}
