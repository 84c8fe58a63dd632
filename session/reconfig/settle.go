package reconfig

import (
	"time"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// committed returns the fact of the source that the last of the moves is committed, as this device has it; nil for none.
func (c *Controller) committed(tc task.Context, name aura.SessionID, moves []view.Move) (found *view.Delegated, err error) {
	if len(moves) == 0 {
		return nil, nil
	}
	last := &moves[len(moves)-1]
	of := fact.Selection{Namespaces: []fact.Namespace{fact.OwnNamespace(c.options.Own)}, Kinds: []string{view.KindDelegated}}
	_, err = c.options.Journal.Read(tc, of, func(r fact.Record) error {
		var d view.Delegated
		if r.Fact.Device == last.From && fact.Unmarshal(r.Fact.Payload, &d) == nil && d.Session == name && d.Move.Signature == last.Signature {
			found = &d
		}
		return nil
	})
	return found, err
}

// settlePause is the time between two looks for facts of delegations whose words did not come.
const settlePause = time.Minute

// Name implements [task.Service].
func (*Controller) Name() string { return "reconfig" }

// Declaration implements [task.Service].
func (*Controller) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned,
		Owns:     task.Locked("reconfig.Controller"),
		Events:   []world.Family{world.FamilyDelegation, world.FamilyService},
	}
}

// Start implements [task.Service].
func (*Controller) Start(task.Context) error { return nil }

// Serve implements [task.Service].
func (c *Controller) Serve(tc task.Context) error {
	for {
		if err := c.Settle(tc); err != nil && tc.Err() == nil {
			tc.Emit(world.ServiceTroubled(c.Name(), "a session that was given to this device waits", "", err))
		}
		if err := tc.Sleep(settlePause); err != nil {
			return err
		}
	}
}

// Close implements [task.Service].
func (*Controller) Close(task.Context) error { return nil }

// Settle claims the sessions that wait here and whose sources have given them away, as their facts say: where the word of the source did not
// come, its fact does, over the link of the two devices.
func (c *Controller) Settle(tc task.Context) error {
	all, err := c.reconfig.Imports(tc)
	if err != nil {
		return err
	}
	for _, i := range all {
		moves := i.Moves()
		d, err := c.committed(tc, i.Name(), moves)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if err := c.claim(tc, i, &d.Move); err != nil && aura.KindOf(err) != aura.Stale {
			return err
		}
	}
	return nil
}

// claim takes a session by the fact of its source.
func (c *Controller) claim(tc task.Context, i *session.Import, m *view.Move) error {
	_, err := i.Claim(tc, func(tc task.Context, changes []journal.LogChange) error {
		r, err := view.Take(c.caller(tc, aura.OperationID{}), &view.Taken{Session: i.Name(), Move: *m})
		if err != nil {
			return err
		}
		r.Authority, r.Capability, r.Metadata = c.options.Own, view.CapTake, append([]guard.Meta(nil), metas(changes)...)
		_, err = c.options.Decider.Decide(tc, &r)
		return err
	})
	if err == nil {
		tc.Emit(world.DelegationCommitted(i.Name(), "", m.From.String(), m.To.String()))
	}
	return err
}
