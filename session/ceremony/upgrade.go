package ceremony

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// Upgrade is the protocol in which devices change to another version of a protocol together.
const Upgrade = "aura.upgrade.runtime"

const familyDevice = choreo.Role("Device")

// Upgrade asks devices to have their sessions of a protocol begin in another version, together with this one: all change, or none
// does. It returns the names of the session and of its coordination.
func (c *Ceremonies) Upgrade(tc task.Context, context aura.ContextID, r upgrade.Request, devices []view.Part) (made, coordination aura.SessionID, err error) {
	b, err := encode(r)
	if err != nil {
		return made, coordination, err
	}
	if err := c.changes.MayChange(tc, made, r.Protocol, r.From, r.To); err != nil {
		return made, coordination, aura.Errorf("ceremony.Upgrade", aura.Invalid, "this device cannot change: %s", short(aura.Reason(err)))
	}
	i := view.Invite{Protocol: Upgrade, Context: context, Sizes: []view.Size{{Parameter: "N", Members: uint16(min(len(devices), view.MaxParts+1))}}}
	i.Subject = view.Subject{State: sha256.Sum256(append([]byte(r.Protocol), r.From[:]...)), Operation: sha256.Sum256(b)}
	_, _ = c.options.Entropy.Read(i.Subject.Nonce[:])
	i.Parts = []view.Part{{Role: string(roleCoordinator), Authority: c.options.Own, Device: c.options.Device}}
	for k, d := range devices {
		d.Role = string(choreo.Member(string(familyDevice), k))
		i.Parts = append(i.Parts, d)
	}
	coordination, err = c.Convene(tc, i, b)
	return i.Subject.Name(), coordination, err
}

// overtaken reports whether another change of the protocol was first, so that this device cannot make this one.
func overtaken(err error) bool {
	kind := aura.KindOf(err)
	return kind == aura.Conflict || kind == aura.Stale
}

// reserving returns the plan by which no other change of the protocol gets the word of this device while this one lives.
func (c *Ceremonies) reserving(p *session.Port, r *upgrade.Request) session.Plan {
	return func(tc task.Context) (guard.Request, error) {
		return c.changes.Reserve(tc, p.Session().Name, r.Protocol, r.From, r.To)
	}
}

// upgrade is the program of who proposes a change.
func (c *Ceremonies) upgrade(tc task.Context, p *session.Port) error {
	var r upgrade.Request
	if err := fact.Unmarshal(p.Session().Argument, &r); err != nil {
		return err
	}
	name, devices := p.Session().Name, devicesOf(p.Session())
	for k, d := range devices {
		ask := func(tc task.Context) (guard.Request, error) {
			return upgrade.Ask(c.caller(tc), upgrade.Requested{Session: name, Request: r, Device: d.Device})
		}
		err := error(nil)
		if k == 0 {
			if err = c.send(tc, p, d.Role, "Propose", r, both(c.reserving(p, &r), ask)); err == nil {
				continue
			}
		}
		if err == nil || overtaken(err) { // the commit is refused then
			err = c.send(tc, p, d.Role, "Propose", r, ask)
		}
		if err != nil {
			return err
		}
	}
	var no *upgrade.Refusal
	var roles []choreo.Role
	for _, d := range devices {
		roles = append(roles, d.Role)
	}
	err := c.round(tc, p, roles, func(k int, b []byte) {
		var ready upgrade.Readiness
		if err := fact.Unmarshal(b, &ready); err != nil {
			ready = upgrade.Readiness{Reason: "its answer does not decode"}
		}
		if !ready.Ready && no == nil {
			no = &upgrade.Refusal{Role: string(roles[k]), Reason: short(ready.Reason)}
		}
	})
	if err != nil {
		return err
	}
	if label, again := p.Sent(); no == nil && !again || again && label == "Commit" {
		begun, err := c.cutOver(tc, p, r, devices)
		if begun || !overtaken(err) {
			return err
		}
		no = &upgrade.Refusal{Role: string(roleCoordinator), Reason: short(aura.Reason(err))}
	}
	if no == nil {
		no = &upgrade.Refusal{}
	}
	release := func(tc task.Context) (guard.Request, error) { return c.changes.Release(tc, name, r.Protocol) }
	for _, d := range devices {
		if err := c.send(tc, p, d.Role, "Abort", no, release); err != nil {
			return err
		}
	}
	return nil
}

// both returns the plan that has what two have.
func both(one, two session.Plan) session.Plan {
	return func(tc task.Context) (guard.Request, error) {
		r, err := one(tc)
		if err != nil {
			return r, err
		}
		more, err := two(tc)
		r.Add(&more)
		return r, err
	}
}

// cutOver has all change. It reports whether the first one was told: from then on nothing takes the change back.
func (c *Ceremonies) cutOver(tc task.Context, p *session.Port, r upgrade.Request, devices []session.Party) (begun bool, err error) {
	for _, d := range devices {
		if err := c.send(tc, p, d.Role, "Commit", upgrade.Cutover{Request: r}, c.executing(p, r, d.Device)); err != nil {
			return begun, err
		}
		begun = true
		if err := c.changes.Activate(tc, r.Protocol); err != nil {
			return begun, err
		}
	}
	for _, d := range devices {
		if _, _, err := p.Receive(tc, d.Role); err != nil {
			return begun, err
		}
	}
	return begun, nil
}

// devicesOf returns the devices that are to change, by their roles.
func devicesOf(o session.Opening) (all []session.Party) {
	for _, p := range o.Parties {
		if family, _ := p.Role.Family(); choreo.Role(family) == familyDevice {
			all = append(all, p)
		}
	}
	return all
}

// executing returns the plan for the fact that sessions begin in the new version, and what the engine has to know of it after a
// restart.
func (c *Ceremonies) executing(p *session.Port, r upgrade.Request, told aura.DeviceID) session.Plan {
	return func(tc task.Context) (guard.Request, error) {
		request, err := upgrade.Execute(c.caller(tc), upgrade.Executed{Session: p.Session().Name, Request: r, Device: told})
		if err != nil {
			return request, err
		}
		change, err := c.changes.Change(tc, p.Session().Name, r.Protocol, r.From, r.To)
		request.Add(&change)
		return request, err
	}
}

// change is the program of a device that is asked to change.
func (c *Ceremonies) change(tc task.Context, p *session.Port) error {
	_, b, err := p.Receive(tc, roleCoordinator)
	if err != nil {
		return err
	}
	var r upgrade.Request
	var ready upgrade.Readiness
	if said, again := p.Said(); again { // before a restart: the answer that was given holds
		_ = fact.Unmarshal(b, &r) // a request that does not decode was refused
		if err := fact.Unmarshal(said, &ready); err != nil {
			return err
		}
	} else if err := fact.Unmarshal(b, &r); err != nil {
		ready.Reason = "the request does not decode"
	} else if err := c.changes.MayChange(tc, p.Session().Name, r.Protocol, r.From, r.To); err != nil {
		ready.Reason = short(aura.Reason(err))
	}
	plan := session.Plan(nil)
	if ready.Ready = ready.Reason == ""; ready.Ready {
		plan = c.reserving(p, &r)
	}
	err = c.send(tc, p, roleCoordinator, "Readiness", ready, plan)
	if ready.Ready && overtaken(err) {
		ready = upgrade.Readiness{Reason: short(aura.Reason(err))}
		err = c.send(tc, p, roleCoordinator, "Readiness", ready, nil)
	}
	if err != nil {
		return err
	}
	label, b, err := p.Receive(tc, roleCoordinator)
	if err != nil || label == "Abort" {
		return err
	}
	var cut upgrade.Cutover
	if err := fact.Unmarshal(b, &cut); err != nil {
		return err
	}
	if cut.Request != r || !ready.Ready {
		return aura.Errorf("ceremony.change", aura.Denied, "a change to something else than this device had agreed to")
	}
	err = c.send(tc, p, roleCoordinator, "Activated", upgrade.Execution{Request: r}, c.executing(p, r, aura.DeviceID{}))
	if err != nil {
		return err
	}
	return c.changes.Activate(tc, r.Protocol)
}
