package fact

import (
	"cmp"

	"github.com/aura-runtime/aura"
)

// Position is a place in one journal, counted from 1 in the order of commits. It is local: no peer
// learns it. Zero is before the first.
type Position uint64

// Record is a fact in a journal. Its payload and path are shared with whoever else holds the record:
// nobody changes them.
type Record struct {
	Position Position    // local place; zero when the record is not in this journal
	Seq      uint64      // place among the facts of (namespace, author device), from 1, the same everywhere
	ID       aura.FactID // identity of Fact
	Fact     Fact
	Proof    Proof
}

// maxRecord bounds an encoded record: a fact, a proof of full depth and their frames.
const maxRecord = MaxEncoded + maxProof + 64

type wireRecord struct {
	Seq   uint64 `cbor:"1,keyasint,omitempty"`
	Fact  []byte `cbor:"2,keyasint,omitempty"`
	Proof []byte `cbor:"3,keyasint,omitempty"`
}

// Encode returns the record as it travels between devices and peers: sequence number, fact and proof.
// The position, which is local, stays at home.
func (r *Record) Encode() []byte {
	return mustMarshal(wireRecord{Seq: r.Seq, Fact: r.Fact.Encode(), Proof: r.Proof.Encode()})
}

// DecodeRecord reads what [Record.Encode] wrote, computes the identity and leaves the position zero. It
// returns aura.Corrupt for anything else. It does not verify: see [Record.Verify].
func DecodeRecord(b []byte) (Record, error) {
	const op = "fact.DecodeRecord"
	if len(b) > maxRecord {
		return Record{}, aura.Errorf(op, aura.Corrupt, "record has %d bytes, the most is %d", len(b), maxRecord)
	}
	var w wireRecord
	if err := decodeStrict(b, &w); err != nil {
		return Record{}, aura.Errorf(op, aura.Corrupt, "record: %w", err)
	}
	f, err := Decode(w.Fact)
	if err != nil {
		return Record{}, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	p, err := DecodeProof(w.Proof)
	if err != nil {
		return Record{}, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	if w.Seq == 0 {
		return Record{}, aura.Errorf(op, aura.Corrupt, "record has no sequence number")
	}
	return Record{Seq: w.Seq, ID: IDOf(w.Fact), Fact: f, Proof: p}, nil
}

// Verify checks that the device with the given signing key (Ed25519, 32 bytes) stands for the record's
// fact: the key is the one that the fact names, the identity is the fact's, the proof holds. It returns
// aura.Denied otherwise.
func (r *Record) Verify(deviceKey []byte) error {
	const op = "fact.Verify"
	if aura.DeviceOf(deviceKey) != r.Fact.Device {
		return aura.Errorf(op, aura.Denied, "fact %s names another device than the key's", aura.Short(r.ID))
	}
	if r.Fact.ID() != r.ID {
		return aura.Errorf(op, aura.Denied, "fact %s does not have the identity that it claims", aura.Short(r.ID))
	}
	return Verify(r.ID, r.Proof, deviceKey)
}

// Compare orders records for reduction and display: by logical time, then order token, then identity.
// The order is total, the same on every device, and says nothing about wall clocks.
func Compare(a, b *Record) int {
	return cmp.Or(
		cmp.Compare(a.Fact.Logical, b.Fact.Logical),
		a.Fact.Order.Compare(b.Fact.Order),
		a.ID.Compare(b.ID),
	)
}
