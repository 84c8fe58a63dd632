package enrol

import (
	"cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// State is the fold of all facts about enrolments: the same for any order of arrival and any repetition. Its size
// follows the codes that the account's devices made. The zero value is ready.
//
// Of each kind the earliest fact about a code counts, and these are played in the order that all readers share; so the
// first device that claimed it, and the first way in which it ended, are final.
type State struct {
	entries map[ID]*entry
}

type entry struct {
	events []fold.Item[event] // by stamp, at most one of each kind
	now    situation
}

// event is one fact about an enrolment, reduced to the fields of a view.
type event struct {
	kind    string
	by      aura.DeviceID // the device of the account that said so
	expires aura.Instant
	device  aura.DeviceID
	name    string
	digits  uint32
	salt    [16]byte
	reason  string
}

// situation is the result of playing the events.
type situation struct {
	phase Phase
	event // the latest of each field; kind and by are those of the first
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

// read reduces a fact to its enrolment and event.
func read(f *fact.Fact) (ID, event, bool) {
	e := event{kind: f.Kind, by: f.Device}
	switch f.Kind {
	case KindOffered:
		var p Offered
		ok := fold.Own(f, &p) == nil
		e.expires = p.Expires
		return p.ID, e, ok
	case KindClaimed:
		var p Claimed
		ok := fold.Own(f, &p) == nil
		e.device, e.name, e.digits, e.salt = p.Device, p.Name, p.Digits, p.Salt
		return p.ID, e, ok
	case KindConfirmed, KindListed, KindJoined, KindCompleted, KindEnded:
		var p Step
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
			kind:    cmp.Or(e.now.kind, ev.kind),
			by:      cmp.Or(e.now.by, ev.by), // the sponsor, to which the enrolment belongs
			expires: cmp.Or(ev.expires, e.now.expires),
			device:  cmp.Or(ev.device, e.now.device),
			name:    cmp.Or(ev.name, e.now.name),
			digits:  cmp.Or(ev.digits, e.now.digits),
			salt:    cmp.Or(ev.salt, e.now.salt),
			reason:  cmp.Or(ev.reason, e.now.reason),
		}}
	}
}

// at returns where an enrolment stands; the zero situation for an unknown one.
func (s *State) at(id ID) situation {
	if e := s.entries[id]; e != nil {
		return e.now
	}
	return situation{}
}
