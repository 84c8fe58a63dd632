package journal

import (
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Facts that a device signed together have one proof. The records of a group that are of one batch get a joint proof in the
// store: the signature, the identities of these facts and the nodes of the tree beside them; the records name it and
// their index in the batch. So a record is read with its proof by one other value of bounded size. A record that is alone
// has its proof with it, as all had up to format 3.

const (
	// minJoint is the fewest: two records with their own proofs take hardly more, and are read by themselves.
	minJoint = 3
	// maxJoint is the most records of a joint proof: few enough to read and to hold it for the sake of one of them.
	maxJoint = 64
	// jointMark follows the fact in a stored record that has part in a joint proof. A proof begins with the first byte of
	// a map in CBOR.
	jointMark = 0x01
	// keptJoints is how many joint proofs that were read last are in memory.
	keptJoints = 8
)

// joint is records of a group that are facts of one batch, in its order.
type joint struct {
	first     fact.Position // of its first record, by which it is found
	batch     *fact.Batch
	signature [64]byte
	at        []uint32
}

// findJoints puts the records of the group into joint proofs.
func (g *group) findJoints() {
	if len(g.records) < minJoint {
		return
	}
	open := map[*fact.Batch]*joint{}
	for i := range g.records {
		if g.records[i].record.Again {
			continue
		}
		p := &g.records[i].record.Proof
		s := open[p.Batch()]
		if s == nil || s.signature != p.Signature || len(s.at) == maxJoint || s.at[len(s.at)-1] >= p.Index() {
			s = &joint{first: g.records[i].record.Position, batch: p.Batch(), signature: p.Signature}
			open[p.Batch()] = s
			g.joints = append(g.joints, s)
		}
		s.at = append(s.at, p.Index())
		g.records[i].joint = s
	}
}

// writeJoints stores the joint proofs of enough records.
func (j *Journal) writeJoints(b *Batch, all []*joint) {
	for _, s := range all {
		if len(s.at) >= minJoint {
			j.writeJoint(b, s.first, s.batch.Part(s.at), s.signature)
		}
	}
}

// writeJoint stores a joint proof.
func (j *Journal) writeJoint(b *Batch, first fact.Position, part *fact.Batch, signature [64]byte) {
	encoded := part.Encode(signature)
	plain := j.seal.buffer(binary.MaxVarintLen64 + len(part.IDs())*len(aura.FactID{}) + len(encoded))
	key := numberKey(tableProof, uint64(first))
	b.Set(key, j.seal.sealInPlace(key, appendJoint(plain, part.IDs(), encoded)))
}

// appendJoint appends a joint proof: the number of its facts, their identities, and the encoding of the batch.
func appendJoint(plain []byte, ids []aura.FactID, encoded []byte) []byte {
	plain = binary.AppendUvarint(plain, uint64(len(ids)))
	for i := range ids {
		plain = append(plain, ids[i][:]...)
	}
	return append(plain, encoded...)
}

// shares reports whether the record has part in a joint proof.
func (r *staged) shares() bool { return r.joint != nil && len(r.joint.at) >= minJoint }

// proofRoom returns at most how many bytes appendProof appends.
func (r *staged) proofRoom() int {
	if !r.shares() {
		return r.record.Proof.Room()
	}
	return 1 + 2*binary.MaxVarintLen32
}

// appendProof appends a record's own proof or the name of its joint proof.
func (r *staged) appendProof(b []byte) []byte {
	if !r.shares() {
		return r.record.Proof.Append(b)
	}
	b = binary.AppendUvarint(append(b, jointMark), uint64(r.record.Position-r.joint.first))
	return binary.AppendUvarint(b, uint64(r.record.Proof.Index()))
}

// reference is what a stored record has of its proof, when that is a joint one.
type reference struct {
	first fact.Position
	index uint32
}

// decodeReference reads what appendProof wrote of a record in a joint proof.
func decodeReference(p fact.Position, b []byte) (reference, bool) {
	if len(b) == 0 || b[0] != jointMark {
		return reference{}, false
	}
	back, n := binary.Uvarint(b[1:])
	if n <= 0 || back > uint64(p) {
		return reference{}, false
	}
	index, m := binary.Uvarint(b[1+n:])
	return reference{p - fact.Position(back), uint32(index)}, m > 0 && 1+n+m == len(b) && index < 1<<32
}

// storedJoint is a joint proof as it was read.
type storedJoint struct {
	first     fact.Position
	batch     *fact.Batch
	signature [64]byte
}

// has reports whether the joint proof proves a record.
func (s *storedJoint) has(at reference) bool {
	return s.batch != nil && s.first == at.first && s.batch.Has(at.index)
}

// open returns a stored record with its proof, without one when the joint proof is gone.
func (s *storedJoint) open(r *storedRecord, at reference, there bool) (fact.Record, error) {
	if !there {
		return fact.OpenRecord(r.place, r.encoded)
	}
	return fact.OpenProven(r.place, r.encoded, s.batch, at.index, s.signature)
}

// referenceOf returns a stored record's reference to its joint proof, and false when it has its proof with it or is gone.
func (j *Journal) referenceOf(p fact.Position) (at reference, shared bool, err error) {
	value, ok, err := j.store.Get(numberKey(tableRecord, uint64(p)))
	if err != nil || !ok {
		return at, false, err
	}
	if r, ok := j.openRecord(p, value); ok {
		at, shared = decodeReference(p, r.proof)
	}
	return at, shared, nil
}

// jointOf returns the joint proof of a record, and false when it is gone.
func (j *Journal) jointOf(at reference) (storedJoint, bool, error) {
	j.lock.Lock()
	i := slices.IndexFunc(j.joints[:], func(s storedJoint) bool { return s.has(at) })
	if i >= 0 {
		defer j.lock.Unlock()
		return j.joints[i], true, nil
	}
	j.lock.Unlock()
	s, ok, err := j.readJoint(at.first)
	if err != nil || !ok || !s.has(at) {
		return s, false, err
	}
	j.lock.Lock()
	defer j.lock.Unlock()
	j.joints[j.oldest] = s
	j.oldest = (j.oldest + 1) % keptJoints
	return s, true, nil
}

// readJoint reads a joint proof from the store, and returns false when it is gone.
func (j *Journal) readJoint(first fact.Position) (s storedJoint, ok bool, err error) {
	key := numberKey(tableProof, uint64(first))
	value, ok, err := j.store.Get(key)
	if err != nil || !ok {
		return s, false, err
	}
	if plain, opened := j.seal.openInPlace(key, value); opened {
		if s.batch, s.signature, ok = decodeJoint(plain); ok {
			s.first = first
			return s, true, nil
		}
	}
	return s, false, damaged("a proof")
}

func decodeJoint(plain []byte) (batch *fact.Batch, signature [64]byte, ok bool) {
	n, size := binary.Uvarint(plain)
	if size <= 0 || n == 0 || n > maxJoint || uint64(len(plain)-size) < n*uint64(len(aura.FactID{})) {
		return nil, signature, false
	}
	plain = plain[size:]
	ids := make([]aura.FactID, n)
	for i := range ids {
		plain = plain[copy(ids[i][:], plain):]
	}
	batch, signature, err := fact.DecodeBatch(plain, ids)
	return batch, signature, err == nil
}

// leave takes records that go out of their joint proofs. Only the writer does that, so that its reads are current.
func (j *Journal) leave(b *Batch, going []reference) error {
	for len(going) > 0 {
		first := going[0].first
		s, ok, err := j.readJoint(first)
		if err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(going), func(r reference) bool { return r.first == first })
		if ok {
			left := slices.DeleteFunc(slices.Clone(s.batch.Indexes()), func(i uint32) bool { return slices.Contains(going, reference{first, i}) })
			if len(left) == 0 {
				b.Delete(numberKey(tableProof, uint64(first)))
			} else {
				j.writeJoint(b, first, s.batch.Part(left), s.signature)
			}
		}
		going = rest
	}
	return nil
}
