package roster

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// MaxAnnounced is the most entries of one fact: as many of the largest as a payload can hold, and some room.
const MaxAnnounced = 60

// Announced is the payload of the fact that announces entries: those of one authority, all or the newest, each after those before it.
type Announced struct {
	Entries [][]byte `cbor:"1,keyasint"` // encoded, 1 to [MaxAnnounced]
}

// Announce returns the payloads that carry entries, as few as hold them. It returns the error of [Entry.Encode].
func Announce(entries []Entry) (list []Announced, err error) {
	for part := range slices.Chunk(entries, MaxAnnounced) {
		a := Announced{make([][]byte, len(part))}
		for i := range part {
			if a.Entries[i], err = part[i].Encode(); err != nil {
				return nil, err
			}
		}
		list = append(list, a)
	}
	return list, nil
}

// Decode returns the entries, none of them verified. It returns the error of [roster.Decode] for bytes that are no entry,
// and aura.Invalid for none, too many, entries of several authorities or in another order than [Announce] has.
func (a *Announced) Decode() ([]Entry, error) {
	const op = "roster.Announced.Decode"
	if n := len(a.Entries); n == 0 || n > MaxAnnounced {
		return nil, aura.Errorf(op, aura.Invalid, "%d entries are announced, 1 to %d are possible", n, MaxAnnounced)
	}
	list := make([]Entry, len(a.Entries))
	for i, b := range a.Entries {
		e, err := Decode(b)
		switch {
		case err != nil:
			return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
		case i > 0 && e.Authority != list[0].Authority:
			return nil, aura.Errorf(op, aura.Invalid, "entries of two authorities are announced together")
		case i > 0 && e.Number < list[i-1].Number:
			return nil, aura.Errorf(op, aura.Invalid, "entry %d is announced after entry %d", e.Number, list[i-1].Number)
		}
		list[i] = e
	}
	return list, nil
}

// Closed is the payload of the fact that says a bound: the device that made an entry says, in one context, what it holds of the stream of a
// device that the entry removed. Facts that are not at or before one of the heads are void there, see [Bounds].
type Closed struct {
	Device aura.DeviceID `cbor:"1,keyasint"`
	Entry  Hash          `cbor:"2,keyasint"`
	Heads  []fact.Place  `cbor:"3,keyasint,omitempty"` // ascending, at most [fact.MaxHeads]; none: all facts are void
}

// Check returns aura.Invalid for a payload that names no device or no entry, and for too many heads, heads out
// of order or without a fact.
func (c *Closed) Check() error {
	const op = "roster.Closed.Check"
	if c.Device.IsZero() || c.Entry == (Hash{}) {
		return aura.Errorf(op, aura.Invalid, "a bound names no device or no entry")
	}
	if len(c.Heads) > fact.MaxHeads || !ascending(c.Heads, fact.Place.Compare) {
		return aura.Errorf(op, aura.Invalid, "a bound of device %s has %d heads, not up to %d in order: sort them", aura.Short(c.Device), len(c.Heads), fact.MaxHeads)
	}
	for _, h := range c.Heads {
		if h.Seq == 0 || h.ID == ([fact.ShortID]byte{}) {
			return aura.Errorf(op, aura.Invalid, "a bound of device %s names place %d and no fact there", aura.Short(c.Device), h.Seq)
		}
	}
	return nil
}
