package effect

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Kind is the kind of a command. The numbers are in traces: append only.
type Kind uint8

// The six commands. Each names the fields of [Command] that it uses.
const (
	// ChargeBudget spends Amount for sending to Peer: Context, Authority, Peer, Amount, Epoch, Seen.
	ChargeBudget Kind = 1
	// AppendJournal makes a fact durable: Entry.
	AppendJournal Kind = 2
	// RecordLeakage notes the bits that a class of observers may learn: Context, Epoch, Bits, Observer.
	RecordLeakage Kind = 3
	// StoreMetadata keeps a value for later snapshots: Key, Value; no Value removes the key. With Log the value is one more
	// entry of the device-local log of that name.
	StoreMetadata Kind = 4
	// SendEnvelope releases facts or a message to a peer once the decision is durable: Context, Peer, Envelope.
	SendEnvelope Kind = 5
	// GenerateNonce draws Bytes of randomness from the decision's seed: Bytes.
	GenerateNonce Kind = 6
)

// String returns the command in the words of the runtime document.
func (k Kind) String() string {
	switch k {
	case ChargeBudget:
		return "charge budget"
	case AppendJournal:
		return "append journal"
	case RecordLeakage:
		return "record leakage"
	case StoreMetadata:
		return "store metadata"
	case SendEnvelope:
		return "send envelope"
	case GenerateNonce:
		return "generate nonce"
	}
	return "no command"
}

// Command is one of the six, flat: a sum type of values without boxing, so that evaluating a guard
// allocates nothing. Fields that its kind does not use are zero.
type Command struct {
	Kind      Kind
	Context   aura.ContextID
	Authority aura.AuthorityID
	Peer      aura.AuthorityID
	Amount    aura.FlowCost // units
	Epoch     aura.Epoch
	Seen      uint64 // the version of the headroom that the guard saw; the commit holds only if it still is
	Entry     *fact.Draft
	Bits      uint32
	Observer  fact.Observer
	Key       string
	Value     []byte
	Log       bool
	Envelope  *Envelope
	Bytes     int
}

// Envelope releases the own facts of a context, or a message of a session, to one peer. The bytes of facts are built
// from the journal after the commit, so that only durable facts are sent.
type Envelope struct {
	Context aura.ContextID
	Peer    aura.AuthorityID
	Through uint64     // up to this number of the own facts in the context; zero: the facts of this decision
	Epoch   aura.Epoch // in which an earlier decision paid for the facts; zero: this one does
	// Message leaves as it is and releases no facts; Through is zero then. Nil: the envelope is one of facts.
	Message *Message
}

// Result is the result of executing one decision.
type Result struct {
	Records  []fact.Record // the facts appended, in the order of their commands
	Receipts []Receipt     // one for each charge that a receipt shows: all but those of control messages; in the order of their commands
	Nonces   [][]byte      // in the order of their commands
}
