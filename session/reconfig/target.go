package reconfig

import (
	"bytes"
	"crypto/sha256"
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

// target is what the program of who takes a session has.
type target struct {
	*Controller
	port      *session.Port
	offer     *view.Offer
	bytes     []byte // of the recording, as far as it came
	misfit    bool   // a piece was not as long as it must be
	said      string // the label that this side sent last
	delegated *view.Delegated
	over      bool // the source keeps the session
	active    bool
}

// target is the program of the device that takes a session. It acts on nothing that it has not seen the commit of.
func (c *Controller) target(tc task.Context, p *session.Port) error {
	t := &target{Controller: c, port: p}
	said, _, err := p.Repeat(tc)
	if err != nil {
		return err
	}
	for i := range said {
		if err := t.saw(&said[i]); err != nil {
			return err
		}
	}
	for !t.over && !t.active {
		if err := t.answer(tc); err != nil {
			return err
		}
		if t.over || t.active {
			break
		}
		label, b, err := p.Receive(tc, roleSource)
		if err != nil {
			if tc.Err() == nil {
				_ = t.drop(tc) // the delegation has ended, so no commit of it can come
			}
			return err
		}
		if err := t.saw(&session.Message{Label: label, Payload: b}); err != nil {
			return err
		}
	}
	if t.over {
		return t.drop(tc)
	}
	return nil
}

// saw notes a message that the role sent or received.
func (t *target) saw(m *session.Message) (err error) {
	if m.Sent {
		t.said = m.Label
		t.over, t.active = t.over || m.Label == "Refused", m.Label == "Activated"
		return nil
	}
	switch t.said = ""; m.Label {
	case "Offer":
		t.offer = new(view.Offer)
		if fact.Unmarshal(m.Payload, t.offer) != nil {
			*t.offer = view.Offer{}
		}
		t.bytes = append(t.bytes, t.offer.Piece...)
	case "Piece":
		var piece view.Piece
		err = fact.Unmarshal(m.Payload, &piece)
		t.misfit = t.misfit || uint64(len(piece.Bytes)) != min(t.offer.Bytes-uint64(len(t.bytes)), view.MaxPiece)
		t.bytes = append(t.bytes, piece.Bytes...)
	case "Committed":
		t.delegated = new(view.Delegated)
		err = fact.Unmarshal(m.Payload, t.delegated)
	default:
		t.over = true
	}
	return err
}

// answer sends what follows from the messages, if it is this side's turn.
func (t *target) answer(tc task.Context) error {
	o := t.offer
	switch {
	case o == nil || t.said != "":
		return nil
	case t.delegated != nil:
		return t.activate(tc)
	}
	no := t.consider(tc)
	if no == nil && t.misfit {
		no = &view.Refusal{Reason: view.ReasonInvalid, Text: "a piece of the recording has another length than that of the offer"}
	}
	if no == nil && uint64(len(t.bytes)) < o.Bytes {
		return t.says(tc, "Next", nil)
	}
	if no == nil {
		no = t.takeIn(tc)
	}
	if no != nil {
		t.over = true
		return t.says(tc, "Refused", no)
	}
	r := view.Readiness{Digest: o.Digest}
	r.Signature = t.options.Sign(r.SigningBytes(&o.Moves[len(o.Moves)-1]))
	return t.says(tc, "Ready", r)
}

func (t *target) says(tc task.Context, label string, payload any) error {
	t.said = label
	return t.send(tc, t.port, roleSource, label, payload, nil)
}

// consider decides whether this device takes a session, and returns why not.
func (t *target) consider(tc task.Context) *view.Refusal {
	o, c := t.offer, &t.options
	no := func(reason view.Reason, text string) *view.Refusal {
		return &view.Refusal{Reason: reason, Text: short(text)}
	}
	if err := o.Check(); err != nil {
		return no(view.ReasonInvalid, aura.Reason(err))
	}
	last := &o.Moves[len(o.Moves)-1]
	if last.To != c.Device || last.From != t.port.Session().Parties[0].Device || o.To != uint64(len(o.Moves)) || o.From+1 != o.To {
		return no(view.ReasonInvalid, "the witness is not one of this delegation")
	}
	of := view.Played{Session: o.Session, Authority: c.Own, Role: o.Role}
	if err := view.CheckOffer(of, o.Moves, c.listed); err != nil {
		return no(view.ReasonInvalid, aura.Reason(err))
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
		return no(reason, aura.Reason(err))
	}
	m, fragment := p.Delegable(role)
	rule, err := RuleOf(&m, role, fragment)
	switch {
	case err != nil:
		return no(view.ReasonDenied, aura.Reason(err))
	case rule != o.Rule:
		return no(view.ReasonDenied, "the rule of the offer is not that of the protocol's manifest")
	case !scopeOf(o).Covers(fragment) || o.Attenuated && rule.Bundle == "":
		return no(view.ReasonDenied, "the scope of the offer does not fit the fragment of the role")
	}
	if err := t.mayUpgrade(tc, o.Upgrade, o.Protocol); err != nil {
		return no(view.ReasonVersion, aura.Reason(err))
	}
	return t.mayHold(tc, o)
}

// mayHold decides whether the session may come here: it neither acts nor ended here. An import that waits makes room when its device has
// offered the session anew, or when a device that had it is none of the account any more: no participant would take its witness.
func (t *target) mayHold(tc task.Context, o *view.Offer) *view.Refusal {
	lives, ended, err := t.options.Engine.Lives(tc, o.Session)
	switch {
	case err != nil:
		return &view.Refusal{Reason: view.ReasonExhausted, Text: short(aura.Reason(err))}
	case ended:
		return &view.Refusal{Reason: view.ReasonEnded}
	case !lives:
		return nil
	}
	if i := t.imported(tc, o.Session); i != nil {
		if t.brought(i) {
			return nil // a restart came between
		}
		of := view.Played{Session: o.Session, Authority: t.options.Own, Role: string(i.Opening().Role)}
		if gone := view.CheckOffer(of, i.Moves(), t.options.listed) != nil; (gone || view.MakesRoom(i.Moves(), o.Moves)) && i.Drop(tc) == nil {
			return nil
		}
	}
	return &view.Refusal{Reason: view.ReasonDenied, Text: "the session is on this device"}
}

// takeIn imports the session, which does not act here, and returns why not.
func (t *target) takeIn(tc task.Context) *view.Refusal {
	o := t.offer
	invalid := &view.Refusal{Reason: view.ReasonInvalid, Text: "the recording is not the one that was offered"}
	var in recording
	if uint64(len(t.bytes)) != o.Bytes || sha256.Sum256(t.bytes) != o.Digest || fact.Unmarshal(t.bytes, &in) != nil {
		return invalid
	}
	if i := t.imported(tc, o.Session); i != nil && t.brought(i) {
		return nil // a restart came between
	}
	i, err := t.reconfig.Import(tc, o.Session, in.Entries, scopeOf(o), o.Moves)
	if err != nil {
		reason := view.ReasonInvalid
		if aura.KindOf(err) == aura.Exhausted {
			reason = view.ReasonExhausted
		}
		return &view.Refusal{Reason: reason, Text: short(aura.Reason(err))}
	}
	if b := i.Opening(); b.Protocol != o.Protocol || b.Version != o.Version || string(b.Role) != o.Role {
		_ = i.Drop(tc)
		return invalid
	}
	return nil
}

// imported returns the import of a session that waits here, nil for none.
func (c *Controller) imported(tc task.Context, name aura.SessionID) *session.Import {
	all, err := c.reconfig.Imports(tc)
	if err != nil {
		return nil
	}
	for _, i := range all {
		if i.Name() == name {
			return i
		}
	}
	return nil
}

// brought reports whether an import came by this delegation.
func (t *target) brought(i *session.Import) bool {
	has, of := i.Moves(), t.offer.Moves
	return len(has) > 0 && len(of) > 0 && has[len(has)-1].Signature == of[len(of)-1].Signature
}

// drop forgets an import that the source has kept.
func (t *target) drop(tc task.Context) error {
	if t.offer == nil {
		return nil
	}
	i := t.imported(tc, t.offer.Session)
	if i == nil || !t.brought(i) {
		return nil
	}
	return t.insist(tc, i.Drop)
}

// activate claims the session: this device acts on it from then on, in the batch of the fact and of the word that says so.
func (t *target) activate(tc task.Context) error {
	const op = "reconfig.activate"
	o, d := t.offer, t.delegated
	of, last := view.Played{Session: o.Session, Authority: t.options.Own, Role: o.Role}, &o.Moves[len(o.Moves)-1]
	if d.Session != o.Session || !bytes.Equal(d.Move.SigningBytes(of), last.SigningBytes(of)) || d.Ready.Digest != o.Digest {
		return aura.Errorf(op, aura.Denied, "the commit is not one of the delegation of session %s", aura.Short(o.Session))
	}
	if err := view.CheckMoves(of, append(slices.Clone(o.Moves[:len(o.Moves)-1]), d.Move), t.options.listed); err != nil {
		return err
	}
	says := func(tc task.Context, changes []journal.LogChange) error {
		return t.send(tc, t.port, roleSource, "Activated", nil, func(tc task.Context) (guard.Request, error) {
			return t.takes(tc, &view.Taken{Session: o.Session, Ceremony: t.port.Session().Name, Move: d.Move}, o.Upgrade, changes)
		})
	}
	i := t.imported(tc, o.Session)
	if i == nil || !t.brought(i) { // it has expired while it waited
		t.active = true
		return says(tc, nil)
	}
	if _, err := i.Claim(tc, d.Move, says); err != nil {
		return err
	}
	t.followed(tc, o.Upgrade)
	t.active = true
	tc.Emit(world.DelegationCommitted(o.Session, "", last.From.String(), last.To.String()))
	return nil
}

// takes returns the request of the commit by which this device acts on a session. A change of version that another one has overtaken
// since this device was ready is left out, and reported: the session has no other owner.
func (t *target) takes(tc task.Context, taken *view.Taken, r *upgrade.Request, changes []journal.LogChange) (guard.Request, error) {
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
