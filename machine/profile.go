package machine

import "strconv"

// named returns the name of an enumerated value.
func named(names []string, i uint8) string {
	if int(i) < len(names) && names[i] != "" {
		return names[i]
	}
	return "unknown " + strconv.Itoa(int(i))
}

// Integrity is how values are protected on their way through a session. It is resolved at admission and
// written in the trace when a session opens.
type Integrity uint8

// The integrity profiles.
const (
	// Bare: values never leave this process, or came in by a verified envelope. They have sequence numbers.
	Bare Integrity = 1
	// Sealed: every value has a keyed MAC; each edge has an authentication tree and a chain of consumed
	// identities; output digests are real.
	Sealed Integrity = 2
	// Signed: sealed, and a value that crosses to another authority has an Ed25519 signature.
	Signed Integrity = 3
)

func (i Integrity) String() string {
	return named([]string{Bare: "bare", Sealed: "sealed", Signed: "signed"}, uint8(i))
}

// Determinism says when two runs count as the same. See [Equivalent].
type Determinism uint8

// The determinism modes, strictest first.
const (
	Full                Determinism = 1
	ReplayExact         Determinism = 2
	ModuloEffects       Determinism = 3
	ModuloCommutativity Determinism = 4
)

func (d Determinism) String() string {
	return named([]string{Full: "full", ReplayExact: "replay", ModuloEffects: "modulo_effects", ModuloCommutativity: "modulo_commutativity"}, uint8(d))
}

// Tier says how far effects may differ between runs.
type Tier uint8

// The effect determinism tiers.
const (
	Strict              Tier = 1
	ReplayDeterministic Tier = 2
	EnvelopeBounded     Tier = 3
)

func (t Tier) String() string {
	return named([]string{Strict: "strict_deterministic", ReplayDeterministic: "replay_deterministic",
		EnvelopeBounded: "envelope_bounded_nondeterministic"}, uint8(t))
}

// ReplayMode says which messages count as seen before.
type ReplayMode uint8

// The communication replay modes.
const (
	// ReplayOff checks nothing.
	ReplayOff ReplayMode = 0
	// ReplaySequence demands exactly the next number of the edge.
	ReplaySequence ReplayMode = 1
	// ReplayNullifier refuses an identity that was consumed, and one older than the last 64 of its edge.
	ReplayNullifier ReplayMode = 2
)

func (r ReplayMode) String() string {
	return named([]string{ReplayOff: "off", ReplaySequence: "sequence", ReplayNullifier: "nullifier"}, uint8(r))
}

// Scheduler says which ready role is next. Whatever it picks, a step means the same.
type Scheduler uint8

// The schedulers. All take equals in the order in which they became ready.
const (
	Cooperative Scheduler = 1
	RoundRobin  Scheduler = 2
	// ProgressAware prefers roles that hold a progress token: those for whom a message waits.
	ProgressAware Scheduler = 3
	// PriorityFixed prefers roles of a higher priority, given by [Opening] or [Machine.SetPriority].
	PriorityFixed Scheduler = 4
	// PriorityAging prefers who has been ready longest.
	PriorityAging Scheduler = 5
	// PriorityToken prefers token holders, then who has been ready longest.
	PriorityToken Scheduler = 6
)

func (s Scheduler) String() string {
	return named([]string{Cooperative: "cooperative", RoundRobin: "round_robin", ProgressAware: "progress_aware",
		PriorityFixed: "priority_fixed", PriorityAging: "priority_aging", PriorityToken: "priority_token_weighted"}, uint8(s))
}

// order maps schedulers to what they do: in the order of becoming ready, token holders first, by priority.
// Those that do the same may stand in for each other.
func (s Scheduler) order() uint8 {
	switch s {
	case ProgressAware, PriorityToken:
		return 2
	case PriorityFixed:
		return 3
	}
	return 1
}

// fifo reports whether the order in which roles become ready is all that counts.
func (s Scheduler) fifo() bool { return s.order() == 1 }

// Profile is how wide execution may be.
type Profile uint8

// The concurrency profiles.
const (
	// Canonical: one step at a time, the reference.
	Canonical Profile = 1
	// Admitted: waves within the envelope that evidence admitted.
	Admitted Profile = 2
	// Fallback: canonical, because admission of something wider failed; the reason is recorded.
	Fallback Profile = 3
)

func (p Profile) String() string {
	return named([]string{Canonical: "canonical", Admitted: "envelope_admitted", Fallback: "fallback"}, uint8(p))
}

// FallbackReason says why execution is canonical where something wider was asked for.
type FallbackReason uint8

// The reasons of a fallback; the first ones at admission, the last ones for a single wave.
const (
	NoFallback          FallbackReason = 0
	MissingCapability   FallbackReason = 1
	MissingEnvelope     FallbackReason = 2
	EnvelopeTooWide     FallbackReason = 3
	EnvelopeMismatch    FallbackReason = 4
	UnsupportedProfile  FallbackReason = 5
	WaveStale           FallbackReason = 16
	WaveNotPrepared     FallbackReason = 17
	WaveOverlap         FallbackReason = 18
	WaveNotReady        FallbackReason = 19
	WaveWiderThanBudget FallbackReason = 20
)

func (f FallbackReason) String() string {
	return named([]string{NoFallback: "none", MissingCapability: "missing_capability", MissingEnvelope: "missing_envelope",
		EnvelopeTooWide: "envelope_too_wide", EnvelopeMismatch: "envelope_mismatch", UnsupportedProfile: "unsupported_profile",
		WaveStale: "wave_stale", WaveNotPrepared: "wave_not_prepared", WaveOverlap: "wave_overlap",
		WaveNotReady: "wave_not_ready", WaveWiderThanBudget: "wave_too_wide"}, uint8(f))
}

// SessionStatus is where a session is in its life.
type SessionStatus uint8

// The statuses. All but SessionActive and SessionDraining are final.
const (
	SessionActive SessionStatus = 1
	// SessionDraining: all its roles here are done, and messages wait to be taken out.
	SessionDraining  SessionStatus = 2
	SessionClosed    SessionStatus = 3
	SessionCancelled SessionStatus = 4
	SessionAborted   SessionStatus = 5
	SessionFaulted   SessionStatus = 6
)

func (s SessionStatus) String() string {
	return named([]string{SessionActive: "active", SessionDraining: "draining", SessionClosed: "closed",
		SessionCancelled: "cancelled", SessionAborted: "aborted", SessionFaulted: "faulted"}, uint8(s))
}

// Terminal reports whether nothing more will happen in the session.
func (s SessionStatus) Terminal() bool { return s > SessionDraining }
