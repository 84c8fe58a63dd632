package machine

import (
	"encoding/hex"
	"slices"

	"github.com/aura-runtime/aura"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// Hardening is the safety posture of a deployment. The numbers are append-only.
type Hardening uint8

// The postures. All of them keep the checks of the machine on.
const (
	// HardeningProduction: the policy as it is.
	HardeningProduction Hardening = 0
	// HardeningDevelopment: one step at a time, no replay checks, everything recorded.
	HardeningDevelopment Hardening = 1
	// HardeningIntegration: replay by sequence, the allow list of production.
	HardeningIntegration Hardening = 2
)

func (h Hardening) String() string {
	return named([]string{HardeningProduction: "prod", HardeningDevelopment: "dev", HardeningIntegration: "ci"}, uint8(h))
}

// ParseHardening returns the posture of a name. It returns aura.Invalid for one that there is not.
func ParseHardening(name string) (Hardening, error) {
	all := []Hardening{HardeningProduction, HardeningDevelopment, HardeningIntegration}
	i := slices.IndexFunc(all, func(h Hardening) bool { return h.String() == name })
	if i < 0 {
		return 0, aura.Errorf("machine.ParseHardening", aura.Invalid, "there is no posture %q, there are prod, dev and ci", name)
	}
	return all[i], nil
}

func (h Hardening) apply(p Policy) Policy {
	switch h {
	case HardeningDevelopment:
		p = p.canonical()
		p.Replay = ReplayOff
	case HardeningIntegration:
		p.Replay = ReplaySequence
	}
	return p
}

// Options returns the options of a machine under the posture: output allow list, guard layers, payloads of
// 256 KiB, and in development and integration a trace and a log that keep everything.
func (h Hardening) Options() Options {
	o := Options{
		Hardening:  h,
		Output:     HardenedOutput(),
		Payload:    PayloadStructural,
		MaxPayload: 256 << 10,
		Layers:     []Layer{{Name: "aura.guard.migration_lock"}, {Name: "aura.guard.high_value_protocol_slot"}},
	}
	if h != HardeningProduction {
		o.Trace, o.Log = NewTrace(0), NewLog(0)
	}
	return o
}

// Parity is a lane in which runtimes on different platforms must agree. The numbers are append-only.
type Parity uint8

// The lanes.
const (
	ParityNativeCooperative Parity = 1
	ParityWasmCooperative   Parity = 2
	ParityNativeThreaded    Parity = 3
)

func (p Parity) String() string {
	return named([]string{"none", ParityNativeCooperative: "native_cooperative", ParityWasmCooperative: "wasm_cooperative", ParityNativeThreaded: "native_threaded"}, uint8(p))
}

// apply gives a policy the settings of the lane. A policy that is wider than its lane allows is refused.
func (p Parity) apply(op aura.Op, policy Policy) (Policy, error) {
	switch p {
	case 0:
		return policy, nil
	case ParityNativeCooperative, ParityWasmCooperative:
		policy = policy.canonical()
		policy.Determinism, policy.Tier = DeterminismFull, TierStrict
		return policy, nil
	case ParityNativeThreaded:
		if policy.Schedule == SpreadBounded {
			return Policy{}, aura.Errorf(op, aura.Denied, "policy %s is too wide for the lane %s", policy.Ref, p)
		}
		policy.Determinism, policy.Tier = DeterminismModuloCommutativity, TierReplayDeterministic
		return policy, nil
	}
	return Policy{}, aura.Errorf(op, aura.Denied, "there is no lane %d", uint8(p))
}
