package ceremony

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// Coordination is the protocol that begins and ends sessions of several participants.
const Coordination = "aura.session.coordination"

const familyParticipant = choreo.Role("Participant")

// maxCoordinations is how many coordinations one peer may have here at once.
const maxCoordinations = 16

// plan is what a coordinator needs, as the recording of its session keeps it.
type plan struct {
	Invite view.Invite `cbor:"1,keyasint"`
	// Argument is for the program of its own part.
	Argument []byte `cbor:"2,keyasint,omitempty"`
}

func encode(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	return fact.Marshal(v)
}

// Convene begins a session of several participants, for all or for none: its state, once each has answered, is that of the facts
// session.created and session.failed, and it lives at each of them from then on. The invite's Version and Epoch are those of this agent
// when they are zero. The argument is for the program of the own part, if there is one. It returns the name of the session that
// coordinates it. It expires when a participant does not answer in time, see Options.Patience. The registries of all participants have
// [Ceremonies.Continue] for the roles of the protocol.
//
// The errors are those of an invite that does not fit its protocol, and of [session.Engine.Open]. Nothing is durable before the first
// participant is asked.
func (c *Ceremonies) Convene(tc task.Context, i view.Invite, argument []byte) (aura.SessionID, error) {
	const op = "ceremony.Convene"
	o := &c.options
	made, p, err := o.Engine.Consider(tc, session.Opening{Protocol: i.Protocol, Version: i.Version, Sizes: i.Sizes, Role: c.ownRole(&i)})
	if err != nil {
		return aura.SessionID{}, err
	}
	i.Version = made.Version
	if i.Epoch == 0 {
		i.Epoch = o.Epoch(tc, i.Context)
	}
	others := i.Others(o.Device)
	switch err := i.Check(); {
	case err != nil:
		return aura.SessionID{}, err
	case len(others) == 0:
		return aura.SessionID{}, aura.Errorf(op, aura.Invalid, "nobody else takes part in a session of %s", i.Protocol)
	}
	if err := fits(&i, p); err != nil {
		return aura.SessionID{}, err
	}
	b, err := encode(plan{i, argument})
	if err != nil {
		return aura.SessionID{}, err
	}
	opening := session.Opening{
		Name: view.CoordinationOf(i.Subject.Name(), o.Own), Protocol: Coordination, Role: roleCoordinator, Context: i.Context, Persistent: true,
		Sizes: []session.Size{{Parameter: "N", Members: uint16(len(others))}}, Argument: b, Epoch: i.Epoch,
	}
	for k, other := range others {
		opening.Parties = append(opening.Parties, session.Party{Role: participant(k), Authority: other.Authority, Device: other.Device})
	}
	return opening.Name, o.Engine.Open(tc, opening)
}

func participant(k int) choreo.Role { return choreo.Member(string(familyParticipant), k) }

// ownRole returns the role that an invite gives to this device, "" for none.
func (c *Ceremonies) ownRole(i *view.Invite) choreo.Role {
	for _, p := range i.Parts {
		if p.Authority == c.options.Own && p.Device == c.options.Device {
			return choreo.Role(p.Role)
		}
	}
	return ""
}

// fits returns aura.Invalid unless an invite gives each role of its protocol to a device.
func fits(i *view.Invite, p *session.Protocol) error {
	const op = "ceremony.fits"
	if len(i.Parts) != len(p.Roles()) {
		return aura.Errorf(op, aura.Invalid, "protocol %s has %d roles with these sizes, and %d are played", i.Protocol, len(p.Roles()), len(i.Parts))
	}
	for _, part := range i.Parts { // each once, see Invite.Check
		if !slices.Contains(p.Roles(), choreo.Role(part.Role)) {
			return aura.Errorf(op, aura.Invalid, "protocol %s has no role %.40q with these sizes", i.Protocol, part.Role)
		}
	}
	return nil
}

// opening returns how the session of an invite begins on this device.
func (c *Ceremonies) opening(i *view.Invite, role choreo.Role, argument []byte) session.Opening {
	o := session.Opening{
		Name: i.Subject.Name(), Protocol: i.Protocol, Role: role, Context: i.Context, Sizes: i.Sizes, Version: i.Version, Argument: argument,
		Persistent: true, Epoch: i.Epoch,
	}
	for _, p := range i.Parts {
		if choreo.Role(p.Role) != role {
			o.Parties = append(o.Parties, session.Party{Role: choreo.Role(p.Role), Authority: p.Authority, Device: p.Device})
		}
	}
	return o
}

// coordinate is the program of the agent that begins a session: no participant has it before all have said yes.
func (c *Ceremonies) coordinate(tc task.Context, p *session.Port) error {
	var a plan
	if err := fact.Unmarshal(p.Session().Argument, &a); err != nil {
		return err
	}
	others := a.Invite.Others(c.options.Device)
	for k := range others {
		if err := c.send(tc, p, participant(k), "Invite", a.Invite, nil); err != nil {
			return err
		}
	}
	var no *view.Failure
	err := c.round(tc, p, members(familyParticipant, len(others)), func(k int, b []byte) {
		var answer view.Answer
		if err := fact.Unmarshal(b, &answer); err != nil {
			answer.Refusal = &view.Refusal{Reason: view.ReasonInvalid, Text: "its answer does not decode"}
		}
		if answer.Refusal != nil && no == nil {
			no = &view.Failure{Role: others[k].Role, Refusal: *answer.Refusal}
			no.Refusal.Text = short(no.Refusal.Text)
		}
	})
	if err != nil {
		return err
	}
	if no != nil {
		return c.fail(tc, p, &a.Invite, others, *no)
	}
	return c.create(tc, p, &a, others)
}

// short cuts a text to the bound of facts.
func short(text string) string { return aura.Clip(text, view.MaxReason) }

func (c *Ceremonies) fail(tc task.Context, p *session.Port, i *view.Invite, others []view.Part, why view.Failure) error {
	for k, other := range others {
		fail := func(tc task.Context) (guard.Request, error) { return view.Fail(c.caller(tc), i, other, why) }
		if err := c.send(tc, p, participant(k), "Failed", why, fail); err != nil {
			return err
		}
	}
	return nil
}

func (c *Ceremonies) create(tc task.Context, p *session.Port, a *plan, others []view.Part) error {
	made := view.Made{Session: a.Invite.Subject.Name()}
	for k, other := range others {
		create := func(tc task.Context) (guard.Request, error) { return view.Create(c.caller(tc), &a.Invite, other) }
		if err := c.send(tc, p, participant(k), "Created", made, create); err != nil {
			return err
		}
	}
	// The other parts may go on for as long as the session's budget lets them. Where this agent has a part itself, they end soon behind it.
	if role := c.ownRole(&a.Invite); role != "" {
		c.take(tc, c.opening(&a.Invite, role, a.Argument))
		if err := c.round(tc, p, members(familyParticipant, len(others)), func(int, []byte) {}); err != nil {
			return err
		}
	} else {
		for k := range others {
			if _, _, err := p.Receive(tc, participant(k)); err != nil {
				return err
			}
		}
	}
	for k := range others {
		if err := c.send(tc, p, participant(k), "Closed", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// take opens a session that all have agreed to, unless it has ended here before a restart, and waits for its end. A budget that is spent, or a
// disk that is full, does not keep the part from it.
func (c *Ceremonies) take(tc task.Context, o session.Opening) view.PartEnded {
	err := c.insist(tc, func(tc task.Context) error {
		err := c.options.Engine.Open(tc, o)
		if kind := aura.KindOf(err); kind == aura.Conflict || kind == aura.Stale { // it lives, or has ended
			return nil
		}
		return err
	})
	if err == nil {
		var end view.End
		if end, err = c.options.Engine.Await(tc, o.Name); err == nil {
			return view.PartEnded{Kind: end.Kind, Reason: end.Reason}
		}
	}
	return view.PartEnded{Kind: view.EndFailed, Reason: short(aura.Reason(err))}
}

// Invited decides whether a peer may begin a coordination with this device: it is an [session.Admit].
func (c *Ceremonies) Invited(tc task.Context, from session.Party, context aura.ContextID, g *session.Greeting) (session.Opening, error) {
	const op = "ceremony.Invited"
	family, index := choreo.Role(g.To).Family()
	if g.Protocol != Coordination || choreo.Role(g.Role) != roleCoordinator || choreo.Role(family) != familyParticipant || index < 0 {
		return session.Opening{}, aura.Errorf(op, aura.Denied, "the session is no coordination in which the peer coordinates")
	}
	n, err := c.options.Engine.BegunBy(tc, Coordination, roleCoordinator, from.Authority)
	if err == nil && n >= maxCoordinations {
		err = aura.Errorf(op, aura.Exhausted, "%s coordinates %d sessions here: that is the most", aura.Short(from.Authority), n)
	}
	from.Role = roleCoordinator
	return session.Opening{
		Name: g.Session, Protocol: Coordination, Role: choreo.Role(g.To), Context: context, Persistent: true, Sizes: g.Sizes, Version: g.Version,
		Parties: []session.Party{from},
	}, err
}

// participate is the program of who is invited to a session.
func (c *Ceremonies) participate(tc task.Context, p *session.Port) error {
	const op = "ceremony.participate"
	_, b, err := p.Receive(tc, roleCoordinator)
	if err != nil {
		return err
	}
	var i view.Invite
	var answer view.Answer
	if said, again := p.Said(); again { // before a restart: the answer that was given holds
		if err := fact.Unmarshal(said, &answer); err != nil {
			return err
		}
		_ = fact.Unmarshal(b, &i) // an invite that does not decode was refused
	} else {
		answer.Refusal = c.consider(tc, p.Session(), b, &i)
	}
	if err := c.send(tc, p, roleCoordinator, "Answer", answer, nil); err != nil {
		return err
	}
	label, _, err := p.Receive(tc, roleCoordinator)
	switch {
	case err != nil || label == "Failed":
		return err
	case answer.Refusal != nil:
		return aura.Errorf(op, aura.Denied, "session %s begins without the participants that refused", aura.Short(i.Subject.Name()))
	}
	ended := c.take(tc, c.opening(&i, c.ownRole(&i), nil))
	if err := c.send(tc, p, roleCoordinator, "Ended", ended, nil); err != nil {
		return err
	}
	_, _, err = p.Receive(tc, roleCoordinator)
	return err
}

// consider decides whether this device takes part in the session of an invite, and returns why not.
func (c *Ceremonies) consider(tc task.Context, by session.Opening, b []byte, i *view.Invite) *view.Refusal {
	o := &c.options
	no := func(reason view.Reason, text string) *view.Refusal {
		return &view.Refusal{Reason: reason, Text: short(text)}
	}
	if err := fact.Unmarshal(b, i); err != nil {
		return no(view.ReasonInvalid, "it does not decode")
	}
	if err := i.Check(); err != nil {
		return no(view.ReasonInvalid, aura.Reason(err))
	}
	from, name, role := by.Parties[0], i.Subject.Name(), c.ownRole(i)
	switch {
	case view.CoordinationOf(name, from.Authority) != by.Name:
		return no(view.ReasonInvalid, "the session has another name, or another coordinator")
	case role == "" || len(slices.DeleteFunc(slices.Clone(i.Parts), func(p view.Part) bool { return p.Device != o.Device })) != 1:
		return no(view.ReasonInvalid, "this device has no role, or two")
	case i.Context != by.Context:
		return no(view.ReasonInvalid, "it is of another context than its coordination")
	}
	if here := o.Epoch(tc, i.Context); max(here, i.Epoch)-min(here, i.Epoch) > 1 { // clocks differ by less than an epoch
		return no(view.ReasonEpoch, "")
	}
	if lives, ended, err := o.Engine.Lives(tc, name); err != nil || lives || ended {
		return no(view.ReasonEnded, "")
	}
	// Before the protocol is looked at: that may take long, and a peer names the size of its families.
	if o.Takes == nil {
		return no(view.ReasonDenied, "")
	}
	if err := o.Takes(tc, from, i); err != nil {
		return no(view.ReasonDenied, aura.Reason(err))
	}
	made, p, err := o.Engine.Consider(tc, c.opening(i, role, nil))
	if err != nil {
		return c.refuse(tc, i, err)
	}
	if err := fits(i, p); err != nil {
		return no(view.ReasonInvalid, aura.Reason(err))
	}
	for _, other := range i.Parts {
		if partner := choreo.Role(other.Role); other.Device != o.Device && slices.Contains(p.Partners(role), partner) {
			if err := o.Knows(tc, i.Context, other); err != nil {
				return no(view.ReasonDenied, aura.Reason(err))
			}
		}
	}
	i.Version = made.Version
	return nil
}

// refuse returns why a session of a protocol cannot begin here.
func (c *Ceremonies) refuse(tc task.Context, i *view.Invite, err error) *view.Refusal {
	r := &view.Refusal{Reason: view.ReasonAdmission, Text: short(aura.Reason(err))}
	switch aura.KindOf(err) {
	case aura.Exhausted:
		r.Reason = view.ReasonExhausted
	case aura.Invalid:
		r.Reason = view.ReasonInvalid
	case aura.Stale:
		r.Reason = view.ReasonRetired
	case aura.NotFound:
		r.Reason = view.ReasonUnknown
	}
	// Another version that is here has the same sizes.
	here, _, other := c.options.Engine.Consider(tc, session.Opening{Protocol: i.Protocol, Sizes: i.Sizes, Role: c.ownRole(i)})
	if other == nil && r.Reason != view.ReasonAdmission {
		r.Here = here.Version
		if r.Reason == view.ReasonUnknown {
			r.Reason = view.ReasonVersion
		}
	}
	return r
}

// Continue answers a peer that greets for a session which a coordination has made: it begins by its coordination alone. It is an
// [session.Admit]: for one that has ended here it returns the opening, so that the peer learns how. It returns aura.Stale when the
// coordination has ended here before the session began, so that it never will, and else aura.Exhausted, since the coordination may still be
// on its way and the peer asks again.
func (c *Ceremonies) Continue(tc task.Context, _ session.Party, context aura.ContextID, g *session.Greeting) (session.Opening, error) {
	const op = "ceremony.Continue"
	names := []aura.SessionID{g.Session, view.CoordinationOf(g.Session, c.options.Own)}
	for _, by := range c.options.Members(tc, context) {
		names = append(names, view.CoordinationOf(g.Session, by))
	}
	all, err := c.options.Engine.Ends(tc, names...)
	if err != nil {
		return session.Opening{}, err
	}
	missed := false
	for i := range all {
		s := &all[i].Session
		if s.Name == g.Session {
			o := session.Opening{Name: s.Name, Protocol: s.Protocol, Role: choreo.Role(s.Role), Context: s.Context, Persistent: s.Persistent}
			for _, p := range s.Others {
				o.Parties = append(o.Parties, session.Party{Role: choreo.Role(p.Role), Authority: p.Authority})
			}
			return o, nil
		}
		missed = missed || c.coordinated(s, g.Session)
	}
	if missed {
		return session.Opening{}, aura.Errorf(op, aura.Stale, "the coordination of session %s has ended here before the session began", aura.Short(g.Session))
	}
	return session.Opening{}, aura.Errorf(op, aura.Exhausted, "session %s has not begun here", aura.Short(g.Session))
}

// coordinated reports whether a session that has ended here was the coordination of another one. One in which nothing was said may begin anew.
func (c *Ceremonies) coordinated(ended *view.Session, name aura.SessionID) bool {
	if ended.Protocol != Coordination || ended.Sent+ended.Received == 0 || len(ended.Others) == 0 {
		return false
	}
	by := c.options.Own
	if choreo.Role(ended.Role) != roleCoordinator {
		by = ended.Others[0].Authority
	}
	return view.CoordinationOf(name, by) == ended.Name
}
