package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// collect removes the delivery records of ended epochs that the policies of the registered domains let go.
// Facts stay: what a peer or another device may still ask for is not this agent's alone to forget.
func (s *Maintenance) collect(tc task.Context) {
	peers := s.env.Directory.Members()
	for i := range peers {
		if tc.Err() != nil {
			return
		}
		if err := s.collectReceipts(tc, &peers[i]); err != nil && tc.Err() == nil {
			tc.Emit(world.ServiceTroubled(s.Name(), "old receipts not removed", "", err))
		}
	}
}

func (s *Maintenance) collectReceipts(tc task.Context, p *directory.Peer) error {
	env := s.env
	acked, _, err := env.watermarks().Acked(p.Context, p.Authority)
	if err != nil {
		return err
	}
	limits, err := env.Frontier.Policy(tc, p.Context)
	if err != nil {
		return err
	}
	now := tc.Now().At
	for _, ledger := range []aura.ContextID{p.Context, guard.MessageContext(p.Context), guard.CarryContext(p.Context)} {
		_, err := env.CollectReceipts(tc, ledger, p.Authority, func(r *effect.Receipt) bool {
			// Only a fact waits for its acknowledgement. A receipt of anything else is of use in its epoch alone.
			done := r.Kind != effect.ReceiptKindFacts || r.LastSeq <= acked
			return env.collectable(now.Sub(guard.NextEpoch(limits, r.Epoch)), done)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settle removes the ledger entries of invitations that have ended, when the epoch in which they were written is
// over: each had a budget of its own.
func (s *Maintenance) settle(tc task.Context) {
	var ended []invite.ID
	s.env.Directory.Read(func(p *directory.State) { ended = p.Invites.Ended(tc.Now()) })
	for _, id := range ended {
		if tc.Err() != nil {
			return
		}
		if s.settled[id] {
			continue
		}
		if err := s.settleInvitation(tc, id); err != nil && tc.Err() == nil {
			tc.Emit(world.ServiceTroubled(s.Name(), "old budgets not removed", "", err))
		}
	}
}

func (s *Maintenance) settleInvitation(tc task.Context, id invite.ID) error {
	j, of := s.env.Journal, egress.Invited(id)
	budgets := [...]aura.ContextID{guard.ControlContext(of.Context), guard.MessageContext(of.Context)}
	limits, err := s.env.Frontier.Policy(tc, of.Context)
	if err != nil {
		return err
	}
	var charges [len(budgets)]fact.Charge
	spent := false
	for i, budget := range budgets {
		charges[i] = j.Charge(budget, of.Peer)
		if charges[i] == (fact.Charge{Context: budget, Peer: of.Peer}) {
			continue
		}
		if tc.Now().At < guard.NextEpoch(limits, charges[i].Epoch) {
			return nil // the next round finds it
		}
		spent = true
	}
	if !spent {
		// Without its ledger entry a chain of receipts has no present epoch, and no contact to be shown to.
		_, err := s.env.CollectReceipts(tc, guard.MessageContext(of.Context), of.Peer, func(*effect.Receipt) bool { return true })
		s.settled[id] = err == nil
		return err
	}
	_, err = j.Append(tc, &journal.Entry{Settled: append([]aura.ContextID{of.Context}, budgets[:]...), Expect: func(v journal.View) error {
		for i, budget := range budgets {
			if v.Charge(budget, of.Peer) != charges[i] {
				return aura.Errorf("service.Maintenance", aura.Stale, "the ledger has changed")
			}
		}
		return nil
	}})
	return err
}

// collectable reports whether the record of a delivery may go. A receipt covers facts of any domain, so each
// that keeps records must agree.
func (e *Env) collectable(age aura.Duration, acked bool) bool {
	kept := false
	for _, domain := range e.Modules.Registry().Domains() {
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
