package replica

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// pending names the own facts that a session handed to its channel and that the peer has not acknowledged, in the order
// of their numbers.
type pending []sentFact

type sentFact struct {
	number uint64
	seq    uint64
	id     aura.FactID
}

// add appends facts that were sent.
func (p *pending) add(records []fact.Record) {
	for i := range records {
		*p = append(*p, sentFact{records[i].Number, records[i].Seq, records[i].ID})
	}
}

// number returns the number of the fact at a place, zero when it is not pending.
func (p pending) number(at fact.Place) uint64 {
	i, _ := slices.BinarySearchFunc(p, at.Seq, func(f sentFact, seq uint64) int { return cmp.Compare(f.seq, seq) })
	if i < len(p) && at.Is(p[i].seq, p[i].id) {
		return p[i].number
	}
	return 0
}

// acknowledge removes and returns the facts up to a number.
func (p *pending) acknowledge(through uint64) (acked []aura.FactID) {
	n := 0
	for n < len(*p) && (*p)[n].number <= through {
		acked = append(acked, (*p)[n].id)
		n++
	}
	*p = (*p)[n:]
	return acked
}

// acknowledged reports facts that the peer has.
func (s *session) acknowledged(tc task.Context, ids []aura.FactID) {
	for _, id := range ids {
		tc.Emit(world.FactAcknowledged(syncName, id))
	}
}

// acknowledgedBefore reports the facts that the peer got in an earlier session, whose acknowledgement did
// not arrive. A fact that cannot be read is not reported: a report must not end a session.
func (s *session) acknowledgedBefore(tc task.Context, through uint64) {
	if !tc.Observed() {
		return
	}
	env := s.env()
	number, _, err := env.watermarks().AckedBy(receiver(&s.peer))
	for err == nil && number < through && tc.Err() == nil {
		var records []fact.Record
		records, err = env.Journal.ByAuthor(s.link.namespace(), env.Ring.Device(), number+1, int(min(maxDeliver, through-number)))
		if len(records) == 0 {
			return
		}
		for i := range records {
			tc.Emit(world.FactAcknowledged(syncName, records[i].ID))
		}
		number = records[len(records)-1].Number
	}
}

// reportWait reports that the next fact waits for the budget towards the peer.
func (s *session) reportWait(tc task.Context, why guard.Denial) {
	if !tc.Observed() {
		return
	}
	env := s.env()
	records, err := env.Journal.ByAuthor(s.link.namespace(), env.Ring.Device(), s.sent+1, 1)
	if err == nil && len(records) == 1 {
		tc.Emit(world.BudgetWaits(syncName, delivery.CapResend, why.Stage, why.Reason, records[0].ID))
	}
}
