package moderation

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/internal/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts, all in the owner's own namespace, each with a [Target] as its payload.
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

// Target is what a fact is about: a person, or, for mute alone, a group by its context. Exactly one field
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
}

// Target returns what the facts of the change are about.
func (in ChangeIntent) Target() Target {
	switch {
	case in.Group.IsZero():
		return Target{Authority: in.Contact.Authority}
	case !in.Member.IsZero():
		return Target{Authority: in.Member}
	}
	return Target{Context: in.Group}
}

// Domain returns what the registry needs to know. Nothing of this domain is delivered to anybody.
func Domain() fact.Domain {
	columns := []fact.Column{{Name: "authority", Key: 1}, {Name: "context", Key: 2}}
	return fact.Domain{
		Name: "moderation",
		Kinds: []fact.Kind{
			{Name: KindMuted, Columns: columns, Check: check},
			{Name: KindUnmuted, Columns: columns, Check: check},
			{Name: KindBlocked, Columns: columns, Check: check},
			{Name: KindUnblocked, Columns: columns, Check: check},
		},
		Intents:      []string{IntentMute, IntentUnmute, IntentBlock, IntentUnblock},
		Capabilities: []string{CapModerate},
	}
}

func check(f *fact.Fact) error {
	var t Target
	if err := fold.Own(f, &t); err != nil {
		return err
	}
	return t.check(f.Kind == KindBlocked || f.Kind == KindUnblocked)
}

func (t Target) check(personOnly bool) error {
	const op = "moderation.Check"
	switch {
	case t.Authority.IsZero() == t.Context.IsZero():
		return aura.Errorf(op, aura.Invalid, "name either a person or a group")
	case personOnly && t.Authority.IsZero():
		return aura.Errorf(op, aura.Invalid, "a group cannot be blocked: leave it or mute it")
	}
	return nil
}
