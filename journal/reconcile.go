package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Set reconciliation by ranges (Meyer, "Range-Based Set Reconciliation", 2023): the range of all identities
// is compared by fingerprint, and where it differs it is cut into smaller ranges until the few identities
// in one can be listed. The bytes on the wire grow with the difference, not with the sets.

const (
	// branching is the number of parts of a range whose fingerprints differ, and listing the most
	// identities that are listed instead.
	branching = 16
	listing   = 16
	// messageLimit is the size in bytes from which on a message puts all that is left into one range,
	// which the next message takes up.
	messageLimit = 56 << 10
	// maxMessage is the most that is read: a message at its limit and one more range.
	maxMessage = messageLimit + 4096
)

// The ways in which a message speaks of a range. They cross the wire: append only.
const (
	modeSkip        = 0 // nothing to do here
	modeFingerprint = 1 // 16 bytes
	modeList        = 2 // a count and so many identities
)

// Set is a sorted set of fact identities that can be compared with another device's.
type Set struct{ ids []aura.FactID }

// NewSet returns the set of ids, in any order, with repetitions.
func NewSet(ids []aura.FactID) *Set {
	sorted := slices.Clone(ids)
	slices.SortFunc(sorted, aura.FactID.Compare)
	return &Set{ids: slices.Compact(sorted)}
}

// Set returns the identities of all records that sel asks for, void ones too.
func (j *Journal) Set(tc task.Context, sel fact.Selection) (*Set, error) {
	var ids []aura.FactID
	_, err := j.ReadStored(tc, sel, func(r fact.Record) error {
		ids = append(ids, r.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return NewSet(ids), nil
}

// Len returns the number of identities.
func (s *Set) Len() int { return len(s.ids) }

// Begin returns the first message of a comparison.
func (s *Set) Begin() []byte {
	var w messageWriter
	s.describe(&w, 0, len(s.ids), bound{end: true})
	return w.b
}

// Answer returns the other side's reply to a message. It keeps nothing in between. A malformed
// message is aura.Corrupt.
func (s *Set) Answer(message []byte) ([]byte, error) {
	reply, _, _, err := s.exchange(message, false)
	return reply, err
}

// Next takes the reply to the message before and returns the next one, nil when the comparison is complete,
// and the findings of the reply: identities that only this side has, and that only the other side has. A
// malformed reply is aura.Corrupt.
func (s *Set) Next(reply []byte) (message []byte, ours, theirs []aura.FactID, err error) {
	return s.exchange(reply, true)
}

// bound is the upper end of a range, exclusive.
type bound struct {
	id  aura.FactID
	end bool // no bound
}

// exchange goes through the ranges of a message. The side that began learns from lists; the other one
// answers them with its own.
func (s *Set) exchange(message []byte, began bool) (out []byte, ours, theirs []aura.FactID, err error) {
	const op = "journal.Set"
	if len(message) > maxMessage {
		return nil, nil, nil, aura.Errorf(op, aura.Corrupt, "message has %d bytes, the most is %d", len(message), maxMessage)
	}
	var w messageWriter
	in := ranges{rest: message}
	for from := 0; in.next(); {
		to := s.index(from, in.upper)
		switch {
		case len(w.b) >= messageLimit:
			// The rest is for the next message.
			s.describe(&w, from, len(s.ids), bound{end: true})
			return w.b, ours, theirs, in.drain()
		case in.mode == modeSkip, in.mode == modeFingerprint && in.fingerprint == s.fingerprint(from, to):
			w.skip(in.upper)
		case in.mode == modeFingerprint:
			s.describe(&w, from, to, in.upper)
		case began:
			o, t := difference(s.ids[from:to], in.list)
			ours, theirs = append(ours, o...), append(theirs, t...)
			w.skip(in.upper)
		case to-from > (messageLimit-len(w.b))/len(aura.FactID{}):
			// Too many to list in the room that is left: compare again in parts.
			s.describe(&w, from, to, in.upper)
		default:
			w.list(in.upper, s.ids[from:to])
		}
		from = to
	}
	if in.err != nil {
		return nil, nil, nil, in.err
	}
	return w.b, ours, theirs, nil
}

// index returns the place of the first identity from a place on that is not below the bound.
func (s *Set) index(from int, upper bound) int {
	if upper.end {
		return len(s.ids)
	}
	return from + sort.Search(len(s.ids)-from, func(i int) bool { return s.ids[from+i].Compare(upper.id) >= 0 })
}

// describe writes the range of ids[from:to] below upper: listed when short, in parts otherwise.
func (s *Set) describe(w *messageWriter, from, to int, upper bound) {
	if to-from <= listing {
		w.list(upper, s.ids[from:to])
		return
	}
	for part := range branching {
		next := from + (to-from)/(branching-part)
		end := upper
		if part < branching-1 {
			end = between(s.ids[next-1], s.ids[next])
		}
		w.fingerprint(end, s.fingerprint(from, next))
		from = next
	}
}

// between returns a bound above a and not above b, with as few bytes that are not zero as possible.
func between(a, b aura.FactID) bound {
	n := 0
	for a[n] == b[n] {
		n++
	}
	var cut bound
	copy(cut.id[:], b[:n+1])
	return cut
}

// fingerprint stands for ids[from:to]: a hash of their number and of their sum modulo 2^256.
func (s *Set) fingerprint(from, to int) (f [16]byte) {
	var sum [4]uint64
	for _, id := range s.ids[from:to] {
		var carry uint64
		for k := range sum {
			sum[k], carry = bits.Add64(sum[k], binary.LittleEndian.Uint64(id[8*k:]), carry)
		}
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(to-from))
	for _, v := range sum {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	whole := sha256.Sum256(b)
	copy(f[:], whole[:])
	return f
}

// difference returns the identities only in a and only in b, both sorted.
func difference(a, b []aura.FactID) (onlyA, onlyB []aura.FactID) {
	for len(a) > 0 && len(b) > 0 {
		switch c := a[0].Compare(b[0]); {
		case c == 0:
			a, b = a[1:], b[1:]
		case c < 0:
			onlyA, a = append(onlyA, a[0]), a[1:]
		default:
			onlyB, b = append(onlyB, b[0]), b[1:]
		}
	}
	return append(onlyA, a...), append(onlyB, b...)
}

// messageWriter writes a message: for each range its upper bound (a length, one more than there are bytes; zero
// for no bound), its mode, and the data of the mode. Skipped ranges are joined, and left out at the end.
type messageWriter struct {
	b       []byte
	skipped *bound
}

func (w *messageWriter) skip(upper bound) { w.skipped = &upper }

func (w *messageWriter) fingerprint(upper bound, f [16]byte) {
	w.head(upper, modeFingerprint)
	w.b = append(w.b, f[:]...)
}

func (w *messageWriter) list(upper bound, ids []aura.FactID) {
	w.head(upper, modeList)
	w.b = binary.AppendUvarint(w.b, uint64(len(ids)))
	for i := range ids {
		w.b = append(w.b, ids[i][:]...)
	}
}

func (w *messageWriter) head(upper bound, mode byte) {
	if w.skipped != nil {
		skipped := *w.skipped
		w.skipped = nil
		w.head(skipped, modeSkip)
	}
	if upper.end {
		w.b = append(w.b, 0, mode)
		return
	}
	short := bytes.TrimRight(upper.id[:], "\x00")
	w.b = append(w.b, byte(len(short)+1))
	w.b = append(append(w.b, short...), mode)
}

// ranges reads a message.
type ranges struct {
	rest  []byte
	lower bound // of the range after this one
	begun bool
	err   error

	upper       bound
	mode        byte
	fingerprint [16]byte
	list        []aura.FactID
}

// next reads the next range. Ranges adjoin and end before they run out of identities.
func (r *ranges) next() bool {
	if r.err != nil || len(r.rest) == 0 {
		return false
	}
	n := int(r.take(1)[0])
	if r.begun && r.lower.end || n > len(r.upper.id)+1 {
		return r.fail()
	}
	r.upper = bound{end: n == 0}
	if n > 0 {
		copy(r.upper.id[:], r.take(n-1))
	}
	if r.begun && !r.upper.end && r.upper.id.Compare(r.lower.id) <= 0 {
		return r.fail()
	}
	r.mode = r.take(1)[0]
	switch r.mode {
	case modeSkip:
	case modeFingerprint:
		copy(r.fingerprint[:], r.take(len(r.fingerprint)))
	case modeList:
		r.readList()
	default:
		return r.fail()
	}
	r.lower, r.begun = r.upper, true
	return r.err == nil
}

func (r *ranges) readList() {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)/len(aura.FactID{})) {
		r.fail()
		return
	}
	r.rest = r.rest[size:]
	r.list = make([]aura.FactID, n)
	for i := range r.list {
		id := aura.FactID(r.take(len(aura.FactID{})))
		sorted := i == 0 || r.list[i-1].Compare(id) < 0
		inside := (!r.begun || id.Compare(r.lower.id) >= 0) && (r.upper.end || id.Compare(r.upper.id) < 0)
		if !sorted || !inside {
			r.fail()
			return
		}
		r.list[i] = id
	}
}

// drain reads the remaining ranges, for their errors.
func (r *ranges) drain() error {
	for r.next() {
	}
	return r.err
}

// take returns the next n bytes, and zeros with an error when there are fewer.
func (r *ranges) take(n int) []byte {
	if n > len(r.rest) {
		r.fail()
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *ranges) fail() bool {
	if r.err == nil {
		r.err = aura.Errorf("journal.Set", aura.Corrupt, "message of a set comparison is malformed")
	}
	return false
}
