package guard

import (
	"crypto/sha256"
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
)

// Form says what a send is: what it must rest on, which budget pays for it, and whether an envelope and a receipt
// follow. All sends of a request have one form.
//
//	form     rests on                                    paid from          waits  envelope  receipt
//	facts    facts that are durable with the decision    the context's      yes    yes       a run of facts
//	control  nothing                                     ControlContext     no     no        none
//	message  the facts that the session's site names     MessageContext     no     yes       the parcel's digest
//	carry    its own ledger entry                        CarryContext       no     no        the cells' numbers
type Form uint8

// The forms.
const (
	// FormFacts releases own facts of the request's context.
	FormFacts Form = 0
	// FormControl pays for a message that carries no facts: an opening, a greeting, an address. Its sender holds the
	// channel.
	FormControl Form = 1
	// FormMessage releases a message of a session. A request has one of them, and its place is the key of the decision,
	// see [Request.Key].
	FormMessage Form = 2
	// FormCarry pays for [CarryUnits] cells of one neighbour, which the sender counts. It asks for [CapCarry] and
	// appends no facts.
	FormCarry Form = 3

	forms = 4
)

// String returns the form in plain words.
func (f Form) String() string {
	switch f {
	case FormFacts:
		return "facts"
	case FormControl:
		return "control"
	case FormMessage:
		return "message"
	case FormCarry:
		return "carry"
	}
	return fmt.Sprintf("form %d", uint8(f))
}

// Receipt returns the kind of the receipts that show a payment for sends of the form, false for control messages: they
// have none.
func (f Form) Receipt() (effect.ReceiptKind, bool) {
	switch f {
	case FormFacts:
		return effect.ReceiptKindFacts, true
	case FormMessage:
		return effect.ReceiptKindParcel, true
	case FormCarry:
		return effect.ReceiptKindCarry, true
	}
	return 0, false
}

// ControlLimit is the budget of control messages per peer and epoch, in units, in every context whose policy
// permits anything. It is apart from the budget of facts: texts must not use up the units that open a channel, nor the
// other way round.
const ControlLimit = 1024

const (
	// CapCarry is the capability of a carry reservation.
	CapCarry = "move:carry"
	// CarryUnits is the size of a carry reservation: so many cells, one unit each.
	CarryUnits = 256
)

// ControlContext names the ledger entries that pay for the control messages of a context. No facts belong to
// it, so no receipt covers the spending there.
func ControlContext(context aura.ContextID) aura.ContextID {
	return derived("aura control budget v1\x00", context)
}

// MessageContext names the ledger entries that pay for the messages of sessions in a context, and keep the chain of their
// receipts. Before a context exists, an invitation stands for it, and pays.
func MessageContext(context aura.ContextID) aura.ContextID {
	return derived("aura message budget v1\x00", context)
}

// CarryContext names the ledger entries that pay for carry reservations in a context. The run that such an entry holds
// is one of cells, numbered from 1 in the order of their reservations and never again.
func CarryContext(context aura.ContextID) aura.ContextID {
	return derived("aura carry budget v1\x00", context)
}

// derived hashes a label and a context without allocating.
func derived(label string, context aura.ContextID) aura.ContextID {
	var b [64]byte
	n := copy(b[:], label)
	n += copy(b[n:], context[:])
	return sha256.Sum256(b[:n])
}

// Form returns the form of the request's sends; [FormFacts] when it has none.
func (r *Request) Form() Form {
	if len(r.Sends) == 0 {
		return FormFacts
	}
	return r.Sends[0].Form
}

// Budget returns the context whose ledger entries pay for the request's sends.
func (r *Request) Budget() aura.ContextID { return r.Form().budget(r.Context) }

func (f Form) budget(context aura.ContextID) aura.ContextID {
	switch f {
	case FormControl:
		return ControlContext(context)
	case FormMessage:
		return MessageContext(context)
	case FormCarry:
		return CarryContext(context)
	}
	return context
}

// For returns the policy by which the sends of a request are limited.
func (p Policy) For(r *Request) Policy { return p.of(r.Form()) }

func (p Policy) of(f Form) Policy {
	if f == FormControl && p.Limit > 0 && !p.Own {
		p.Limit = ControlLimit
	}
	return p
}

// Budget is what pays for sends of one form in a context.
type Budget struct {
	Ledger aura.ContextID // the context of the ledger entries
	Limits Policy
}

// Budgets returns the budgets of a context that has the policy; the index is the [Form].
func (p Policy) Budgets(context aura.ContextID) (all [forms]Budget) {
	for f := range Form(forms) {
		all[f] = Budget{f.budget(context), p.of(f)}
	}
	return all
}

// Key names the decision about one message of a session. It is decided once: the key becomes durable with the charge, and
// a second decision with the same key gives the result of the first one.
type Key struct {
	Session aura.SessionID
	Edge    uint32
	Seq     uint64
}

// Key returns the key of the decision, false for a request that releases no message of a session, one of a session that ends with its agent, or one
// that is paid for again.
func (r *Request) Key() (Key, bool) {
	m := r.Message()
	if m == nil || r.Sends[0].Again || r.Sends[0].Fleeting {
		return Key{}, false
	}
	return Key{m.Session, m.Edge, m.Seq}, true
}

// Message returns the message of a session that the request releases, nil for none.
func (r *Request) Message() *effect.Message {
	if len(r.Sends) != 1 || r.Form() != FormMessage {
		return nil
	}
	return r.Sends[0].Message
}

// misfit returns why a send does not have the form of its request, zero when it has.
func (r *Request) misfit(send *Send, form Form) Reason {
	if form >= forms || send.Form >= forms {
		return ReasonUnknownForm
	}
	wrong := send.Form != form || (send.Message != nil) != (form == FormMessage) || (send.Again || send.Fleeting) && form != FormMessage || send.NotIn != 0 && !send.Again
	if form != FormFacts {
		wrong = wrong || send.Through != 0 || send.From != 0 || send.Retransmit
	}
	if wrong {
		return ReasonMalformed
	}
	switch form {
	case FormMessage:
		size := len(send.Message.Parcel)
		wrong = len(r.Sends) != 1 || send.Message.Session == aura.SessionID{} || size > effect.MaxParcel || send.Cost < CostOf(size)
	case FormCarry:
		wrong = r.Capability != CapCarry || send.Cost != CarryUnits || len(r.Entries) > 0
	}
	if wrong || len(r.SiteFacts) > 0 && form != FormMessage {
		return ReasonMalformed
	}
	return 0
}
