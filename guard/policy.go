package guard

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Policy is a context's limits. The zero value permits nothing.
type Policy struct {
	// Limit is the flow budget per peer and epoch, in units.
	Limit uint64
	// EpochLength is the length of an epoch; budgets reset when it turns. Zero or less denies.
	EpochLength aura.Duration
	// Leak is the leakage budget per observer class and epoch; the index is the [fact.Observer].
	Leak [fact.Observers]LeakLimit
	// Own says that the context is that of the owner's own devices, none of which has a share: see [OwnPolicy].
	Own bool `cbor:"-"`
}

// LeakLimit is one leakage budget. The zero value is undefined, which denies any leakage.
type LeakLimit struct {
	Defined bool
	Bits    uint64
}

const (
	// costUnit is how many bytes one unit of flow budget carries beyond the first unit.
	costUnit = 4096

	defaultLimit  = 65536
	defaultEpoch  = time.Hour
	defaultLeak   = defaultLimit * 16 // the flow budget of texts runs out first
	maxCost       = 1<<32 - 1
	maxEpochIndex = 1<<63 - 1
)

// DefaultPolicy returns the limits of a context without a policy fact: 65,536 units per peer and hour,
// and leakage budgets that the flow budget of ordinary texts never exhausts. Leakage to custody is
// left undefined: a peer keeps envelopes for others only by an agreement.
func DefaultPolicy() Policy {
	p := Policy{Limit: defaultLimit, EpochLength: defaultEpoch}
	for _, o := range []fact.Observer{fact.ObserverRelationship, fact.ObserverGroup, fact.ObserverNeighbour, fact.ObserverExternal} {
		p.Leak[o] = LeakLimit{Defined: true, Bits: defaultLeak}
	}
	return p
}

// ownLimit is the limit in the context of the owner's own devices: messages there are counted, and never denied for their amount.
const ownLimit = 1 << 40

// OwnPolicy returns the limits of the context in which the owner's own devices meet, with the epochs of a policy. A device whose share of other
// budgets is small, or nothing, must hear of everything all the same.
func OwnPolicy(p Policy) Policy {
	own := Policy{Limit: ownLimit, EpochLength: p.EpochLength, Own: true}
	for o := range own.Leak {
		own.Leak[o] = LeakLimit{Defined: true, Bits: ownLimit}
	}
	return own
}

// shared returns the share of a device in the limits.
func (p *Policy) shared(s Share) Share {
	if p.Own {
		return WholeShare
	}
	return s
}

// CostOf returns the price of sending bytes: one unit, and one more for each full 4,096 bytes.
func CostOf(bytes int) aura.FlowCost {
	cost := 1 + uint64(max(bytes, 0))/costUnit
	return aura.FlowCost(min(cost, maxCost))
}

// EpochAt returns the epoch that the clock proposes. Epochs count from 1970 in steps of the policy's
// length; an instant before 1970 or a policy without a length gives epoch 0.
func EpochAt(p Policy, now aura.Physical) aura.Epoch {
	if p.EpochLength <= 0 || now.At <= 0 {
		return 0
	}
	return aura.Epoch(uint64(now.At) / uint64(p.EpochLength))
}

// NextEpoch returns the instant at which the epoch after e begins: when a waiting run is decided anew.
// It returns the latest instant there is when the policy has no length or e is beyond the calendar.
func NextEpoch(p Policy, e aura.Epoch) aura.Instant {
	if p.EpochLength <= 0 || uint64(e) >= maxEpochIndex/uint64(p.EpochLength) {
		return maxEpochIndex
	}
	return aura.Instant((uint64(e) + 1) * uint64(p.EpochLength))
}
