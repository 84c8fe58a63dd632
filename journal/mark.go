package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Mark says how far the streams of a journal's own device have come. A copy of a home that lies elsewhere can be compared
// with it, without the facts.
type Mark struct {
	Device aura.DeviceID
	Facts  uint64   // in all streams of the device
	Heads  [32]byte // SHA-256 over the heads of all its streams
}

// Behind reports whether a home with this mark is older than one of the same device with the mark newest, or has gone
// another way in as many facts. It cannot tell a home that has gone another way and further from one that went on.
func (m Mark) Behind(newest Mark) bool {
	return m.Device == newest.Device && (m.Facts < newest.Facts || m.Facts == newest.Facts && m.Heads != newest.Heads)
}

const markDomain = "aura mark 1\x00"

// Mark returns the mark of the durable facts. It costs a look at each stream in memory and reads nothing.
func (j *Journal) Mark() Mark {
	m := Mark{Device: j.options.Device}
	own := j.streams(func(id *streamID, s *stream) bool { return id.device == m.Device && s.count > 0 })
	b := []byte(markDomain)
	for i := range own {
		s := &own[i].value
		m.Facts += s.count
		b = append(append(b, byte(own[i].key.namespace.Space)), own[i].key.namespace.ID[:]...)
		b = binary.BigEndian.AppendUint64(b, s.count)
		// Two homes with the same facts may have gone on with different branches last.
		heads := s.heads()
		slices.SortFunc(heads, func(x, y head) int { return x.place.Compare(y.place) })
		b = append(b, byte(len(heads)))
		for _, h := range heads {
			b = append(binary.BigEndian.AppendUint64(b, h.place.Seq), h.place.ID[:]...)
		}
	}
	m.Heads = sha256.Sum256(b)
	return m
}

// Branching is a stream that has more than one branch, or had: the home of its device was copied or restored.
type Branching struct {
	Namespace fact.Namespace
	Device    aura.DeviceID
	Heads     int // 1: a fact has joined all branches
}

// Branchings returns the streams with branches, ordered by namespace and device. It costs as much as [Journal.Mark].
func (j *Journal) Branchings() []Branching {
	var all []Branching
	for _, p := range j.streams(func(_ *streamID, s *stream) bool { return s.calm != nil }) {
		all = append(all, Branching{p.key.namespace, p.key.device, 1 + len(p.value.others)})
	}
	return all
}

// streams returns the durable streams that are wanted, ordered by namespace and device.
func (j *Journal) streams(wanted func(*streamID, *stream) bool) []pair[streamID, stream] {
	var all []pair[streamID, stream]
	j.lock.Lock()
	for i := range j.state.streams.pairs {
		if p := &j.state.streams.pairs[i]; wanted(&p.key, &p.value) {
			all = append(all, *p) // a stream's slices are never changed
		}
	}
	j.lock.Unlock()
	slices.SortFunc(all, func(x, y pair[streamID, stream]) int {
		if by := x.key.namespace.Compare(y.key.namespace); by != 0 {
			return by
		}
		return x.key.device.Compare(y.key.device)
	})
	return all
}
