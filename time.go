package aura

import (
	"bytes"
	"encoding/hex"
	"time"
)

// Duration is an elapsed time in nanoseconds. It is the standard type so that literals read
// as usual (5 * time.Millisecond); nothing here reads a clock.
type Duration = time.Duration

// Time in Aura has four domains, each with its own type, so that the compiler keeps them apart:
// [Physical], [Logical], [OrderToken] and [Range]. A comparison across domains goes through
// [ComparePhysical] with a named [Policy]. The fact that carries an instant says whether a peer attested it.

// Instant is a wall-clock reading: nanoseconds since 1970-01-01 UTC.
type Instant int64

// Add returns the instant d later.
func (t Instant) Add(d Duration) Instant { return t + Instant(d) }

// Sub returns the time from u to t.
func (t Instant) Sub(u Instant) Duration { return Duration(t - u) }

// Std returns the instant as a standard time in UTC, for display.
func (t Instant) Std() time.Time { return time.Unix(0, int64(t)).UTC() }

// Physical is wall-clock time with the most that it may be wrong, in either direction.
type Physical struct {
	At          Instant
	Uncertainty Duration
}

// Logical is causal time: a fact that saw another has a greater value (Lamport 1978). Equal or
// ordered values of unrelated facts say nothing.
type Logical uint64

// Tick returns the successor of the greater of the two, the rule for a local event after seeing o.
func (l Logical) Tick(o Logical) Logical { return max(l, o) + 1 }

// OrderToken is a place in a total order that does not reveal when something happened.
type OrderToken [16]byte

// Compare orders tokens by their bytes.
func (o OrderToken) Compare(p OrderToken) int { return bytes.Compare(o[:], p[:]) }

// String returns the token in hexadecimal.
func (o OrderToken) String() string { return hex.EncodeToString(o[:]) }

// Range is an interval that certainly holds the instant: Earliest ≤ instant ≤ Latest.
type Range struct{ Earliest, Latest Instant }

// Policy names how two uncertain instants are compared.
type Policy uint8

// The comparison policies.
const (
	// PolicyMidpoint compares the readings and ignores the uncertainty: for display.
	PolicyMidpoint Policy = 1
	// PolicyCertain orders two instants only when their intervals do not overlap: for decisions.
	PolicyCertain Policy = 2
)

// Range returns the interval that a physical reading spans.
func (p Physical) Range() Range {
	return Range{Earliest: p.At.Add(-p.Uncertainty), Latest: p.At.Add(p.Uncertainty)}
}

// ComparePhysical orders a and b under a policy: -1, 0 or 1, and whether the answer is certain. Under
// [PolicyCertain], overlapping intervals return (0, false).
func ComparePhysical(policy Policy, a, b Physical) (order int, certain bool) {
	if policy == PolicyMidpoint {
		return compare(a.At, b.At), true
	}
	ra, rb := a.Range(), b.Range()
	switch {
	case ra.Latest < rb.Earliest:
		return -1, true
	case rb.Latest < ra.Earliest:
		return 1, true
	}
	return 0, false
}

func compare(a, b Instant) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
