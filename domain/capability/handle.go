package capability

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// DelegateIntent asks to hand capabilities to a contact: some of one's own, or, with Held, some of those
// that another authority handed over.
type DelegateIntent struct {
	To    contact.Ref `cbor:"1,keyasint"`
	Names []string    `cbor:"2,keyasint"`
	// Held is the fact by which the token came; zero: a new token of one's own.
	Held aura.FactID `cbor:"3,keyasint,omitzero"`
	// Within confines the token to one conversation; zero: it says nothing about conversations.
	Within chat.Ref `cbor:"6,keyasint,omitzero"`
	// Until ends the token; zero: it does not end.
	Until aura.Instant `cbor:"5,keyasint,omitempty"`
}

// EquipIntent asks for a token that serves one device of the own authority. Enrolling a second device will submit it; an
// authority has one device yet.
type EquipIntent struct {
	Device aura.DeviceID `cbor:"1,keyasint"`
	Names  []string      `cbor:"2,keyasint"`
	// Until ends the token; zero: it does not end.
	Until aura.Instant `cbor:"3,keyasint,omitempty"`
}

// Issue returns the draft of the fact by which an authority keeps a token of its own, for itself or for one
// of its devices. It returns aura.Invalid for a token out of bounds.
func Issue(by aura.AuthorityID, token []byte) (fact.Draft, error) {
	p := Token{Token: token}
	if err := p.check(); err != nil {
		return fact.Draft{}, err
	}
	return draft(by, KindToken, p)
}

// Equip plans to keep a token for a device of the own authority, where all its devices find it. It returns
// aura.Invalid for a token out of bounds.
func Equip(by domain.Caller, token []byte) (guard.Request, error) {
	p := Token{Token: token}
	if err := p.check(); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindToken, p)
	return by.Local(CapDelegate, draft), err
}

// Delegate plans to hand a token to a contact, in the context that both share. It returns aura.Invalid for
// a token out of bounds.
func Delegate(by domain.Caller, to contact.Ref, token []byte) (guard.Request, error) {
	p := Delegated{To: to.Authority, Token: token}
	if err := p.check(); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Shared(to.Context, KindDelegated, p)
	return by.Send(CapDelegate, to.Context, []aura.AuthorityID{to.Authority}, draft), err
}

// Revoke plans to make tokens void by their blocks. It returns aura.Invalid for none or too many.
func Revoke(by domain.Caller, p Revoked) (guard.Request, error) {
	if err := p.check(); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindRevoked, p)
	return by.Local(CapRevoke, draft), err
}

// Limit returns the draft of a fact that sets the limits of a context; the zero context sets those of
// every context without its own. It returns aura.Invalid for an epoch that is not a whole number of
// milliseconds between one and a year.
func Limit(by aura.AuthorityID, context aura.ContextID, limits guard.Policy) (fact.Draft, error) {
	if limits.EpochLength%time.Millisecond != 0 {
		return fact.Draft{}, aura.Errorf("capability.Limit", aura.Invalid, "epoch is not a whole number of milliseconds")
	}
	p := Policy{Context: context, Limit: limits.Limit, Epoch: uint64(limits.EpochLength / time.Millisecond)}
	for o := range limits.Leak {
		if limits.Leak[o].Defined {
			p.Leak = append(p.Leak, LeakLimit{Observer: fact.Observer(o), Bits: limits.Leak[o].Bits})
		}
	}
	if err := p.check(); err != nil {
		return fact.Draft{}, err
	}
	return draft(by, KindPolicy, p)
}

func draft(by aura.AuthorityID, kind string, payload any) (fact.Draft, error) {
	return domain.Caller{Authority: by}.Draft(kind, payload)
}
