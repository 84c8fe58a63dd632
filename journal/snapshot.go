package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// SnapshotKind is the kind of facts that replace a prefix of a namespace. They live in the own namespace
// of the authority that made them.
const SnapshotKind = "journal.snapshot"

// Snapshot is the payload of a snapshot fact: a reducer's state after the facts that it covers, and a
// digest that names exactly these. The covers name local numbers, so they mean something in this journal alone. No build
// writes one into a home yet.
type Snapshot struct {
	Namespace fact.Namespace `cbor:"1,keyasint,omitempty"`
	Covers    []Cover        `cbor:"2,keyasint,omitempty"` // sorted by device
	Digest    [32]byte       `cbor:"3,keyasint,omitzero"`
	State     []byte         `cbor:"4,keyasint,omitempty"` // the reducer's saved state
}

// Cover is a run of one device's facts: those numbered (After, Through] in this journal.
type Cover struct {
	Device  aura.DeviceID `cbor:"1,keyasint,omitzero"`
	After   uint64        `cbor:"2,keyasint,omitempty"` // collected by an earlier snapshot
	Through uint64        `cbor:"3,keyasint,omitempty"`
}

// Domain returns the journal's own registration: the kind of snapshots.
func Domain() fact.Domain {
	return fact.Domain{Name: "journal", Kinds: []fact.Kind{{Name: SnapshotKind, Check: func(f *fact.Fact) error {
		_, err := parseSnapshot(f)
		return err
	}}}}
}

func parseSnapshot(f *fact.Fact) (Snapshot, error) {
	const op = "journal.Snapshot"
	var s Snapshot
	if f.Kind != SnapshotKind {
		return s, aura.Errorf(op, aura.Invalid, "a fact of kind %s is not a snapshot", f.Kind)
	}
	if err := fact.Unmarshal(f.Payload, &s); err != nil {
		return s, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	sorted := slices.IsSortedFunc(s.Covers, func(a, b Cover) int { return a.Device.Compare(b.Device) })
	for _, c := range s.Covers {
		sorted = sorted && c.After < c.Through
	}
	if !s.Namespace.Valid() || len(s.Covers) == 0 || !sorted {
		return s, aura.Errorf(op, aura.Invalid, "snapshot does not say what it covers")
	}
	return s, nil
}

// Snapshot proposes a snapshot of a namespace up to a position: state is a reducer's saved state after
// exactly the facts up to there. Commit the draft, then [Journal.Collect] the facts that it covers. It returns
// aura.NotFound when there is nothing to cover and aura.Invalid when state is too large for a fact.
func (j *Journal) Snapshot(tc task.Context, ns fact.Namespace, through fact.Position, state []byte) (fact.Draft, error) {
	const op = "journal.Snapshot"
	covers := map[aura.DeviceID]uint64{}
	_, err := j.ReadStored(tc, fact.Selection{Namespaces: []fact.Namespace{ns}}, func(r fact.Record) error {
		if r.Position > through {
			return errStop
		}
		covers[r.Fact.Device] = r.Number
		return nil
	})
	if err != nil && err != errStop {
		return fact.Draft{}, err
	}
	if len(covers) == 0 {
		return fact.Draft{}, aura.Errorf(op, aura.NotFound, "namespace %s has no facts to replace", ns)
	}
	s := Snapshot{Namespace: ns, State: state}
	for device, seq := range covers {
		j.lock.Lock()
		known, _ := j.state.stream(streamID{ns, device})
		j.lock.Unlock()
		s.Covers = append(s.Covers, Cover{Device: device, After: known.collected, Through: seq})
	}
	slices.SortFunc(s.Covers, func(a, b Cover) int { return a.Device.Compare(b.Device) })
	if s.Digest, err = j.digest(tc, &s); err != nil {
		return fact.Draft{}, err
	}
	payload, err := fact.Marshal(s)
	if err != nil {
		return fact.Draft{}, err
	}
	return fact.Draft{Namespace: fact.OwnNamespace(j.options.Author), Kind: SnapshotKind, Payload: payload}, nil
}

// LatestSnapshot returns the newest snapshot of a namespace, and false when there is none. A reducer
// that restores its state and then applies what Read gives stands where all facts would bring it.
func (j *Journal) LatestSnapshot(tc task.Context, ns fact.Namespace) (Snapshot, bool, error) {
	var newest fact.Record
	var found Snapshot
	sel := fact.Selection{Namespaces: []fact.Namespace{fact.OwnNamespace(j.options.Author)}, Kinds: []string{SnapshotKind}}
	_, err := j.Read(tc, sel, func(r fact.Record) error {
		s, err := parseSnapshot(&r.Fact)
		if err != nil || s.Namespace != ns || r.Fact.Author != j.options.Author {
			return nil // not one of ours to restore from
		}
		if newest.Position == 0 || fact.Compare(&newest, &r) < 0 {
			newest, found = r, s
		}
		return nil
	})
	return found, newest.Position != 0, err
}

// digest names the facts that a snapshot covers: for each device a hash over their identities in order.
func (j *Journal) digest(tc task.Context, s *Snapshot) ([32]byte, error) {
	hashes := make([]hash.Hash, len(s.Covers))
	seen := make([]uint64, len(s.Covers))
	for i := range hashes {
		hashes[i], seen[i] = sha256.New(), s.Covers[i].After
	}
	_, err := j.ReadStored(tc, fact.Selection{Namespaces: []fact.Namespace{s.Namespace}}, func(r fact.Record) error {
		i, ok := slices.BinarySearchFunc(s.Covers, r.Fact.Device, func(c Cover, d aura.DeviceID) int {
			return bytes.Compare(c.Device[:], d[:])
		})
		if ok && r.Number <= s.Covers[i].Through && r.Number > seen[i] {
			hashes[i].Write(r.ID[:])
			seen[i] = r.Number
		}
		return nil
	})
	if err != nil {
		return [32]byte{}, err
	}
	whole := sha256.New()
	for i, c := range s.Covers {
		if seen[i] != c.Through {
			return [32]byte{}, aura.Errorf("journal.Snapshot", aura.NotFound, "facts that the snapshot covers are not in this journal")
		}
		whole.Write(c.Device[:])
		whole.Write(binary.BigEndian.AppendUint64(nil, c.After))
		whole.Write(binary.BigEndian.AppendUint64(nil, c.Through))
		whole.Write(hashes[i].Sum(nil))
	}
	return [32]byte(whole.Sum(nil)), nil
}
