package moderation

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts, all in the owner's own namespace, each with a [Target] as its payload, but for
// [KindUnblocked] with [Unblocked].
const (
	KindMuted     = "moderation.muted"
	KindUnmuted   = "moderation.unmuted"
	KindBlocked   = "moderation.blocked"
	KindUnblocked = "moderation.unblocked"
)

// The intents, each with a [ChangeIntent] as its payload.
const (
	IntentMute    = "moderation.mute"
	IntentUnmute  = "moderation.unmute"
	IntentBlock   = "moderation.block"
	IntentUnblock = "moderation.unblock"
)

// Target is the subject of a fact: a person, or, for mute alone, a group by its context. Exactly one field
// is set.
type Target struct {
	Authority aura.AuthorityID `cbor:"1,keyasint,omitzero" json:"authority,omitzero"`
	Context   aura.ContextID   `cbor:"2,keyasint,omitzero" json:"context,omitzero"`
}

// ChangeIntent asks to treat a contact, a group, or a member of a group in another way. Exactly one of Contact and
// Group is set. Fields 1 and 2 were a bare [Target].
type ChangeIntent struct {
	Contact contact.Ref      `cbor:"3,keyasint,omitzero"`
	Group   aura.ContextID   `cbor:"4,keyasint,omitzero"`
	Epoch   aura.Logical     `cbor:"5,keyasint,omitempty"` // of the group
	Member  aura.AuthorityID `cbor:"6,keyasint,omitzero"`  // of the group; zero: the group itself is meant
	// Drop, when a block is undone, hides for good the messages that the person wrote while it was blocked.
	Drop bool `cbor:"7,keyasint,omitempty"`
}

// Target returns the subject of the change.
func (in ChangeIntent) Target() Target {
	switch {
	case in.Group.IsZero():
		return Target{Authority: in.Contact.Authority}
	case !in.Member.IsZero():
		return Target{Authority: in.Member}
	}
	return Target{Context: in.Group}
}

// maxSeen bounds the marks of one unblocking: the conversations that the owner shares with one person.
const maxSeen = 256

// Unblocked is the payload of [KindUnblocked].
type Unblocked struct {
	Authority aura.AuthorityID `cbor:"1,keyasint,omitzero"`
	// Until, when set, hides for good the messages that the person wrote before it, by its own clock, and beyond
	// Seen: those that it had said while it was blocked. Nothing of it was here when it was unblocked.
	Until aura.Instant `cbor:"3,keyasint,omitempty"`
	Seen  []Seen       `cbor:"4,keyasint,omitempty"` // in ascending order of context and device
}

// Seen says up to which place the facts of a device in a context were here.
type Seen struct {
	Context aura.ContextID `cbor:"1,keyasint"`
	Device  aura.DeviceID  `cbor:"2,keyasint"`
	Through uint64         `cbor:"3,keyasint,omitempty"` // the place
	// ID is the beginning of the identity of the fact at the place; zero in a fact of an earlier build.
	ID [fact.ShortID]byte `cbor:"4,keyasint,omitzero"`
}

func check(f *fact.Fact) error {
	var t Target
	if err := fold.Own(f, &t); err != nil {
		return err
	}
	return t.check(f.Kind == KindBlocked)
}

func checkUnblocked(f *fact.Fact) error {
	var p Unblocked
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	return p.check()
}

func (p *Unblocked) check() error {
	const op = "moderation.check"
	if len(p.Seen) > maxSeen {
		return aura.Errorf(op, aura.Invalid, "%d marks are more than %d", len(p.Seen), maxSeen)
	}
	if !slices.IsSortedFunc(p.Seen, compareSeen) {
		return aura.Errorf(op, aura.Invalid, "the marks are not in order")
	}
	return Target{Authority: p.Authority}.check(true)
}

func compareSeen(a, b Seen) int {
	return cmp.Or(a.Context.Compare(b.Context), a.Device.Compare(b.Device))
}

func (t Target) check(personOnly bool) error {
	const op = "moderation.check"
	switch {
	case t.Authority.IsZero() == t.Context.IsZero():
		return aura.Errorf(op, aura.Invalid, "name either a person or a group")
	case personOnly && t.Authority.IsZero():
		return aura.Errorf(op, aura.Invalid, "a group cannot be blocked: leave it or mute it")
	}
	return nil
}
