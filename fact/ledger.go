package fact

import (
	"bytes"
	"cmp"

	"github.com/aura-runtime/aura"
)

// maxLedger bounds an encoded ledger entry.
const maxLedger = 384

// Charge is a ledger entry: the units that one device of an authority has spent on sending to one peer in one context, and
// how far its facts are paid for. Only that device writes it; the authority has spent the sum over its devices. Entries of
// the same context, peer and device merge, see [Charge.Merge]; they live in the author's own namespace and never enter a
// shared one.
type Charge struct {
	Context  aura.ContextID   `cbor:"1,keyasint,omitzero"`
	Peer     aura.AuthorityID `cbor:"2,keyasint,omitzero"`
	Epoch    aura.Epoch       `cbor:"3,keyasint,omitempty"`
	Spent    uint64           `cbor:"4,keyasint,omitempty"` // units spent in Epoch
	Through  uint64           `cbor:"5,keyasint,omitempty"` // own facts of the context paid for up to this number, in any epoch
	Receipts uint64           `cbor:"6,keyasint,omitempty"` // receipts issued in Epoch
	Head     [32]byte         `cbor:"7,keyasint,omitzero"`  // hash of the last receipt of Epoch; zero: none
	From     uint64           `cbor:"8,keyasint,omitempty"` // paid for in Epoch is the run numbered (From, Until]
	Until    uint64           `cbor:"9,keyasint,omitempty"`
	Past     EpochHistory     `cbor:"10,keyasint,omitzero"`
	// Device spends; zero: the device whose journal keeps the entry, as in all entries of earlier builds.
	Device aura.DeviceID `cbor:"11,keyasint,omitzero"`
}

// SpentIn returns the units spent in an epoch, and false when the entry does not remember that epoch.
func (c *Charge) SpentIn(epoch aura.Epoch) (units uint64, known bool) {
	return c.Past.spentIn(EpochSpend{c.Epoch, c.Spent}, epoch)
}

// Merge returns the join of two entries of the same context, peer and device: the entry that turned more often, or
// to the later epoch, wins; within an epoch the greater amount with the run that it paid for and the longer
// receipt chain; and the greater Through always. It is commutative, associative and idempotent, so the
// order in which devices exchange entries is of no matter.
func (c Charge) Merge(o Charge) Charge {
	through := max(c.Through, o.Through)
	switch order := newest(&c.Past, c.Epoch, &o.Past, o.Epoch); {
	case order < 0:
		c = o
	case order == 0:
		// A run may shrink while more is spent, so runs are never joined: one of the two is the newer.
		if cmp.Or(cmp.Compare(o.Spent, c.Spent), cmp.Compare(o.Until, c.Until), cmp.Compare(c.From, o.From)) > 0 {
			c.Spent, c.From, c.Until = o.Spent, o.From, o.Until
		}
		if o.Receipts > c.Receipts || o.Receipts == c.Receipts && bytes.Compare(o.Head[:], c.Head[:]) > 0 {
			c.Receipts, c.Head = o.Receipts, o.Head
		}
		if o.Past.compare(&c.Past) > 0 {
			c.Past = o.Past
		}
	}
	c.Through = through
	return c
}

// Encode returns the canonical encoding of the entry.
func (c *Charge) Encode() []byte { return mustMarshal(*c) }

// DecodeCharge reads what [Charge.Encode] wrote. It returns aura.Corrupt for anything else.
func DecodeCharge(b []byte) (Charge, error) {
	var c Charge
	if err := decodeEntry("fact.DecodeCharge", "charge", b, &c); err != nil {
		return Charge{}, err
	}
	return c, nil
}

// Observer is a class of observers that may learn something from a send. The numbers are on disk: append only.
type Observer uint8

// The observer classes, and the number of them plus one for arrays indexed by class.
const (
	ObserverRelationship Observer = 1 // the peers of the context themselves
	ObserverGroup        Observer = 2 // other members of a group
	ObserverNeighbour    Observer = 3 // peers that relay packets nearby
	ObserverCustody      Observer = 4 // peers that keep packets for absent peers
	ObserverExternal     Observer = 5 // anyone that watches the network

	Observers = 6
)

// String returns the class in plain words.
func (o Observer) String() string {
	switch o {
	case ObserverRelationship:
		return "relationship"
	case ObserverGroup:
		return "group"
	case ObserverNeighbour:
		return "neighbour"
	case ObserverCustody:
		return "custody"
	case ObserverExternal:
		return "external"
	}
	return "no observer"
}

// Leak is a ledger entry: how many bits one class of observers may have learned in an epoch from what one device of an
// authority sent in a context. Only that device writes it; the class may have learned the sum over the devices.
type Leak struct {
	Context  aura.ContextID `cbor:"1,keyasint,omitzero"`
	Observer Observer       `cbor:"2,keyasint,omitempty"`
	Epoch    aura.Epoch     `cbor:"3,keyasint,omitempty"`
	Bits     uint64         `cbor:"4,keyasint,omitempty"`
	Past     EpochHistory   `cbor:"5,keyasint,omitzero"`
	// Device sends; zero: the device whose journal keeps the entry, as in all entries of earlier builds.
	Device aura.DeviceID `cbor:"6,keyasint,omitzero"`
}

// Merge returns the join of two entries of the same context, class and device: the entry that turned more often, or
// to the later epoch, wins; within an epoch the greater number of bits. It is commutative, associative and
// idempotent.
func (l Leak) Merge(o Leak) Leak {
	switch order := newest(&l.Past, l.Epoch, &o.Past, o.Epoch); {
	case order < 0:
		return o
	case order == 0:
		l.Bits = max(l.Bits, o.Bits)
		if o.Past.compare(&l.Past) > 0 {
			l.Past = o.Past
		}
	}
	return l
}

// Encode returns the canonical encoding of the entry.
func (l *Leak) Encode() []byte { return mustMarshal(*l) }

// DecodeLeak reads what [Leak.Encode] wrote. It returns aura.Corrupt for anything else.
func DecodeLeak(b []byte) (Leak, error) {
	var l Leak
	if err := decodeEntry("fact.DecodeLeak", "leak", b, &l); err != nil {
		return Leak{}, err
	}
	return l, nil
}

func decodeEntry(op aura.Op, name string, b []byte, v any) error {
	if len(b) > maxLedger {
		return aura.Errorf(op, aura.Corrupt, "%s has %d bytes, the most is %d", name, len(b), maxLedger)
	}
	if err := decodeStrict(b, v); err != nil {
		return aura.Errorf(op, aura.Corrupt, "%s: %w", name, err)
	}
	return nil
}
