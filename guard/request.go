package guard

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

// Request is the request of an operation. Evaluate and its caller only read it, and the commands of an
// allowed outcome point into Entries, so it must not change until they were executed.
type Request struct {
	// Operation correlates events and facts with a user's action; zero: none.
	Operation aura.OperationID
	// Capability is the name that the frontier must contain, such as "chat:send". Empty is denied.
	Capability string
	// Context is the shared context of the sends; zero for an operation in the own namespace alone.
	Context aura.ContextID
	// Authority acts: the agent's own authority. Zero is denied.
	Authority aura.AuthorityID
	// For is the peer at whose request the authority acts; it presents Token. Then the frontier is that
	// peer's, while budgets and facts are the authority's own. Zero: the authority acts for itself.
	For aura.AuthorityID
	// Token is the encoded capability token that For presents; nil: those that the journal holds for it.
	Token []byte
	// Needs names metadata that the snapshot must hold. A missing key denies. No domain asks for any yet: a session's
	// step will need the state of its session.
	Needs []string
	// Sends lists the recipients, each at most once; empty: nothing leaves the agent.
	Sends []Send
	// Entries are the facts to append, in order, in the context's or the authority's own namespace.
	Entries []fact.Draft
	// SiteFacts are the kinds of the facts that the site of a session's message names: each must be among Entries, or
	// the message rests on nothing and is denied. Empty: the site names none.
	SiteFacts []string
	// Metadata is stored beside the facts.
	Metadata []Meta
	// Marks are the places that Entries name, as they were when the request was planned. The commit checks them again,
	// see [MovedError].
	Marks []Mark
	// Held is metadata that must have the value named here when the request is committed, nil for none: it was planned by that. Else the commit
	// is refused as aura.Conflict.
	Held []Meta
	// Nonces is how many nonces the decision draws from its seed. No domain draws any yet: ceremonies will name
	// themselves by one.
	Nonces int
	// Queue lets a recipient whose budget is short wait while the rest proceeds: the facts are
	// committed, and the recipient appears in [Outcome.Waiting]. Without it one short budget denies all.
	Queue bool
}

// Add adds the facts of another request, and what goes with them, to this one.
func (r *Request) Add(o *Request) {
	r.Entries, r.Metadata = append(r.Entries, o.Entries...), append(r.Metadata, o.Metadata...)
	r.Marks, r.Held = append(r.Marks, o.Marks...), append(r.Held, o.Held...)
}

// Send releases own facts of the request's context to one peer, a message of a session, or nothing but the payment for
// what its sender holds: see [Form].
type Send struct {
	Peer aura.AuthorityID
	// Cost is charged for the send, at least 1. See [CostOf].
	Cost aura.FlowCost
	// Leak is the bits that the transmission tells each class of observer.
	Leak Leakage
	// Through is the last own fact of the run, by its number; 0 means the facts of this decision. A run that
	// was charged in this epoch already costs nothing and only its envelope is sent.
	Through uint64
	// From is the number before the run's first fact when Through is set: the last that the peer has acknowledged.
	From uint64
	// Retransmit says that the run was decided before. One that was not is denied instead of charged. Delivery
	// sessions will send their steps so, on a run that is paid already.
	Retransmit bool
	// Form says what the send is. Only [FormFacts] has a run, and only it waits.
	Form Form
	// Message is what a send of [FormMessage] releases; nil for the other forms. It costs at least [CostOf] the parcel.
	Message *effect.Message
	// Again says that a message which was decided before is paid for once more: its receipt is gone, or the peer refused it. The facts of
	// its site are durable then, and nothing remembers this decision but its receipt. NotIn is the epoch in which the peer has no room for it: the budget
	// counts as used up then; zero: any will do.
	Again bool
	NotIn aura.Epoch
	// Fleeting says that the message is of a session that ends with its agent: nothing remembers the decision but its receipt, since no restart asks
	// about it.
	Fleeting bool
}

// Mark is a place of a stream: up to it all facts of the device in the context that are here have a number up to Number,
// see [fact.Record].
type Mark struct {
	Context aura.ContextID
	Device  aura.DeviceID
	Number  uint64
	Place   fact.Place
}

// MovedError says that a place which a request names is another one by now: facts of another branch of the stream came
// after it was planned. Nothing was committed, and a new plan helps. Its kind is [aura.Conflict].
type MovedError struct{ Mark Mark }

// Error names the place.
func (e *MovedError) Error() string {
	return fmt.Sprintf("facts of another branch of device %s came before place %d while this was planned: try again",
		aura.Short(e.Mark.Device), e.Mark.Place.Seq)
}

// Meta is one piece of metadata: runtime-local state, kept in the journal and never synced.
type Meta struct {
	Key string
	// Value is the metadata under Key, or one more entry of the device-local log with that name; nil removes either.
	Value []byte
	// Log says that Key is the name of a log.
	Log bool
}

// Leakage counts bits per observer class; the index is the [fact.Observer], and index 0 is unused.
type Leakage [fact.Observers]uint32

// LeakOf returns the bits that sending bytes directly to a peer tells observers of the link: one bit for the
// transmission itself and the size class of its cells, to neighbours and to external observers.
func LeakOf(bytes int) Leakage {
	bits := uint32(1)
	for cells := max(bytes, 0) / costUnit; cells > 0; cells >>= 1 {
		bits++
	}
	var l Leakage
	l[fact.ObserverNeighbour] = bits
	l[fact.ObserverExternal] = bits
	return l
}
