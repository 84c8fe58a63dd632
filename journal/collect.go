package journal

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// collectStep is how many facts one batch deletes: collecting is in no hurry and must not hold up others.
const collectStep = 256

// collection is a step of collecting the facts that a snapshot replaced: how far each stream is gone, and store
// keys to delete.
type collection struct {
	namespace fact.Namespace
	covers    []Cover
	keys      [][]byte
	listed    []indexEntry
	leaving   []reference // to shares of proofs
}

// mark moves the streams' lower ends.
func (c *collection) mark(l *layer) {
	for _, cover := range c.covers {
		id := streamID{c.namespace, cover.Device}
		if s, ok := l.stream(id); ok && cover.Through > s.collected {
			s.collected = cover.Through
			l.streams.set(id, s)
		}
	}
}

// Collect removes the facts that a snapshot covers and returns how many it removed. The snapshot must
// be this authority's and its digest must be that of the facts that are there: aura.Denied and
// aura.Conflict otherwise, aura.NotFound when there is no such fact. From the first batch on no read returns
// the covered facts; a crash in between leaves bytes that the next Collect of the snapshot removes.
func (j *Journal) Collect(tc task.Context, id aura.FactID) (removed int, err error) {
	const op = "journal.Collect"
	r, ok, err := j.Fact(id)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, aura.Errorf(op, aura.NotFound, "snapshot %s is not in the journal", aura.Short(id))
	}
	if r.Fact.Author != j.options.Author {
		return 0, aura.Errorf(op, aura.Denied, "snapshot %s was made by another authority", aura.Short(id))
	}
	s, err := parseSnapshot(&r.Fact)
	if err != nil {
		return 0, err
	}
	if !j.replaced(&s) {
		if err := j.verify(tc, id, &s); err != nil {
			return 0, err
		}
		mark := &collection{namespace: s.Namespace, covers: s.Covers}
		if _, err := j.Append(tc, &Entry{collect: mark}); err != nil {
			return 0, err
		}
	}
	for _, c := range s.Covers {
		n, err := j.sweep(tc, streamID{s.Namespace, c.Device})
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (j *Journal) verify(tc task.Context, id aura.FactID, s *Snapshot) error {
	digest, err := j.digest(tc, s)
	if err != nil {
		return err
	}
	if digest != s.Digest {
		return aura.Errorf("journal.Collect", aura.Conflict, "snapshot %s covers other facts than this journal has", aura.Short(id))
	}
	return nil
}

// replaced reports whether all that the snapshot covers was marked already.
func (j *Journal) replaced(s *Snapshot) bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	for _, c := range s.Covers {
		if known, _ := j.state.stream(streamID{s.Namespace, c.Device}); known.collected < c.Through {
			return false
		}
	}
	return true
}

// sweep deletes the bytes of a stream's collected facts, some at a time.
func (j *Journal) sweep(tc task.Context, id streamID) (removed int, err error) {
	for {
		step, facts, err := j.garbage(id)
		if err != nil || facts == 0 {
			return removed, err
		}
		if _, err := j.Append(tc, &Entry{collect: step}); err != nil {
			return removed, err
		}
		removed += facts
	}
}

// garbage returns the removal of some collected facts of a stream, and of how many.
func (j *Journal) garbage(id streamID) (step *collection, facts int, err error) {
	j.lock.Lock()
	s, _ := j.state.stream(id)
	j.lock.Unlock()
	step = &collection{namespace: id.namespace}
	err = j.eachSeq(&s, 0, func(seq uint64, p fact.Position) error {
		if seq > s.collected || facts == collectStep {
			return errStop
		}
		facts++
		step.drop(indexed{tableSeqRun, s.tag}, seq, p)
		return nil
	})
	if err != nil && err != errStop {
		return nil, 0, err
	}
	for _, l := range step.listed[:facts:facts] {
		p := l.position
		r, ok, err := j.stored(p)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			continue
		}
		at, shared, err := j.referenceOf(p)
		if err != nil {
			return nil, 0, err
		}
		if shared {
			step.leaving = append(step.leaving, at)
		}
		step.keys = append(step.keys, numberKey(tableRecord, uint64(p)))
		if j.older {
			step.keys = append(step.keys, tagKey(tableFact, j.seal.factTag(r.ID)))
		}
		step.drop(indexed{tableNamespaceRun, s.namespace}, uint64(p), p)
		// The kind may have been registered since, so both its indexes are cleaned.
		step.drop(indexed{tableKindRun, tag{}}, uint64(p), p)
		step.drop(indexed{tableKindRun, j.kinds[r.Fact.Kind]}, uint64(p), p)
		if j.ownAction(&r.Fact) {
			step.drop(indexed{tableOperationRun, j.seal.operationTag(r.Fact.Operation)}, uint64(p), p)
		}
	}
	return step, facts, nil
}

// drop takes a record out of an index: out of its run, and out of the entries of format 1.
func (c *collection) drop(name indexed, number uint64, p fact.Position) {
	c.listed = append(c.listed, indexEntry{name, number, p})
	for _, table := range []byte{tableNamespace, tableKind, tableSeq} {
		if runOf(table) == name.table {
			c.keys = append(c.keys, tagNumberKey(table, name.tag, number))
		}
	}
}
