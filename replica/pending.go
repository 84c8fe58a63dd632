package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// pending names the own facts that a session handed to its channel and that the peer has not acknowledged.
// A session sends each Seq once and in order, so a place in it is a Seq.
type pending struct {
	next uint64 // Seq of ids[0]
	ids  []aura.FactID
}

// add appends facts that were sent.
func (p *pending) add(records []fact.Record) {
	for i := range records {
		if len(p.ids) == 0 {
			p.next = records[i].Seq
		}
		p.ids = append(p.ids, records[i].ID)
	}
}

// acknowledge removes and returns the facts up to a Seq.
func (p *pending) acknowledge(through uint64) []aura.FactID {
	if through < p.next {
		return nil
	}
	n := min(int(through-p.next)+1, len(p.ids))
	acked := p.ids[:n:n]
	p.ids, p.next = p.ids[n:], p.next+uint64(n)
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
	seq, _, err := env.watermarks().Acked(s.peer.Context, s.peer.Authority)
	for err == nil && seq < through && tc.Err() == nil {
		var records []fact.Record
		records, err = env.Journal.ByAuthor(s.link.namespace(), env.Ring.Device(), seq+1, int(min(maxDeliver, through-seq)))
		if len(records) == 0 {
			return
		}
		for i := range records {
			tc.Emit(world.FactAcknowledged(syncName, records[i].ID))
		}
		seq = records[len(records)-1].Seq
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
