package roster

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// The bounds of an entry and of a chain.
const (
	// MaxEntry is the most bytes of an encoded entry.
	MaxEntry = 4 << 10
	// MaxDevices is the most devices of one authority.
	MaxDevices = 16
	// MaxRemoved is the most removed devices that an entry lists: the last ones.
	MaxRemoved = 64
	// MaxPrevious is the most entries that one entry names as previous.
	MaxPrevious = 4
	// MaxEntries is the most entries of a chain.
	MaxEntries = 256
	// Whole is the sum of all shares: a device with all of it may spend every budget to its limit.
	Whole = 1 << 16
)

const (
	entryDomain  = "aura roster 1\x00"
	deviceDomain = "aura device 1\x00"
)

// Hash names an entry: the SHA-256 of [Entry.SigningBytes]. Two signatures of one content make no second entry.
type Hash [32]byte

// Rank says which key signed an entry. The numbers cross the wire.
type Rank uint8

// The ranks of entries.
const (
	// RankRoot: the root key signed.
	RankRoot Rank = 1
	// RankRecovery: the recovery key signed; such an entry beats those of the root that contradict it.
	RankRecovery Rank = 2
)

// String returns the rank in plain words.
func (r Rank) String() string {
	switch r {
	case RankRoot:
		return "root"
	case RankRecovery:
		return "recovery"
	}
	return fmt.Sprintf("rank %d", uint8(r))
}

// Rights are what a device may do: a set of bits. Bits that this build does not know are kept and grant nothing.
type Rights uint8

// The rights of devices.
const (
	// RightsSpeak: the device says things in the authority's name.
	RightsSpeak Rights = 1
	// RightsGovern: the device changes the membership of groups.
	RightsGovern Rights = 2
)

// Has reports whether all of the rights are there.
func (r Rights) Has(all Rights) bool { return r&all == all }

// Device is one device as an entry lists it. Its keys never change: other keys are another device.
type Device struct {
	Signing   [32]byte // Ed25519: proves facts and receipts
	Agreement [32]byte // X25519: the static key of secure channels
	Link      [32]byte // Ed25519: the device's identity on the network
	Rights    Rights
	Share     uint32 // its part of every budget, of [Whole]
	// Countersignature is by Signing over [Device.SigningBytes]: only a holder of the keys can enrol them. It is zero for
	// the device of a certificate, which needs none.
	Countersignature [64]byte
}

// ID returns the device that the signing key names.
func (d *Device) ID() aura.DeviceID { return aura.DeviceOf(d.Signing[:]) }

// SigningBytes returns the bytes that the device signs to join an authority: a domain label, the authority and the
// three keys.
func (d *Device) SigningBytes(authority aura.AuthorityID) []byte {
	b := make([]byte, 0, len(deviceDomain)+4*32)
	b = append(b, deviceDomain...)
	b = append(b, authority[:]...)
	b = append(b, d.Signing[:]...)
	b = append(b, d.Agreement[:]...)
	return append(b, d.Link[:]...)
}

// sameKeys reports whether both have the same three keys.
func (d *Device) sameKeys(o *Device) bool {
	return d.Signing == o.Signing && d.Agreement == o.Agreement && d.Link == o.Link
}

// Recovery says which key can take the account back, and how many guardians hold it. The zero value: none.
type Recovery struct {
	Key       [32]byte // Ed25519, held in parts by the guardians
	Threshold uint8    // so many parts sign
	Guardians uint8    // so many parts exist
}

// None reports whether no recovery key is set.
func (r Recovery) None() bool { return r == Recovery{} }

// Removed is a device that an entry no longer lists. Twelve bytes of its identifier name it, so that 64 of them fit.
type Removed struct {
	Device [12]byte // the first bytes of its [aura.DeviceID]
	Number uint8    // of the entry that removed it
}

const removedSize = 13

// Is reports whether it is this device.
func (r Removed) Is(d aura.DeviceID) bool { return r.Device == [12]byte(d[:12]) }

// Entry is a full list of an authority's devices, signed by its root key or by its recovery key. It holds no secret.
// Entry 0 is a certificate in other words, see [Found]; each later one names those before it.
type Entry struct {
	Authority aura.AuthorityID
	Number    uint8         // one more than the greatest number among the previous entries
	Previous  []Hash        // ascending, at most [MaxPrevious]; none for entry 0, several to end a contest
	Maker     aura.DeviceID // whose share the entry may lower
	Root      [32]byte      // Ed25519: signs the next entries of rank root
	Recovery  Recovery
	Devices   []Device  // ascending by signing key, 1 to [MaxDevices]
	Removed   []Removed // ascending by number, then by device, at most [MaxRemoved]
	Rank      Rank
	Signature [64]byte // over [Entry.SigningBytes]; that of the certificate for entry 0
}

// SigningBytes returns the bytes that the key of the entry's rank signs: a domain label and the encoding of everything
// but the signature. Entry 0 carries the signature of a certificate instead.
func (e *Entry) SigningBytes() []byte { return e.appendRest([]byte(entryDomain)) }

// Hash returns the name of the entry.
func (e *Entry) Hash() Hash { return sha256.Sum256(e.SigningBytes()) }

// Sign returns the entry with a signature of the key that its rank demands. sign gets [Entry.SigningBytes].
func (e Entry) Sign(sign func(message []byte) [64]byte) Entry {
	e.Signature = sign(e.SigningBytes())
	return e
}

// Encode returns the canonical encoding. It returns aura.Invalid for an entry that [Decode] would refuse.
func (e *Entry) Encode() ([]byte, error) {
	const op = "roster.Encode"
	if err := e.check(); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	b := e.appendAll(nil)
	if len(b) > MaxEntry {
		return nil, aura.Errorf(op, aura.Invalid, "the entry has %d bytes, the most is %d", len(b), MaxEntry)
	}
	return b, nil
}

// Decode reads what [Entry.Encode] wrote and checks what needs no other entry: bounds, order, keys that stand twice,
// shares that sum to too much. It returns aura.Corrupt for bytes that are no entry, and aura.Invalid, with the item and
// the remedy, for an entry that breaks a rule. It verifies no signature: [Chain.Add] does.
func Decode(b []byte) (Entry, error) {
	const op = "roster.Decode"
	if len(b) > MaxEntry {
		return Entry{}, aura.Errorf(op, aura.Corrupt, "the entry has %d bytes, the most is %d", len(b), MaxEntry)
	}
	var w wireEntry
	if err := fact.Unmarshal(b, &w); err != nil {
		return Entry{}, aura.Errorf(op, aura.Corrupt, "entry: %w", err)
	}
	if len(w.Removed)%removedSize != 0 {
		return Entry{}, aura.Errorf(op, aura.Corrupt, "entry is not in canonical form")
	}
	e := Entry{
		Authority: w.Authority, Number: w.Number, Previous: w.Previous, Maker: w.Maker, Root: w.Root,
		Rank: w.Rank, Signature: w.Signature,
	}
	if w.Recovery != nil {
		e.Recovery = Recovery(*w.Recovery)
	}
	e.Devices = make([]Device, len(w.Devices))
	for i := range w.Devices {
		e.Devices[i] = Device(w.Devices[i])
	}
	e.Removed = make([]Removed, 0, len(w.Removed)/removedSize)
	for r := range slices.Chunk(w.Removed, removedSize) {
		e.Removed = append(e.Removed, Removed{[12]byte(r), r[12]})
	}
	// Another encoding of the same values would have the same hash, and fields that are skipped would not be signed.
	if !bytes.Equal(e.appendAll(nil), b) {
		return Entry{}, aura.Errorf(op, aura.Corrupt, "entry is not in canonical form")
	}
	if err := e.check(); err != nil {
		return Entry{}, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return e, nil
}

// check holds the rules that need no other entry.
func (e *Entry) check() error {
	switch {
	case e.Authority.IsZero():
		return fmt.Errorf("the entry names no authority")
	case e.Maker.IsZero():
		return fmt.Errorf("entry %d names no maker", e.Number)
	case e.Root == [32]byte{}:
		return fmt.Errorf("entry %d names no root key", e.Number)
	case e.Rank != RankRoot && e.Rank != RankRecovery:
		return fmt.Errorf("entry %d has %s, which this version does not know: update Aura", e.Number, e.Rank)
	case e.Number == 0 && len(e.Previous) != 0, e.Number != 0 && len(e.Previous) == 0:
		return fmt.Errorf("entry %d names %d previous entries: only entry 0 has none", e.Number, len(e.Previous))
	case len(e.Previous) > MaxPrevious:
		return fmt.Errorf("entry %d names %d previous entries, the most is %d: end the contest in two steps", e.Number, len(e.Previous), MaxPrevious)
	case !ascending(e.Previous, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) }):
		return fmt.Errorf("entry %d names its previous entries out of order, or one twice: sort them", e.Number)
	}
	if err := e.Recovery.check(); err != nil {
		return fmt.Errorf("entry %d: %w", e.Number, err)
	}
	if err := e.checkDevices(); err != nil {
		return fmt.Errorf("entry %d: %w", e.Number, err)
	}
	return e.checkRemoved()
}

func (r Recovery) check() error {
	switch {
	case r.None():
		return nil
	case r.Key == [32]byte{}:
		return fmt.Errorf("the recovery names no key")
	case r.Guardians < 3 || r.Guardians > 9:
		return fmt.Errorf("the recovery has %d guardians: choose 3 to 9", r.Guardians)
	case r.Threshold > r.Guardians || 2*r.Threshold <= r.Guardians:
		return fmt.Errorf("%d of %d guardians recover: choose more than half of them", r.Threshold, r.Guardians)
	}
	return nil
}

func (e *Entry) checkDevices() error {
	switch n := len(e.Devices); {
	case n == 0:
		return fmt.Errorf("no device is listed: leave at least one")
	case n > MaxDevices:
		return fmt.Errorf("%d devices are listed, the most is %d: remove one first", n, MaxDevices)
	}
	if !slices.IsSortedFunc(e.Devices, compareDevices) {
		return fmt.Errorf("the devices are not in the order of their signing keys: sort them")
	}
	if !e.Recovery.None() && e.Recovery.Key == e.Root {
		return fmt.Errorf("the recovery key is the root key: make another")
	}
	used := make([][32]byte, 0, 3*MaxDevices)
	sum := uint64(0)
	for i := range e.Devices {
		d := &e.Devices[i]
		for _, key := range [...][32]byte{d.Signing, d.Agreement, d.Link} {
			switch {
			case key == [32]byte{}:
				return fmt.Errorf("device %s lacks a key", aura.Short(d.ID()))
			case key == e.Root || key == e.Recovery.Key || slices.Contains(used, key):
				return fmt.Errorf("a key of device %s is there twice: each key serves one purpose of one device", aura.Short(d.ID()))
			}
			used = append(used, key)
		}
		sum += uint64(d.Share)
	}
	if sum > Whole {
		return fmt.Errorf("the shares sum to %d, the most is %d: lower the maker's", sum, Whole)
	}
	return nil
}

func (e *Entry) checkRemoved() error {
	if len(e.Removed) > MaxRemoved {
		return fmt.Errorf("entry %d lists %d removed devices, the most is %d: drop the oldest", e.Number, len(e.Removed), MaxRemoved)
	}
	if !ascending(e.Removed, compareRemoved) {
		return fmt.Errorf("entry %d lists removed devices out of order, or one twice: sort them", e.Number)
	}
	for _, r := range e.Removed {
		if r.Number == 0 || r.Number > e.Number {
			return fmt.Errorf("entry %d says that entry %d removed a device", e.Number, r.Number)
		}
	}
	return nil
}

func compareDevices(a, b Device) int { return bytes.Compare(a.Signing[:], b.Signing[:]) }

func compareRemoved(a, b Removed) int {
	return cmp.Or(cmp.Compare(a.Number, b.Number), bytes.Compare(a.Device[:], b.Device[:]))
}

// ascending reports whether each element is greater than the one before it.
func ascending[E any](list []E, compare func(a, b E) int) bool {
	for i := 1; i < len(list); i++ {
		if compare(list[i-1], list[i]) >= 0 {
			return false
		}
	}
	return true
}
