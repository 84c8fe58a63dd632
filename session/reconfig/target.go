package reconfig

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// maxOffers is how many delegations other devices may have under way here.
const maxOffers = 16

// offered decides whether a peer may offer a session: own devices may, in the context of the account.
func (c *Controller) offered(tc task.Context, from session.Party, context aura.ContextID, g *session.Greeting) (session.Opening, error) {
	const op = "reconfig.offered"
	o := &c.options
	if from.Authority != o.Own || context != o.Context || from.Role != roleSource {
		return session.Opening{}, aura.Errorf(op, aura.Denied, "the peer is no device of this account")
	}
	n, err := o.Engine.BegunBy(tc, Delegation, roleSource, from.Authority)
	if err == nil && n >= maxOffers {
		err = aura.Errorf(op, aura.Exhausted, "%d sessions come from other devices: that is the most at once", n)
	}
	return session.Opening{Persistent: true, Budget: lasting, Parties: []session.Party{from}}, err
}

// target is the program that takes a session.
type target struct {
	*Controller
	taking
	port *session.Port
}

// target is the program of the device that takes a session. It acts on nothing that it has not seen the commit of.
func (c *Controller) target(tc task.Context, p *session.Port) error {
	t := &target{Controller: c, port: p, taking: taking{name: p.Session().Name, own: c.options.Own, from: p.Session().Parties[0].Device, to: c.options.Device}}
	said, _, err := p.Repeat(tc)
	if err != nil {
		return err
	}
	for i := range said {
		if err := t.saw(&said[i]); err != nil {
			return err
		}
	}
	for {
		switch t.next() {
		case takeAwait:
			label, b, err := p.Receive(tc, roleSource)
			if err != nil {
				if tc.Err() == nil {
					_ = t.drop(tc) // the delegation has ended, so no commit of it can come
				}
				return err
			}
			err = t.saw(&session.Message{Label: label, Payload: b})
			if err != nil {
				return err
			}
		case takeConsider:
			if err := t.answer(tc); err != nil {
				return err
			}
		case takeActivate:
			if err := t.activate(tc); err != nil {
				return err
			}
		case takeDrop:
			if err := t.drop(tc); err != nil || t.refusal == nil {
				return err
			}
			return t.refused()
		default:
			return nil
		}
	}
}

// answer sends what follows from the offer, as far as it came.
func (t *target) answer(tc task.Context) error {
	o := t.offer
	no := t.consider(tc)
	if no == nil && uint64(len(t.bytes)) < o.Bytes {
		return t.says(tc, "Next", nil, nil)
	}
	if no == nil {
		no = t.takeIn(tc)
	}
	if no == nil {
		r := view.Readiness{Digest: o.Digest}
		r.Signature = t.options.Sign(r.SigningBytes(&o.Moves[len(o.Moves)-1]))
		err := t.says(tc, "Ready", r, func(tc task.Context) (guard.Request, error) { return t.reserves(tc, t.name, o.Upgrade) })
		if kind := aura.KindOf(err); o.Upgrade == nil || kind != aura.Conflict && kind != aura.Stale {
			return err
		}
		no = refusal(view.ReasonVersion, aura.Reason(err)) // another change was first
	}
	if err := t.says(tc, "Refused", no, nil); err != nil {
		return err
	}
	t.options.Engine.Emit(tc, o.Session, world.DelegationRejected(o.Session, "", session.OwnerOf(t.from), session.OwnerOf(t.to), t.refused()))
	return nil
}

// says sends a message.
func (t *target) says(tc task.Context, label string, payload any, plan session.Plan) error {
	b, err := t.send(tc, t.port, roleSource, label, payload, plan)
	if err != nil {
		return err
	}
	return t.saw(&session.Message{Sent: true, Label: label, Payload: b})
}

// consider decides whether this device takes a session, and returns why not.
func (t *target) consider(tc task.Context) *view.Refusal {
	o, c := t.offer, &t.options
	if no := t.fits(c.listed); no != nil {
		return no
	}
	role := choreo.Role(o.Role)
	p, err := t.reconfig.Protocol(o.Protocol, o.Version, o.Sizes, role)
	if err != nil {
		reason := view.ReasonAdmission
		if aura.KindOf(err) == aura.NotFound {
			reason = view.ReasonUnknown
			if v, err := c.Engine.Versions(tc, o.Protocol); err == nil {
				return &view.Refusal{Reason: view.ReasonVersion, Here: v.Active, Text: short(aura.Reason(err))}
			}
		}
		return refusal(reason, aura.Reason(err))
	}
	m, fragment := p.Delegable(role)
	rule, err := RuleOf(&m, role, fragment)
	switch {
	case err != nil:
		return refusal(view.ReasonDenied, aura.Reason(err))
	case rule != o.Rule:
		return refusal(view.ReasonDenied, "the rule of the offer is not that of the protocol's manifest")
	case !scopeOf(o).Covers(fragment) || o.Attenuated && rule.Bundle == "":
		return refusal(view.ReasonDenied, "the scope of the offer does not fit the fragment of the role")
	}
	if err := t.mayUpgrade(tc, t.name, o.Upgrade, o.Protocol); err != nil {
		return refusal(view.ReasonVersion, aura.Reason(err))
	}
	i, h, err := t.here(tc)
	if err != nil {
		return refusal(view.ReasonExhausted, aura.Reason(err))
	}
	no, drop := t.room(&h)
	if drop && i.Drop(tc) != nil {
		return refusal(view.ReasonDenied, "the session is on this device")
	}
	return no
}

// here returns what this device has of the session that it is offered, with the import that waits: nil for none.
func (t *target) here(tc task.Context) (*session.Import, here, error) {
	lives, ended, err := t.options.Engine.Lives(tc, t.offer.Session)
	h := here{lives: lives, ended: ended}
	if err != nil {
		return nil, h, err
	}
	all, err := t.reconfig.Imports(tc)
	if at := slices.IndexFunc(all, func(i *session.Import) bool { return i.Name() == t.offer.Session }); at >= 0 {
		h.imported, h.by = true, all[at].Delegation()
		if err == nil {
			h.waits, _, err = t.options.Engine.Lives(tc, h.by)
		}
		return all[at], h, err
	}
	return nil, h, err
}

// waits returns the import that came by this delegation, nil for none.
func (t *target) waits(tc task.Context) *session.Import {
	if i, h, err := t.here(tc); err == nil && t.brought(&h) {
		return i
	}
	return nil
}

// takeIn imports the session, which does not act here, and returns why not.
func (t *target) takeIn(tc task.Context) *view.Refusal {
	o := t.offer
	invalid := refusal(view.ReasonInvalid, "the recording is not the one that was offered")
	var in recording
	if uint64(len(t.bytes)) != o.Bytes || sha256.Sum256(t.bytes) != o.Digest || fact.Unmarshal(t.bytes, &in) != nil {
		return invalid
	}
	i, err := t.waits(tc), error(nil)
	if i == nil { // else a restart came between
		i, err = t.reconfig.Import(tc, o.Session, t.name, in.Entries, session.Handover{From: t.from, To: t.to, Scope: scopeOf(o), Attenuate: o.Attenuated}, o.Moves)
	}
	if err != nil {
		reason := view.ReasonInvalid
		switch aura.KindOf(err) {
		case aura.Exhausted:
			reason = view.ReasonExhausted
		case aura.Denied:
			reason = view.ReasonDenied
		}
		return refusal(reason, aura.Reason(err))
	}
	b := i.Opening()
	if b.Protocol != o.Protocol || b.Version != o.Version || string(b.Role) != o.Role {
		_ = i.Drop(tc)
		return invalid
	}
	for _, p := range b.Parties {
		if p.Authority != t.own && !t.options.Meets(b.Context, p.Authority) { // no channel to the role would come up, and the session would stand still
			_ = i.Drop(tc)
			return refusal(view.ReasonContext, fmt.Sprintf("who plays %s is none of its contacts", p.Role))
		}
	}
	return nil
}

// drop forgets an import that the source has kept.
func (t *target) drop(tc task.Context) error {
	if t.offer == nil {
		return nil
	}
	i := t.waits(tc)
	if i == nil {
		return nil
	}
	return t.insist(tc, i.Drop)
}

// activate claims the session: this device acts on it from then on, in the batch of the fact and of the word that says so.
func (t *target) activate(tc task.Context) error {
	o, d := t.offer, t.delegated
	if err := t.mayActivate(t.options.listed); err != nil {
		if i := t.waits(tc); i != nil {
			err = errors.Join(err, t.insist(tc, func(tc task.Context) error { return i.End(tc, err) }))
		}
		return err
	}
	says := func(tc task.Context, changes *journal.Entry) error {
		return t.says(tc, "Activated", nil, func(tc task.Context) (guard.Request, error) {
			return t.takes(tc, &view.Taken{Session: o.Session, Ceremony: t.port.Session().Name, Move: d.Move}, o.Upgrade, changes)
		})
	}
	i := t.waits(tc)
	if i == nil { // it has expired while it waited
		return says(tc, &journal.Entry{})
	}
	err := t.persist(tc, func(tc task.Context) error {
		_, err := i.Claim(tc, d.Move, says)
		return err
	})
	if err != nil {
		return err
	}
	if !t.active { // the commit was durable, and its caller was told otherwise: the message leaves by the same decision
		if err := t.repeat(tc, t.port, roleSource, "Activated", nil); err != nil {
			return err
		}
		t.active = true
	}
	t.followed(tc, o.Upgrade)
	t.options.Engine.Emit(tc, o.Session, world.DelegationCommitted(o.Session, "", session.OwnerOf(d.Move.From), session.OwnerOf(d.Move.To)))
	return nil
}

// takes returns the request of the commit by which this device acts on a session. A change of version that does not fit here any more
// is left out, and reported: the session has no other owner.
func (t *target) takes(tc task.Context, taken *view.Taken, r *upgrade.Request, changes *journal.Entry) (guard.Request, error) {
	by := t.caller(tc, aura.OperationID{})
	request, err := view.Take(by, taken)
	if err != nil {
		return request, err
	}
	if err := t.executes(tc, by, taken.Ceremony, r, aura.DeviceID{}, &request); aura.KindOf(err) == aura.Stale {
		tc.Emit(world.ServiceTroubled(t.options.Engine.Name(), "a change of version was overtaken by another one", "", err))
	} else if err != nil {
		return request, err
	}
	request.Metadata = append(request.Metadata, metas(changes)...)
	return request, nil
}
