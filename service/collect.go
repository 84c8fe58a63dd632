package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// collect removes the delivery records of ended epochs that the policies of the registered domains let go.
// Facts stay: what a peer or another device may still ask for is not this agent's alone to forget.
func (s *Maintenance) collect(tc task.Context) {
	peers := s.desk.Book.Peers()
	for i := range peers {
		if tc.Err() != nil {
			return
		}
		if err := s.collectReceipts(tc, &peers[i]); err != nil && tc.Err() == nil {
			tc.Emit(world.ServiceTroubled(s.Name(), "old receipts not removed", "", err))
		}
	}
}

func (s *Maintenance) collectReceipts(tc task.Context, p *Peer) error {
	desk := s.desk
	acked, err := desk.acked(p.Context, p.Authority)
	if err != nil {
		return err
	}
	limits, err := desk.Tokens.Policy(tc, p.Context)
	if err != nil {
		return err
	}
	now := tc.Now().At
	_, err = desk.CollectReceipts(tc, p.Context, p.Authority, func(r *effect.Receipt) bool {
		return desk.collectable(now.Sub(guard.NextEpoch(limits, r.Epoch)), r.LastSeq <= acked)
	})
	return err
}

// collectable reports whether the record of a delivery may go. A receipt covers facts of any domain, so each
// that keeps records must agree.
func (d *Desk) collectable(age aura.Duration, acked bool) bool {
	kept := false
	for _, domain := range d.Registry.Domains() {
		if domain.Delivery == nil {
			continue
		}
		if !domain.Delivery.CanCollect(age, acked) {
			return false
		}
		kept = true
	}
	return kept
}
