package reconfig

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// A delegation may carry a change of version: sessions of the protocol begin in the other version at both devices from its two commits on. The
// session that moves keeps its own, since its other participants have it. Request and execution are facts, as of any other change of version.

// mayUpgrade returns why this device cannot change as a delegation of a session of the protocol asks.
func (c *Controller) mayUpgrade(tc task.Context, ceremony aura.SessionID, r *upgrade.Request, protocol string) error {
	const op = "reconfig.mayUpgrade"
	switch {
	case r == nil:
		return nil
	case r.Protocol != protocol || r.From == r.To:
		return aura.Errorf(op, aura.Denied, "the change of version is not one of protocol %s, whose session moves", protocol)
	}
	if err := c.reconfig.MayChange(tc, ceremony, r.Protocol, r.From, r.To); err != nil {
		return aura.Errorf(op, aura.Denied, "this device cannot change protocol %s: %w", protocol, err)
	}
	return nil
}

// asks adds the fact that a device is asked to change, and reserves the protocol here for this delegation.
func (c *Controller) asks(tc task.Context, by domain.Caller, ceremony aura.SessionID, r *upgrade.Request, to aura.DeviceID) (guard.Request, error) {
	all, err := c.reserves(tc, ceremony, r)
	if r == nil || err != nil {
		return all, err
	}
	asked, err := upgrade.Ask(by, upgrade.Requested{Session: ceremony, Request: *r, Device: to})
	all.Add(&asked)
	return all, err
}

// reserves has no other session change the protocol here while this delegation lives.
func (c *Controller) reserves(tc task.Context, ceremony aura.SessionID, r *upgrade.Request) (guard.Request, error) {
	if r == nil {
		return guard.Request{}, nil
	}
	return c.reconfig.Reserve(tc, ceremony, r.Protocol, r.From, r.To)
}

// executes adds to the request of a commit that sessions begin in the other version.
func (c *Controller) executes(tc task.Context, by domain.Caller, ceremony aura.SessionID, r *upgrade.Request, told aura.DeviceID, into *guard.Request) error {
	if r == nil {
		return nil
	}
	change, err := c.reconfig.Change(tc, ceremony, r.Protocol, r.From, r.To)
	if err != nil {
		return err
	}
	fact, err := upgrade.Execute(by, upgrade.Executed{Session: ceremony, Request: *r, Device: told})
	into.Add(&change)
	into.Add(&fact)
	return err
}

// followed has the engine begin sessions in the version of a commit that is durable. The delegation goes on whatever comes of it, since its
// last words are still to be said: the next start reads the version again.
func (c *Controller) followed(tc task.Context, r *upgrade.Request) {
	if r == nil {
		return
	}
	if err := c.reconfig.Activate(tc, r.Protocol); err != nil && tc.Err() == nil {
		tc.Emit(world.ServiceTroubled(c.options.Engine.Name(), "a change of version waits for the next start", "", err))
	}
}
