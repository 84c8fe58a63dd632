package enrol

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities that the handlers of this package require.
const (
	CapEnrol = "device:enrol" // the sponsor's part
	CapJoin  = "device:join"  // the new device's: no token grants it, see package agent
)

// CodeKey is where the metadata of the sponsor keeps the text of a code.
func CodeKey(id ID) string { return "enrol.code/" + id.String() }

// JoiningKey is where the metadata of a device that has not joined yet keeps the text of the code by which it joins.
const JoiningKey = "enrol.joining"

// Create plans to hand a code out. Codes of this device that no device has claimed end: one of them waits at a time.
func Create(s *State, by domain.Caller, c Code) (guard.Request, error) {
	draft, err := by.Draft(KindOffered, Offered{ID: c.ID(), Expires: c.Expires})
	r := by.Local(CapEnrol, draft)
	r.Metadata = []guard.Meta{{Key: CodeKey(c.ID()), Value: []byte(c.Encode())}}
	for _, id := range s.Listening(by.Device, by.Now) {
		if err == nil && s.at(id).phase == PhaseOffered {
			var ended fact.Draft
			ended, err = by.Draft(KindEnded, Step{ID: id, Reason: "a newer line took its place"})
			r.Entries = append(r.Entries, ended)
		}
	}
	return r, err
}

// MayClaim returns why no device may claim a code now: aura.Denied for one that expired, aura.Conflict for one that was used.
func MayClaim(s *State, by domain.Caller, c Code) error {
	const op = "enrol.MayClaim"
	switch at := s.at(c.ID()); at.phase {
	case PhaseOffered:
		return c.CheckAlive(by.Now)
	case PhaseEnded:
		return aura.Errorf(op, aura.Conflict, "the line serves no more: %s; make a new one with aura device add", at.reason)
	default:
		return aura.Errorf(op, aura.Conflict, "another device used the line first: make a new one with aura device add")
	}
}

// Claim plans what binds the sponsor to the keys of a device. It commits before the salt leaves. It returns the errors of
// [MayClaim].
func Claim(s *State, by domain.Caller, c Code, k Keys, salt [16]byte) (guard.Request, error) {
	if err := MayClaim(s, by, c); err != nil {
		return guard.Request{}, err
	}
	d := k.Device()
	draft, err := by.Draft(KindClaimed, Claimed{ID: c.ID(), Device: d.ID(), Name: k.Name, Digits: k.Digits(c.ID(), salt), Salt: salt})
	return by.Local(CapEnrol, draft), err
}

// Salt returns the salt with which a device claimed a code.
func (s *State) Salt(id ID) [16]byte { return s.at(id).salt }

// Confirm plans the person's word that both screens show the same digits. It is aura.Conflict while no device has claimed the
// code, and after it was confirmed, ended, or on another device than the one that made it.
func Confirm(s *State, by domain.Caller, in AnswerIntent) (guard.Request, error) {
	const op = "enrol.Confirm"
	at, err := s.waiting(op, by, in.ID)
	if err != nil {
		return guard.Request{}, err
	}
	if at.phase != PhaseClaimed {
		return guard.Request{}, aura.Errorf(op, aura.Conflict, "the new device is %s: there is nothing to confirm", at.phase)
	}
	draft, err := by.Draft(KindConfirmed, Step{ID: in.ID})
	return by.Local(CapEnrol, draft), err
}

// Refuse plans the person's word that a device is not to join, or that a code is to serve no more. It is aura.Conflict for a device
// that is listed: that one is removed.
func Refuse(s *State, by domain.Caller, in AnswerIntent) (guard.Request, error) {
	const op = "enrol.Refuse"
	at, err := s.waiting(op, by, in.ID)
	if err != nil {
		return guard.Request{}, err
	}
	if at.phase == PhaseListed {
		return guard.Request{}, aura.Errorf(op, aura.Conflict, "the account lists the device already: remove it with aura device remove")
	}
	return End(s, by, in.ID, "the person at the other device refused")
}

// waiting returns where an enrolment stands that this device made and that has not ended.
func (s *State) waiting(op aura.Op, by domain.Caller, id ID) (situation, error) {
	at := s.at(id)
	switch {
	case at.phase == 0:
		return at, aura.Errorf(op, aura.NotFound, "there is no such line: make one with aura device add")
	case at.by != by.Device:
		return at, aura.Errorf(op, aura.Conflict, "the line belongs to another of your devices: answer there")
	case at.phase.Terminal():
		return at, aura.Errorf(op, aura.Conflict, "the enrolment is %s already", at.phase)
	case at.due(by.Now):
		return at, aura.Errorf(op, aura.Conflict, "%s: make a new line with aura device add", at.ranOut())
	}
	return at, nil
}

// List plans what makes a device one of the account: the facts with the entries of the roster, among them the one that lists it,
// and the secret and addresses by which the two meet. It commits before the entry leaves. It is aura.Conflict unless the person
// has confirmed.
func List(s *State, by domain.Caller, id ID, entries []fact.Draft, meta []guard.Meta) (guard.Request, error) {
	if at := s.at(id); at.phase != PhaseConfirmed {
		return guard.Request{}, aura.Errorf("enrol.List", aura.Conflict, "the enrolment is %s, and its digits must be confirmed first", at.phase)
	}
	draft, err := by.Draft(KindListed, Step{ID: id})
	r := by.Local(CapEnrol, append(entries, draft)...)
	r.Metadata = meta
	return r, err
}

// Join plans what the new device says when it has all. It forgets the code with it.
func Join(by domain.Caller, id ID) (guard.Request, error) {
	draft, err := by.Draft(KindJoined, Step{ID: id})
	return by.Local(CapJoin, draft), err
}

// Complete plans that the sponsor knows that a listed device has joined.
func Complete(s *State, by domain.Caller, id ID) (guard.Request, error) {
	if at := s.at(id); at.phase != PhaseListed {
		return guard.Request{}, aura.Errorf("enrol.Complete", aura.Conflict, "the enrolment is %s", at.phase)
	}
	draft, err := by.Draft(KindCompleted, Step{ID: id})
	return by.Local(CapEnrol, draft), err
}

// End plans that a device does not join. The reason is for a person; a long one is cut. It is aura.Conflict for an
// enrolment that has ended.
func End(s *State, by domain.Caller, id ID, reason string) (guard.Request, error) {
	if at := s.at(id); at.phase == 0 || at.phase.Terminal() {
		return guard.Request{}, aura.Errorf("enrol.End", aura.Conflict, "the enrolment is %s already", at.phase)
	}
	draft, err := by.Draft(KindEnded, Step{ID: id, Reason: clip(reason)})
	return by.Local(CapEnrol, draft), err
}
