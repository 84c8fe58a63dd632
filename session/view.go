package session

import (
	"bytes"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// List returns the sessions that live, and those that wait for their protocols, by name.
func (e *Engine) List(tc task.Context) ([]view.Session, error) {
	return ask(tc, e, func(task.Context) ([]view.Session, error) {
		all := make([]view.Session, 0, len(e.live))
		for _, l := range e.live {
			all = append(all, l.shown())
		}
		for _, s := range e.suspended {
			all = append(all, s.shown)
		}
		slices.SortFunc(all, func(x, y view.Session) int { return bytes.Compare(x.Name[:], y.Name[:]) })
		return all, nil
	})
}

// Show returns a session that lives, with the steps that its recording has, or one that has ended, as [Traced] does. It returns
// aura.NotFound for one that is not here.
func (e *Engine) Show(tc task.Context, name aura.SessionID) (view.Shown, error) {
	const op = "session.Show"
	now, err := ask(tc, e, func(task.Context) (view.Session, error) {
		if s := e.suspended[name]; s != nil {
			return s.shown, nil
		}
		l, err := e.find(op, name)
		if err != nil {
			return view.Session{}, err
		}
		return l.shown(), nil
	})
	if err != nil {
		return e.traced(name, err)
	}
	if !now.Persistent {
		return view.Shown{Session: now}, nil
	}
	shown, err := e.options.Registry.Recording(e.options.Journal, name)
	if aura.KindOf(err) == aura.NotFound { // its first message is not durable yet, or its end is
		err = nil
	}
	shown.Session = now
	return shown, err
}

// told passes on that the session took a step.
func (l *live) told(s view.Step) {
	if fn := l.engine.options.Told; fn != nil {
		fn(l.opening.Role, s)
	}
}

// shown returns how the session stands for a person, with the devices that play the other roles.
func (l *live) shown() view.Session {
	v := l.view()
	for i := range v.Others {
		v.Others[i].Device = l.device(&l.opening.Parties[i])
	}
	return v
}

// view returns how the session stands.
func (l *live) view() view.Session {
	v := viewOf(&l.opening)
	v.Since, v.Runs, v.Scope = l.since, executionOf(l.admission), l.scope
	l.protocol.place(&v)
	for _, n := range l.sent {
		v.Sent += n
	}
	for _, n := range l.seen {
		v.Received += n
	}
	v.State, v.Awaited = l.state()
	return v
}

// state returns what the session waits for, and of which role.
func (l *live) state() (view.State, string) {
	switch {
	case l.fault != nil:
		return view.StateFailed, ""
	case l.ended && !l.settled():
		return view.StateLast, ""
	case l.ended:
		return view.StateEnded, ""
	}
	now, err := l.engine.machine.Session(l.id)
	if err != nil {
		return view.StateProgram, ""
	}
	for _, r := range now.Roles {
		if r.Role == l.opening.Role && r.Waiting == machine.WaitingMessage {
			return view.StateMessage, string(r.Peer)
		}
	}
	return view.StateProgram, ""
}

// executionOf describes an admission.
func executionOf(a *machine.Admission) *view.Execution {
	x := &view.Execution{
		Requested: a.Requested().String(), Profile: a.Profile().String(), Width: a.Width(), Evidence: a.Evidence(), Posture: a.Hardening().String(),
	}
	if a.Reason() != machine.FallbackNone {
		x.Reason = a.Reason().String()
	}
	return x
}

func viewOf(o *Opening) view.Session {
	v := view.Session{Name: o.Name, Protocol: o.Protocol, Role: string(o.Role), Context: o.Context, Persistent: o.Persistent, Epoch: o.Epoch}
	for _, p := range o.Parties {
		v.Others = append(v.Others, view.Participant{Role: string(p.Role), Authority: p.Authority})
	}
	return v
}

// Recordings returns the sessions whose recordings a journal has, by name, while no engine runs them. Of one that is
// damaged it returns what can be read.
func (r *Registry) Recordings(j *journal.Journal) ([]view.Session, error) {
	var all []view.Session
	for _, l := range j.Logs() {
		if name, is := strings.CutPrefix(l.Name, logPrefix); is {
			shown, err := r.Recording(j, nameOf(name))
			if err != nil && aura.KindOf(err) != aura.Corrupt {
				return nil, err
			}
			all = append(all, shown.Session)
		}
	}
	return all, nil
}

// Recording returns a session from its recording, with its newest steps. It returns aura.NotFound when the journal
// has none.
func (r *Registry) Recording(j *journal.Journal, name aura.SessionID) (view.Shown, error) {
	shown := view.Shown{Session: view.Session{Name: name}}
	var p *Protocol
	suspends := false
	err := replay(j, name, func(e *record) {
		if e.Opening != nil {
			o := e.Opening.undo(name)
			shown.Session, suspends = viewOf(&o), o.suspends()
			shown.Session.Since = e.At
			begins(&shown, e)
			if a, err := machine.ParseAdmission(e.Admission); err == nil {
				shown.Session.Runs = executionOf(&a)
			}
			p, _ = r.image(o.Protocol, e.Opening.Version, e.Opening.Sizes)
			p.place(&shown.Session)
			return
		}
		narrows(&shown.Session, e)
		if e.Parcel == nil {
			return
		}
		count(&shown.Session, e)
		shown.Add(p.step(e))
	})
	switch shown.Session.State = view.StateRecorded; {
	case err != nil, p == nil && !suspends:
		shown.Session.State = view.StateLost
	case p == nil:
		shown.Session.State = view.StateSuspended
	}
	return shown, err
}

// place names the fragment of each role of a linked protocol. A nil p is one that is not here.
func (p *Protocol) place(v *view.Session) {
	if p == nil || !p.composed.Linked() {
		return
	}
	of := func(role string) string {
		id, _ := p.image.Role(choreo.Role(role))
		return p.image.Fragment(id)
	}
	v.Fragments = []string{of(v.Role)}
	for i := range v.Others {
		v.Fragments = append(v.Fragments, of(v.Others[i].Role))
	}
}

// narrows notes the scope with which the session came, at the entry that says so.
func narrows(v *view.Session, e *record) {
	if e.Kind == recordHeld {
		v.Scope = e.Fragments
	}
}

// begins counts the messages before the checkpoint with which a recording begins, if it does.
func begins(shown *view.Shown, e *record) {
	if s := e.Saved; s != nil {
		shown.Session.Sent, shown.Session.Received, shown.Earlier = sum(s.Sent), sum(s.Seen), s.messages()
		shown.Session.Scope = s.Fragments
	}
}

// count counts a message of a recording.
func count(s *view.Session, e *record) {
	if e.Kind == recordSent {
		s.Sent++
	} else {
		s.Received++
	}
}

// step describes an entry of a recording. A nil p is a protocol of which this build has not the same version: its numbers
// name nothing here.
func (p *Protocol) step(e *record) view.Step {
	s := view.Step{Sent: e.Kind == recordSent, Size: len(e.Parcel.Payload), At: e.At}
	if p == nil {
		return s
	}
	other := e.Parcel.From
	if s.Sent {
		other = e.Parcel.To
	}
	s.Other, s.Label = string(p.image.RoleName(machine.RoleID(other))), p.image.Label(labelOf(e.Parcel)).Name
	return s
}
