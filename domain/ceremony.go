package domain

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// Play is a role of a protocol as a pure function: it looks at the snapshot and at the messages so far, and returns the role's next
// move. It is asked again after each move. The messages are kept, so a play needs no state of its own, and a restart goes on where it
// was. A play that may go on for thousands of messages saves what it needs of them, see [Save]. Like [Decide] it must be quick.
type Play func(s *Snapshot, t *Talk) (Move, error)

// Talk is one session of a protocol, as one role knows it.
type Talk struct {
	Session aura.SessionID
	Role    string
	Context aura.ContextID
	// Earlier is 0 in a session with [Protocol.Text], and n in one with the nth text of [Protocol.Earlier].
	Earlier int
	// Others are those who play the other roles, as their agents proved it.
	Others []Participant
	// Start is what [Ceremony.Start] gave to the role that began; nil for the others.
	Start []byte
	// Saved is what the play saved last, see [Save]; nil: nothing.
	Saved []byte
	// Said has the messages that the role sent and received, in order: all, or those since the play saved.
	Said []Said
	// Ended says why the session is over before the role has played its part; "": it goes on. The play is asked once then, and its
	// move can only finish. It is not asked about a session in which nothing was said. When the agent could not ask it at the end, it
	// asks after a start, without Start, Said and Saved, which are gone.
	Ended string
}

// Participant says who plays another role.
type Participant struct {
	Role      string
	Authority aura.AuthorityID
}

// Other returns who plays another role, zero for none.
func (t *Talk) Other(role string) aura.AuthorityID {
	i := slices.IndexFunc(t.Others, func(p Participant) bool { return p.Role == role })
	if i < 0 {
		return aura.AuthorityID{}
	}
	return t.Others[i].Authority
}

// Last returns the message that was sent or received last; its Label is "" when nothing was said yet.
func (t *Talk) Last() Said {
	if len(t.Said) == 0 {
		return Said{}
	}
	return t.Said[len(t.Said)-1]
}

// Said is a message of a session.
type Said struct {
	From, Label string
	Payload     []byte // as the sender encoded it: a peer may send anything, so it is checked like a fact
}

// Decode decodes the payload. It returns aura.Corrupt for other bytes than those of such a value.
func (s *Said) Decode(v any) error { return fact.Unmarshal(s.Payload, v) }

// Move is what a role does next. The zero value finishes its part. [Tell], [Await], [AwaitFacts], [Save] and [Finish] make one.
type Move struct {
	// To and Label name a message that is sent with Payload.
	To, Label string
	Payload   []byte
	// Once ends the session when the guard denies the message. Otherwise it is tried again, because budgets begin anew.
	Once bool
	// From names the role whose message is awaited.
	From string
	// Facts says that facts of the module, or those about people, are awaited, such as the answer of a person.
	Facts bool
	// Request has the facts that are committed with the message, or at the end: both happen or neither. Of that of a message, only the
	// entries, metadata and marks count; the protocol says the rest.
	Request guard.Request
	// Save has the play go on from these bytes, which are not nil: see [Save].
	Save []byte
	// Failed says why the role ends its part without having reached its aim; "": it has.
	Failed string
}

// Tell returns the move that sends a message, with facts that are committed together with it. It fails when the payload does not
// fit one.
func Tell(to, label string, payload any, facts ...fact.Draft) (Move, error) {
	m := Move{To: to, Label: label, Request: guard.Request{Entries: facts}}
	if payload == nil {
		return m, nil
	}
	var err error
	m.Payload, err = fact.Marshal(payload)
	return m, err
}

// Await returns the move that waits for the next message of a role.
func Await(role string) (Move, error) { return Move{From: role}, nil }

// AwaitFacts returns the move that waits until facts of the module, or those about people, have changed.
func AwaitFacts() (Move, error) { return Move{Facts: true}, nil }

// Save returns the move after which the messages so far are forgotten: from then on the play gets the value, encoded, as [Talk.Saved], and the
// messages that follow. It fails when the value does not fit.
func Save(v any) (Move, error) {
	state, err := fact.Marshal(v)
	return Move{Save: state}, err
}

// Finish returns the move that ends the role's part and commits a request, which [Caller.Local] or [Caller.Send] makes; the zero value
// commits nothing.
func Finish(r guard.Request) (Move, error) { return Move{Request: r}, nil }

// Ceremony says which session an operation opens: see [Plan.Begin].
type Ceremony struct {
	// Role is the own one.
	Role    string
	Others  []Participant
	Context aura.ContextID // the shared context whose budgets pay
	// Start is given to the own play, see [Talk.Start].
	Start []byte
	// Within is how long the session may take. Then it ends, and the play is asked with [Talk.Ended]. Default: 30 days.
	Within aura.Duration
}

// Runs reports whether agents play the protocol, beside checking it.
func (p *Protocol) Runs() bool { return len(p.Roles) > 0 }

// ID returns the identifier by which agents agree on the protocol.
func (p *Protocol) ID(m *Module) string { return m.Name + "." + p.Name }

// Protocol returns the protocol that carries out an operation, false when it is none of the module.
func (m *Module) Protocol(o *Operation) (*Protocol, bool) {
	i := slices.IndexFunc(m.Protocols, func(p Protocol) bool { return cmp.Or(o.Protocol, "-") == p.Name })
	if i < 0 {
		return nil, false
	}
	return &m.Protocols[i], true
}
