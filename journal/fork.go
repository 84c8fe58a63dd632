package journal

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Evidence returns the two facts at which a stream forked here first: the one that began its second branch, and the one
// that was here before with the same predecessor. It is false for a stream that never had branches, when one of the two facts
// was collected, and when one is of the first format, which shows nothing. It reads two facts, however long the stream is.
func (j *Journal) Evidence(ns fact.Namespace, device aura.DeviceID) (e fact.Evidence, found bool, err error) {
	s, err := j.durable(streamID{ns, device})
	if err != nil || s.calm == nil {
		return e, false, err
	}
	// The stream had one branch up to the first stretch's end. So there numbers are places, and the fact behind a
	// predecessor has the next number.
	began := s.calm[0].To + 1
	branch, found, err := j.byNumber(ns, device, began)
	if err != nil || !found {
		return e, false, err
	}
	preds := branch.Fact.Predecessors()
	if len(preds) == 0 {
		preds = []fact.Place{{}} // both begin the stream
	}
	for _, p := range preds {
		if p.Seq+1 >= began {
			continue
		}
		other, there, err := j.byNumber(ns, device, p.Seq+1)
		if err != nil {
			return e, false, err
		}
		if !there {
			continue
		}
		if e, err := fact.NewEvidence(&branch, &other); err == nil {
			return e, true, nil
		}
	}
	return e, false, nil
}

// byNumber returns the fact of a stream with a number, and false when it was collected.
func (j *Journal) byNumber(ns fact.Namespace, device aura.DeviceID, number uint64) (r fact.Record, found bool, err error) {
	records, err := j.ByAuthor(ns, device, number, 1)
	if aura.KindOf(err) == aura.NotFound {
		return r, false, nil
	}
	if err != nil || len(records) == 0 || records[0].Number != number {
		return r, false, err
	}
	return records[0], true, nil
}
