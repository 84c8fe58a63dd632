package machine

import (
	"encoding/hex"

	"github.com/aura-runtime/aura"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// Hardening is the safety posture of a deployment. The numbers are append-only.
type Hardening uint8

// The postures. All of them keep the checks of the machine on.
const (
	// Production: the policy as it is.
	Production Hardening = 0
	// Development: one step at a time, no replay checks, everything recorded.
	Development Hardening = 1
	// Integration: replay by sequence, the allow list of production.
	Integration Hardening = 2
)

func (h Hardening) String() string {
	return named([]string{Production: "prod", Development: "dev", Integration: "ci"}, uint8(h))
}

func (h Hardening) apply(p Policy) Policy {
	switch h {
	case Development:
		p = p.canonical()
		p.Replay = ReplayOff
	case Integration:
		p.Replay = ReplaySequence
	}
	return p
}

// Options returns the options of a machine under the posture: output allow list, guard layers, payloads of
// 256 KiB, and in development and integration a trace and a log that keep everything.
func (h Hardening) Options() Options {
	o := Options{
		Output:     HardenedOutput(),
		Payload:    Structural,
		MaxPayload: 256 << 10,
		Layers:     []Layer{{Name: "aura.guard.migration_lock"}, {Name: "aura.guard.high_value_protocol_slot"}},
	}
	if h != Production {
		o.Trace, o.Log = NewTrace(0), NewLog(0)
	}
	return o
}

// Parity is a lane in which runtimes on different platforms must agree. The numbers are append-only.
type Parity uint8

// The lanes.
const (
	NativeCooperative Parity = 1
	WasmCooperative   Parity = 2
	NativeThreaded    Parity = 3
)

func (p Parity) String() string {
	return named([]string{"none", NativeCooperative: "native_cooperative", WasmCooperative: "wasm_cooperative", NativeThreaded: "native_threaded"}, uint8(p))
}

// apply gives a policy the settings of the lane. A policy that is wider than its lane allows is refused.
func (p Parity) apply(op aura.Op, policy Policy) (Policy, error) {
	switch p {
	case 0:
		return policy, nil
	case NativeCooperative, WasmCooperative:
		policy = policy.canonical()
		policy.Determinism, policy.Tier = Full, Strict
		return policy, nil
	case NativeThreaded:
		if policy.Schedule == Bounded {
			return Policy{}, aura.Errorf(op, aura.Denied, "policy %s is too wide for the lane %s", policy.Ref, p)
		}
		policy.Determinism, policy.Tier = ModuloCommutativity, ReplayDeterministic
		return policy, nil
	}
	return Policy{}, aura.Errorf(op, aura.Denied, "there is no lane %d", uint8(p))
}
