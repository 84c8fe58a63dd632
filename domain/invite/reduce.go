package invite

import (
	"cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// State is the fold of all invitation facts: the same for any order of arrival and any repetition. Its size
// follows the invitations that the owner made or received. The zero value is ready.
//
// Of each kind the earliest fact about an invitation counts, and these are played in the order that all
// readers share; so the first way in which an invitation ended is final.
type State struct {
	entries map[ID]*entry
}

type entry struct {
	events []fold.Item[event] // by stamp, at most one of each kind
	now    situation
}

// event is one fact about an invitation, reduced to the fields of a view.
type event struct {
	kind      string
	by        aura.DeviceID // the device of the owner that said so
	expires   aura.Instant
	device    aura.DeviceID
	authority aura.AuthorityID
	context   aura.ContextID
	hello     [32]byte
	reason    string
}

// situation is the result of playing the events.
type situation struct {
	phase Phase
	event // the latest of each field
}

// Apply folds one record. Facts of other domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) {
	id, e, ok := read(&r.Fact)
	if !ok {
		return
	}
	if s.entries == nil {
		s.entries = map[ID]*entry{}
	}
	if s.entries[id] == nil {
		s.entries[id] = &entry{}
	}
	if s.entries[id].put(fold.Of(r), e) {
		s.entries[id].play()
	}
}

// read reduces a fact to its invitation and event.
func read(f *fact.Fact) (ID, event, bool) {
	e := event{kind: f.Kind, by: f.Device}
	switch f.Kind {
	case KindCreated, KindDeclined:
		var p Created // Both have the same fields.
		ok := fold.Own(f, &p) == nil
		e.expires = p.Expires
		return p.ID, e, ok
	case KindAccepting:
		var p Accepting
		ok := fold.Own(f, &p) == nil
		e.expires, e.device = p.Expires, p.Device
		return p.ID, e, ok
	case KindAccepted:
		var p Accepted
		ok := fold.Own(f, &p) == nil
		e.authority, e.context, e.hello = p.Authority, p.Context, p.Hello
		return p.ID, e, ok
	case KindCompleted:
		var p Completed
		ok := fold.Own(f, &p) == nil
		e.authority, e.context = p.Authority, p.Context
		return p.ID, e, ok
	case KindCancelled, KindFailed, KindExpired:
		var p Ended
		ok := fold.Own(f, &p) == nil
		e.reason = p.Reason
		return p.ID, e, ok
	}
	return ID{}, e, false
}

// put keeps the earliest event of each kind and reports whether it kept this one.
func (e *entry) put(at fold.Stamp, ev event) bool {
	return fold.PutEarliest(&e.events, at, ev, func(ev event) string { return ev.kind })
}

func (e *entry) play() {
	e.now = situation{}
	for i := range e.events {
		ev := &e.events[i].Value
		phase, ok := next(e.now.phase, ev.kind)
		if !ok {
			continue
		}
		e.now = situation{phase: phase, event: event{
			kind:      cmp.Or(e.now.kind, ev.kind), // the first tells inviter from receiver
			by:        cmp.Or(e.now.by, ev.by),     // and which device the invitation belongs to
			expires:   cmp.Or(ev.expires, e.now.expires),
			device:    cmp.Or(ev.device, e.now.device),
			authority: cmp.Or(ev.authority, e.now.authority),
			context:   cmp.Or(ev.context, e.now.context),
			hello:     cmp.Or(ev.hello, e.now.hello),
			reason:    cmp.Or(ev.reason, e.now.reason),
		}}
	}
}

// at returns where an invitation stands; the zero situation for an unknown one.
func (s *State) at(id ID) situation {
	if e := s.entries[id]; e != nil {
		return e.now
	}
	return situation{}
}
