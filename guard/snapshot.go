package guard

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// Snapshot is every stable datum that a guard may inspect. It is prepared immediately before the
// evaluation and only read by it.
type Snapshot struct {
	// Now is the wall clock at preparation.
	Now aura.Physical
	// Caps are the capabilities of the acting authority in the context.
	Caps Frontier
	// Budgets has one entry per recipient, ascending by Peer. A recipient without an entry is denied.
	Budgets []Headroom
	// Leakage is the context's leakage budget.
	Leakage LeakView
	// Metadata holds the values that the request's Needs name.
	Metadata MetadataView
	// Last is the number of the newest own fact in the context; 0: none.
	Last uint64
	// Seed is the decision's randomness. Nonces derive from it.
	Seed [32]byte
}

// Headroom returns the index of the peer's budget in Budgets, or -1.
func (s *Snapshot) Headroom(peer aura.AuthorityID) int {
	lo, hi := 0, len(s.Budgets)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch s.Budgets[mid].Peer.Compare(peer) {
		case 0:
			return mid
		case -1:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return -1
}

// MetadataView is metadata in ascending order of keys, at most one value each.
type MetadataView []Meta

// Lookup returns the value under key and whether there is one.
func (v MetadataView) Lookup(key string) ([]byte, bool) {
	i, found := slices.BinarySearchFunc(v, key, func(m Meta, k string) int { return strings.Compare(m.Key, k) })
	if !found {
		return nil, false
	}
	return v[i].Value, true
}
