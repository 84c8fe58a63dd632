package service

import (
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// giveUp ends the delivery of messages that waited longer than their domain keeps records of deliveries. A
// peer that comes back gets them all the same, and they count as delivered then.
func (s *Maintenance) giveUp(tc task.Context) {
	peers := s.env.Directory.Members()
	for i := range peers {
		peer := &peers[i]
		if tc.Err() != nil {
			return
		}
		if peer.Left {
			continue // nothing more is sent to it
		}
		last, waited, err := s.overdue(tc, peer)
		if err == nil && last.Number > 0 {
			_, err = s.env.plan(tc, func(*directory.State) (guard.Request, error) {
				upTo, err := home{env: s.env}.mark(peer.Context, s.env.Ring.Device(), last.Number)
				if err != nil {
					return guard.Request{}, err
				}
				why := fmt.Sprintf("not delivered within %d days", waited/(24*time.Hour))
				return delivery.GiveUp(s.env.Caller(tc, aura.OperationID{}), peer.Authority, upTo, why)
			})
		}
		if err != nil && tc.Err() == nil {
			tc.Emit(world.ServiceTroubled(s.Name(), "overdue messages not looked at", "", err))
		}
	}
}

// readAtOnce is how many records one read of the journal returns.
const readAtOnce = 128

// overdue returns the last message to a peer that waited too long, without a number when there is none, and how long
// is too long.
func (s *Maintenance) overdue(tc task.Context, p *directory.Peer) (last fact.Record, limit aura.Duration, err error) {
	env, ns := s.env, fact.ContextNamespace(p.Context)
	settled, err := env.watermarks().Settled(p.Context, p.Authority)
	if err != nil {
		return last, 0, err
	}
	now := tc.Now().At
	for next := settled + 1; ; {
		// The list of waiting facts may be long, and a stop must not wait for its end.
		if err := tc.Err(); err != nil {
			return fact.Record{}, 0, err
		}
		records, err := env.Journal.ByAuthor(ns, env.Ring.Device(), next, readAtOnce)
		if err != nil || len(records) == 0 {
			return last, limit, err
		}
		for i := range records {
			sent, dated := env.Modules.Written(&records[i].Fact)
			policy := env.Modules.Registry().Policy(records[i].Fact.Kind)
			if !dated || !policy.RequiresAck(records[i].Fact.Kind) {
				continue // it shares the fate of the messages around it
			}
			if now.Sub(sent) < policy.MaxRetention() {
				return last, limit, nil
			}
			last, limit = records[i], policy.MaxRetention()
		}
		next = records[len(records)-1].Number + 1
	}
}
