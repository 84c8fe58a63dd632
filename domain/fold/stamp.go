package fold

import (
	"bytes"
	"cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Stamp is a fact's place in the order that all readers share: causal time, then the order token,
// then the identifier. It agrees with [fact.Compare].
type Stamp struct {
	Logical aura.Logical    `cbor:"1,keyasint"`
	Order   aura.OrderToken `cbor:"2,keyasint"`
	ID      aura.FactID     `cbor:"3,keyasint"`
}

// Of returns the stamp of a record.
func Of(r *fact.Record) Stamp {
	return Stamp{Logical: r.Fact.Logical, Order: r.Fact.Order, ID: r.ID}
}

// Compare returns -1, 0 or 1. Zero means the same fact.
func (s Stamp) Compare(o Stamp) int {
	return cmp.Or(
		cmp.Compare(s.Logical, o.Logical),
		bytes.Compare(s.Order[:], o.Order[:]),
		bytes.Compare(s.ID[:], o.ID[:]),
	)
}
