package datalog

import (
	"math/bits"
	"strconv"
	"strings"
)

// Origin is a set of the places that a fact depends on: numbered blocks, and the authorizer. A fact
// is as trustworthy as the least trusted place in it, so a rule sees a fact only if it trusts all
// of them.
type Origin uint64

const (
	// MaxBlocks is how many blocks can be told apart: they are numbered from 0.
	MaxBlocks = 63
	// Authorizer is the origin of the deciding party's own facts.
	Authorizer Origin = 1 << MaxBlocks
)

// Block returns the origin of block i, 0 ≤ i < [MaxBlocks]; outside of that, the empty origin.
func Block(i int) Origin {
	if i < 0 || i >= MaxBlocks {
		return 0
	}
	return 1 << i
}

// BlocksBefore returns the origin of all blocks numbered less than i.
func BlocksBefore(i int) Origin { return 1<<min(max(i, 0), MaxBlocks) - 1 }

// Within reports whether every place of o is in trusted.
func (o Origin) Within(trusted Origin) bool { return o&^trusted == 0 }

// Blocks returns the numbers of the blocks in o, ascending; nil when there are none.
func (o Origin) Blocks() (blocks []int) {
	for rest := o &^ Authorizer; rest != 0; rest &= rest - 1 {
		blocks = append(blocks, bits.TrailingZeros64(uint64(rest)))
	}
	return blocks
}

// String returns the places in words: "authorizer, 0, 2".
func (o Origin) String() string {
	var parts []string
	if o&Authorizer != 0 {
		parts = append(parts, "authorizer")
	}
	for _, b := range o.Blocks() {
		parts = append(parts, strconv.Itoa(b))
	}
	return strings.Join(parts, ", ")
}
