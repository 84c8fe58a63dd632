package machine

import (
	"strings"

	"github.com/aura-runtime/aura"
)

// Policy is how protocols of a class are executed. The references are those of manifests.
type Policy struct {
	Ref   string
	Class Class
	// Schedule is how far the order of steps may be from the canonical one, and Width how many steps may
	// be taken at once.
	Schedule    Spread
	Width       int
	Determinism Determinism
	Tier        Tier
	Replay      ReplayMode
}

// policies is the table of production policies.
var policies = [...]Policy{
	{"aura.vm.prod.default", ClassRecoveryGrant, SpreadExact, 1, DeterminismFull, TierStrict, ReplaySequence},
	{"aura.vm.consensus_fallback.prod", ClassConsensusFallback, SpreadReorders, 2, DeterminismModuloCommutativity, TierReplayDeterministic, ReplaySequence},
	{"aura.vm.consensus_fast_path.prod", ClassConsensusFastPath, SpreadExact, 1, DeterminismFull, TierStrict, ReplaySequence},
	{"aura.vm.dkg_ceremony.prod", ClassDkgCeremony, SpreadReorders, 2, DeterminismReplayExact, TierReplayDeterministic, ReplaySequence},
	{"aura.vm.recovery_grant.prod", ClassRecoveryGrant, SpreadExact, 1, DeterminismFull, TierStrict, ReplaySequence},
	{"aura.vm.sync_anti_entropy.prod", ClassSyncAntiEntropy, SpreadBounded, 4, DeterminismModuloEffects, TierEnvelopeBounded, ReplaySequence},
}

// PolicyFor returns the policy of a reference such as "aura.vm.consensus_fallback.prod", which may be
// written without its prefix or its suffix; "" is the default. It returns aura.NotFound for any other.
func PolicyFor(ref string) (Policy, error) {
	want := strings.TrimSuffix(strings.TrimPrefix(ref, "aura.vm."), ".prod")
	if want == "" {
		return policies[0], nil
	}
	for _, p := range policies {
		if strings.TrimSuffix(strings.TrimPrefix(p.Ref, "aura.vm."), ".prod") == want {
			return p, nil
		}
	}
	return Policy{}, aura.Errorf("machine.PolicyFor", aura.NotFound, "no execution policy is called %q", ref)
}

// ClassOf returns the class of a protocol id, and false for one that may have any policy.
func ClassOf(protocolID string) (Class, bool) {
	switch protocolID {
	case "aura.consensus":
		return ClassConsensusFallback, true
	case "aura.dkg.ceremony":
		return ClassDkgCeremony, true
	case "aura.recovery.grant", "aura.sync.ota_activation":
		return ClassRecoveryGrant, true
	case "aura.sync.epoch_rotation":
		return ClassSyncAntiEntropy, true
	}
	return 0, false
}

// Check refuses a policy whose parts contradict each other: full determinism needs the strict tier and no
// nullifiers, the envelope tier a mode that allows for effects, and nothing wide is exact.
func (p Policy) Check() error {
	const op = "machine.Policy"
	bad := func(why string) error { return aura.Errorf(op, aura.Invalid, "policy %s: %s", p.Ref, why) }
	switch {
	case p.Determinism < DeterminismFull || p.Determinism > DeterminismModuloCommutativity || p.Tier < TierStrict || p.Tier > TierEnvelopeBounded ||
		p.Schedule < SpreadExact || p.Schedule > SpreadBounded || p.Replay > ReplayNullifier:
		return bad("a part of it is missing")
	case p.Determinism == DeterminismFull && p.Tier != TierStrict:
		return bad("full determinism needs the strict tier")
	case p.Determinism == DeterminismFull && p.Replay == ReplayNullifier:
		return bad("full determinism does not go with nullifiers")
	case p.Tier == TierEnvelopeBounded && p.Determinism != DeterminismModuloEffects && p.Determinism != DeterminismModuloCommutativity:
		return bad("the envelope tier needs a modulo mode")
	case p.Width < 1 || p.Width > maxWave:
		return bad("no machine is that wide")
	case p.Width > 1 && p.Schedule == SpreadExact:
		return bad("an exact schedule is one step wide")
	}
	return nil
}

// canonical is the policy for the case that nothing wider is admitted.
func (p Policy) canonical() Policy {
	p.Schedule, p.Width = SpreadExact, 1
	return p
}
