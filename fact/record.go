package fact

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
)

// Position is a place in one journal, counted from 1 in the order of commits. It is local: no peer
// learns it. Zero is before the first.
type Position uint64

// Record is a fact in a journal. All holders of the record share its payload and path: do not change them.
type Record struct {
	Position Position // local place; zero when the record is not in this journal
	// Number counts the facts of its stream in this journal, from 1, in the order of commits. It is local, and equal to
	// Seq as long as the stream has one branch. See also Again.
	Number uint64
	// Seq is the place in the stream, from 1. It is [Fact.Seq]; for a fact of the first format, which signs none, it is
	// what the holder of the record says.
	Seq uint64
	// Fork is the least place at which the journal that gave the record out has facts of several branches of its stream; zero:
	// it has one branch. Where it is set, Sole says whether all facts of the stream with a smaller number are behind this one.
	Fork uint64
	Sole bool
	// Before is the [PrefixDigest] of the facts before a fact of the first format, as the holder of the record says; zero at
	// place 1 and for others, which sign it. The journal gives it out where it differs from that of the first row that came.
	Before [ShortID]byte
	// Again marks a fact of the first format that is here with a smaller number already, in another row: copies of a home of
	// an earlier build can have the same fact behind different ones. It has a number of its own for each row.
	Again bool
	// Void says that the fact counts for no reducer: its device was removed, and it is beyond the bound of that. Such a record
	// is given out only to who reads a stream itself.
	Void bool

	ID    aura.FactID // identity of Fact
	Fact  Fact
	Proof Proof

	form *form // of Fact, unless the record was put together by hand
}

// form is the canonical encoding of a fact beside its hash. It travels with the record, so that a fact is encoded
// and hashed once on its way through a device. It never changes; since a record may, [Record.canonical] compares.
type form struct {
	encoded []byte
	id      aura.FactID
}

// Place returns the place of the record's fact in its stream.
func (r *Record) Place() Place { return PlaceOf(r.Seq, r.ID) }

// Row returns the place of the record's fact where it means all facts before it as well: that of a fact of the first format
// names the row of facts through it.
func (r *Record) Row() Place {
	if r.Fact.Seq != 0 {
		return r.Place()
	}
	return Place{r.Seq, PrefixDigest(r.Before, r.ID)}
}

// Predecessors is [Fact.Predecessors] of the record's fact; for one of the first format it is the row of facts before it.
func (r *Record) Predecessors() []Place {
	if r.Fact.Seq == 0 && r.Seq > 1 {
		return []Place{{r.Seq - 1, r.Before}}
	}
	return r.Fact.Predecessors()
}

// Follows reports whether the record's fact is at the next place behind another one of its stream, and on its branch. A
// fact of the first format signs no predecessor.
func (r *Record) Follows(o *Record) bool {
	if r.Seq != o.Seq+1 {
		return false
	}
	at := o.Place()
	return o.Fact.Seq == 0 || r.Fact.Prev == at.ID || slices.Contains(r.Fact.Merges, at)
}

// NewRecord returns the record of an own fact, without its proof. It encodes and hashes the fact.
func NewRecord(f Fact) Record {
	form := &form{encoded: f.Encode()}
	form.id = f.idOf(form.encoded)
	return Record{Seq: f.Seq, ID: form.id, Fact: f, form: form}
}

// OpenRecord returns the record of an encoded fact, without its proof, and computes its identity. It keeps encoded,
// which must not change any more. The place is that of a fact of the first format; others sign theirs. It returns
// aura.Corrupt for anything that [Fact.Encode] did not write.
func OpenRecord(place uint64, encoded []byte) (Record, error) {
	f, err := decode(encoded)
	if err != nil {
		return Record{}, err
	}
	return openRecord(place, encoded, f, f.idOf(encoded)), nil
}

// OpenProven is [OpenRecord] for a fact whose proof is at hand, with the identity that the proof has for it: it hashes
// nothing, so both must be known to belong together.
func OpenProven(place uint64, encoded []byte, batch *Batch, index uint32, signature [64]byte) (Record, error) {
	f, err := decode(encoded)
	if err != nil {
		return Record{}, err
	}
	id, ok := batch.find(index)
	if !ok {
		return Record{}, aura.Errorf("fact.OpenRecord", aura.Corrupt, "the proof has no fact %d", index)
	}
	r := openRecord(place, encoded, f, id)
	r.Proof = Proof{Signature: signature, index: index, batch: batch}
	return r, nil
}

func openRecord(place uint64, encoded []byte, f Fact, id aura.FactID) Record {
	if f.Seq != 0 {
		place = f.Seq
	}
	return Record{Seq: place, ID: id, Fact: f, form: &form{encoded, id}}
}

// Canonical returns the canonical encoding of the fact, which must not be changed. A record that was decoded, or
// that the journal made, has it at hand.
func (r *Record) Canonical() []byte {
	encoded, _ := r.canonical()
	return encoded
}

// Genuine reports whether the record's identity is that of its fact, and its place the one that the fact signs.
func (r *Record) Genuine() bool {
	_, id := r.canonical()
	return r.ID == id && (r.Fact.Seq == 0 || r.Fact.Seq == r.Seq)
}

// canonical returns the encoding of the fact and its hash. The form serves only while it is that of the fact as the
// fields are now: a comparison costs a tenth of encoding and hashing, and a changed copy cannot pass for its original.
func (r *Record) canonical() ([]byte, aura.FactID) {
	if r.form != nil && r.Fact.encodesTo(r.form.encoded) {
		return r.form.encoded, r.form.id
	}
	encoded := r.Fact.Encode()
	return encoded, r.Fact.idOf(encoded)
}

// Equal reports whether two records are the same in all that they say.
func (r Record) Equal(o Record) bool {
	return r.Position == o.Position && r.Number == o.Number && r.Seq == o.Seq && r.ID == o.ID && r.Fact.Equal(&o.Fact) &&
		r.Proof.Equal(o.Proof)
}

// maxRecord bounds an encoded record: a fact, a proof of full depth and their frames.
const maxRecord = MaxEncoded + maxProof + 64

// Encode returns the record by itself: fact and proof, and the place of a fact of the first format. Position and number,
// which are local, stay at home. Several records take less together: see [ShareProofs].
func (r *Record) Encode() []byte {
	encoded, proof := r.Canonical(), r.Proof.Encode()
	w := newFields(len(encoded) + len(proof) + 32)
	if r.Fact.Seq == 0 {
		w.number(1, r.Seq)
	}
	w.payload(2, encoded)
	w.payload(3, proof)
	return w.bytes()
}

// DecodeRecord reads what [Record.Encode] wrote, computes the identity and leaves the position zero. It
// returns aura.Corrupt for anything else. It does not verify: see [Record.Verify].
func DecodeRecord(b []byte) (Record, error) {
	const op = "fact.DecodeRecord"
	if len(b) > maxRecord {
		return Record{}, aura.Errorf(op, aura.Corrupt, "record has %d bytes, the most is %d", len(b), maxRecord)
	}
	p := parse(b)
	seq := p.number(1, 64)
	encoded := p.str(2, majorBytes)
	proof := p.str(3, majorBytes)
	if err := p.end(); err != nil {
		return Record{}, aura.Errorf(op, aura.Corrupt, "record: %w", err)
	}
	r, err := OpenRecord(seq, bytes.Clone(encoded))
	if err == nil && proof != nil {
		r.Proof, err = DecodeProof(proof, r.ID)
	}
	if err != nil {
		return Record{}, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	if r.Seq == 0 || seq != 0 && r.Fact.Seq != 0 {
		return Record{}, aura.Errorf(op, aura.Corrupt, "record has no place in its stream, or two")
	}
	return r, nil
}

// Verify checks that the device with the given signing key (Ed25519, 32 bytes) stands for the record's
// fact: the key is the one that the fact names, the identity is the fact's, the proof holds. It returns
// aura.Denied otherwise.
func (r *Record) Verify(deviceKey []byte) error {
	const op = "fact.Verify"
	if aura.DeviceOf(deviceKey) != r.Fact.Device {
		return aura.Errorf(op, aura.Denied, "fact %s names another device than the key's", aura.Short(r.ID))
	}
	if !r.Genuine() {
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
