package service

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
)

// holdings are how far this device has what the account has: the secrets of the shared contexts, the streams of the own namespace, and the streams
// of the contexts. They go in that order: a context of which a device knows without its secret would be mute there, when the only device that has
// it is removed, and the facts of a context are taken only when those are here that say who speaks there.
type holdings struct {
	through fact.Position
	streams []device.Stream  // in that order
	ids     []aura.FactID    // of the streams, by which sides compare them
	hash    [32]byte         // over all ids
	secrets []aura.ContextID // the contexts whose secrets are here, ascending
}

// holdings looks at all streams in memory. It reads no fact.
func (s *Siblings) holdings() (*holdings, error) {
	spaces := s.env.Directory.Spaces()
	rows, through, err := s.env.Journal.Rows(func(ns fact.Namespace) bool { return spaces[ns] })
	if err != nil {
		return nil, err
	}
	f := &holdings{through: through, streams: make([]device.Stream, 0, len(rows))}
	for i := range rows {
		f.streams = append(f.streams, device.Stream{Namespace: rows[i].Namespace, Device: rows[i].Device, Heads: rows[i].Heads})
	}
	here, _ := s.env.Directory.Secrets()
	f.secrets = here
	for _, context := range here {
		f.streams = append(f.streams, device.Stream{Namespace: fact.ContextNamespace(context), Heads: []fact.Place{{}}})
	}
	slices.SortFunc(f.streams, func(a, b device.Stream) int { return compareStreams(&a, &b) })
	f.ids = make([]aura.FactID, len(f.streams))
	for i := range f.streams {
		f.ids[i] = idOf(&f.streams[i])
	}
	f.hash = hashOf(f.ids)
	return f, nil
}

// hashOf returns what two sides compare first: SHA-256 over the identities of all streams, ascending.
func hashOf(ids []aura.FactID) [32]byte {
	h := sha256.New()
	h.Write([]byte("aura streams 1\x00"))
	for _, id := range slices.SortedFunc(slices.Values(ids), aura.FactID.Compare) {
		h.Write(id[:])
	}
	return [32]byte(h.Sum(nil))
}

// rank returns the place of a stream's kind in the order of a [holdings].
func rank(t *device.Stream) byte {
	switch {
	case t.Secret():
		return 0
	case t.Namespace.Space == fact.SpaceAuthority:
		return 1
	}
	return 2
}

func compareStreams(a, b *device.Stream) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Namespace.Compare(b.Namespace), a.Device.Compare(b.Device))
}

// idOf returns the identity of a stream with its heads. It begins with the stream's rank, so that what others need is named first.
func idOf(t *device.Stream) aura.FactID {
	b := append([]byte{byte(t.Namespace.Space)}, t.Namespace.ID[:]...)
	b = append(b, t.Device[:]...)
	for _, h := range t.Heads {
		b = append(binary.BigEndian.AppendUint64(b, h.Seq), h.ID[:]...)
	}
	id := aura.FactID(sha256.Sum256(b))
	id[0] = rank(t)
	return id
}

// find returns a stream, without heads when there is nothing of it.
func (f *holdings) find(t *device.Stream) device.Stream {
	i, found := slices.BinarySearchFunc(f.streams, *t, func(a, b device.Stream) int { return compareStreams(&a, &b) })
	if !found {
		return device.Stream{Namespace: t.Namespace, Device: t.Device}
	}
	return f.streams[i]
}

// named returns the streams that have some of the identities.
func (f *holdings) named(ids []aura.FactID) (all []device.Stream) {
	asked := make(map[aura.FactID]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	for i := range f.ids {
		if asked[f.ids[i]] {
			all = append(all, f.streams[i])
		}
	}
	return all
}

// set returns the streams for a comparison.
func (f *holdings) set() *journal.Set { return journal.NewSet(f.ids) }

// lacks reports whether one of some heads of a stream is not here.
func (s *Siblings) lacks(t *device.Stream, f *holdings) (bool, error) {
	if t.Secret() {
		mine := f.find(t)
		return len(mine.Heads) == 0 && len(t.Heads) > 0, nil
	}
	for _, h := range t.Heads {
		here, err := s.env.Journal.Has(t.Namespace, t.Device, h)
		if err != nil || !here {
			return err == nil, err
		}
	}
	return false, nil
}

// batch returns the next facts of a stream behind a number, or a part of a fact that one message does not hold. It is empty behind the last one.
func (s *Siblings) batch(t *device.Stream, after uint64, from uint32) (b device.Batch, err error) {
	b = device.Batch{Stream: device.Stream{Namespace: t.Namespace, Device: t.Device}, After: after}
	if t.Secret() {
		context, _ := t.Namespace.Context()
		value, err := s.env.Journal.Meta(domain.SecretKey(context))
		if err == nil && len(value) == 32 && after == 0 {
			b.Secret, b.After = [32]byte(value), 1
		}
		return b, err
	}
	records, err := s.env.Journal.ByAuthorWithin(t.Namespace, t.Device, after+1, device.MaxBatch, device.BatchRoom)
	if err != nil {
		return b, err
	}
	room := device.BatchRoom
	for i := range records {
		r := &records[i]
		c := device.Copy{Record: r.Encode()}
		if r.Fact.Seq == 0 {
			before, err := s.env.Journal.Before(r)
			if err != nil {
				return b, err
			}
			if before != [fact.ShortID]byte{} {
				c.Before = bytes.Clone(before[:])
			}
		}
		size := len(c.Record) + len(c.Before) + 16
		switch {
		case size <= room:
			room -= size
			b.Facts, b.After = append(b.Facts, c), r.Number
			continue
		case i > 0:
			return b, nil
		}
		at := min(int(from), len(c.Record))
		b.Part, b.Before = c.Record[at:min(at+device.BatchRoom, len(c.Record))], c.Before
		if b.Bytes = uint32(at + len(b.Part)); int(b.Bytes) == len(c.Record) {
			b.Last, b.After, b.Bytes = true, r.Number, 0
		}
		return b, nil
	}
	return b, nil
}

func sortedStreams[V any](of map[stream]V) []stream {
	return slices.SortedFunc(maps.Keys(of), func(a, b stream) int {
		return cmp.Or(a.namespace.Compare(b.namespace), a.device.Compare(b.device))
	})
}
