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
	// IntegrityBare: values never leave this process, or came in by a verified envelope. They have sequence numbers.
	IntegrityBare Integrity = 1
	// IntegritySealed: every value has a keyed MAC; each edge has an authentication tree and a chain of consumed
	// identities; output digests are real.
	IntegritySealed Integrity = 2
	// IntegritySigned: sealed, and a value that crosses to another authority has an Ed25519 signature.
	IntegritySigned Integrity = 3
)

func (i Integrity) String() string {
	return named([]string{IntegrityBare: "bare", IntegritySealed: "sealed", IntegritySigned: "signed"}, uint8(i))
}

// Determinism says when two runs count as the same. See [Equivalent].
type Determinism uint8

// The determinism modes, strictest first.
const (
	DeterminismFull                Determinism = 1
	DeterminismReplayExact         Determinism = 2
	DeterminismModuloEffects       Determinism = 3
	DeterminismModuloCommutativity Determinism = 4
)

func (d Determinism) String() string {
	return named([]string{DeterminismFull: "full", DeterminismReplayExact: "replay", DeterminismModuloEffects: "modulo_effects", DeterminismModuloCommutativity: "modulo_commutativity"}, uint8(d))
}

// Tier says how far effects may differ between runs.
type Tier uint8

// The effect determinism tiers.
const (
	TierStrict              Tier = 1
	TierReplayDeterministic Tier = 2
	TierEnvelopeBounded     Tier = 3
)

func (t Tier) String() string {
	return named([]string{TierStrict: "strict_deterministic", TierReplayDeterministic: "replay_deterministic",
		TierEnvelopeBounded: "envelope_bounded_nondeterministic"}, uint8(t))
}

// ReplayMode says which messages count as seen before.
type ReplayMode uint8

// The communication replay modes.
const (
	// ReplayOff checks nothing inside of the machine. Messages from outside are good once in every mode.
	ReplayOff ReplayMode = 0
	// ReplaySequence demands exactly the next number of the edge.
	ReplaySequence ReplayMode = 1
	// ReplayNullifier refuses an identity that was consumed, and one older than the last 64 of its edge.
	ReplayNullifier ReplayMode = 2
)

func (r ReplayMode) String() string {
	return named([]string{ReplayOff: "off", ReplaySequence: "sequence", ReplayNullifier: "nullifier"}, uint8(r))
}

// Scheduler decides which ready role is next. The meaning of a step does not depend on it.
type Scheduler uint8

// The schedulers. All take equals in the order in which they became ready.
const (
	SchedulerCooperative Scheduler = 1
	SchedulerRoundRobin  Scheduler = 2
	// SchedulerProgressAware prefers roles that hold a progress token: those for whom a message waits.
	SchedulerProgressAware Scheduler = 3
	// SchedulerPriorityFixed prefers roles of a higher priority, given by [Opening] or [Machine.SetPriority].
	SchedulerPriorityFixed Scheduler = 4
	// SchedulerPriorityAging prefers the role that has been ready longest.
	SchedulerPriorityAging Scheduler = 5
	// SchedulerPriorityToken prefers token holders, then the role that has been ready longest.
	SchedulerPriorityToken Scheduler = 6
)

func (s Scheduler) String() string {
	return named([]string{SchedulerCooperative: "cooperative", SchedulerRoundRobin: "round_robin", SchedulerProgressAware: "progress_aware",
		SchedulerPriorityFixed: "priority_fixed", SchedulerPriorityAging: "priority_aging", SchedulerPriorityToken: "priority_token_weighted"}, uint8(s))
}

// order maps schedulers to their order: in the order of becoming ready, token holders first, by priority.
// Those that do the same may stand in for each other.
func (s Scheduler) order() uint8 {
	switch s {
	case SchedulerProgressAware, SchedulerPriorityToken:
		return 2
	case SchedulerPriorityFixed:
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
	// ProfileCanonical: one step at a time, the reference.
	ProfileCanonical Profile = 1
	// ProfileAdmitted: waves within the envelope that evidence admitted.
	ProfileAdmitted Profile = 2
	// ProfileFallback: canonical, because admission of something wider failed; the reason is recorded.
	ProfileFallback Profile = 3
)

func (p Profile) String() string {
	return named([]string{ProfileCanonical: "canonical", ProfileAdmitted: "envelope_admitted", ProfileFallback: "fallback"}, uint8(p))
}

// FallbackReason says why execution is canonical where something wider was asked for.
type FallbackReason uint8

// The reasons of a fallback; the first ones at admission, the last ones for a single wave.
const (
	FallbackNone                FallbackReason = 0
	FallbackMissingCapability   FallbackReason = 1
	FallbackMissingEnvelope     FallbackReason = 2
	FallbackEnvelopeTooWide     FallbackReason = 3
	FallbackEnvelopeMismatch    FallbackReason = 4
	FallbackUnsupportedProfile  FallbackReason = 5
	FallbackWaveStale           FallbackReason = 16
	FallbackWaveNotPrepared     FallbackReason = 17
	FallbackWaveOverlap         FallbackReason = 18
	FallbackWaveNotReady        FallbackReason = 19
	FallbackWaveWiderThanBudget FallbackReason = 20
)

func (f FallbackReason) String() string {
	return named([]string{FallbackNone: "none", FallbackMissingCapability: "missing_capability", FallbackMissingEnvelope: "missing_envelope",
		FallbackEnvelopeTooWide: "envelope_too_wide", FallbackEnvelopeMismatch: "envelope_mismatch", FallbackUnsupportedProfile: "unsupported_profile",
		FallbackWaveStale: "wave_stale", FallbackWaveNotPrepared: "wave_not_prepared", FallbackWaveOverlap: "wave_overlap",
		FallbackWaveNotReady: "wave_not_ready", FallbackWaveWiderThanBudget: "wave_too_wide"}, uint8(f))
}

// SessionStatus is where a session is in its life.
//
//	active ──▶ draining ──▶ closed
//	   │           ├──────▶ cancelled
//	   │           ├──────▶ aborted
//	   │           ├──────▶ delegated
//	   └───────────┴──────▶ faulted
//
// An active session without waiting messages is closed at once. The last five are final.
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
	// SessionDelegated: it goes on in another machine, see [Machine.Depart].
	SessionDelegated SessionStatus = 7
)

func (s SessionStatus) String() string {
	return named([]string{SessionActive: "active", SessionDraining: "draining", SessionClosed: "closed",
		SessionCancelled: "cancelled", SessionAborted: "aborted", SessionFaulted: "faulted", SessionDelegated: "delegated"}, uint8(s))
}

// Terminal reports whether nothing more will happen in the session.
func (s SessionStatus) Terminal() bool { return s > SessionDraining }
