package egress

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/guard"
)

// Kind names a kind of message that leaves an agent.
type Kind string

// The kinds of messages.
const (
	KindOpening       Kind = "opening"
	KindHello         Kind = "hello"
	KindFacts         Kind = "facts"
	KindAck           Kind = "acknowledgement"
	KindAddresses     Kind = "addresses"
	KindRecall        Kind = "recall"
	KindPlaces        Kind = "places"
	KindReturned      Kind = "returned facts"
	KindEvidence      Kind = "evidence"
	KindRelay         Kind = "relay request"
	KindSeek          Kind = "seek"
	KindIntroduction  Kind = "introduction"
	KindInviteOpening Kind = "invitation opening"
	KindInviteCall    Kind = "invitation call"
	KindInviteReply   Kind = "invitation reply"
	KindEnrolOpening  Kind = "enrolment opening"
	KindEnrolCall     Kind = "enrolment call"
	KindEnrolReply    Kind = "enrolment reply"
	KindGreeting      Kind = "session greeting"
	KindMessage       Kind = "session message"
	KindConfirmation  Kind = "session confirmation"
	KindRefusal       Kind = "session refusal"
)

// Row is a row of the table of all messages that leave an agent.
type Row struct {
	Kind Kind
	// Number is the first byte of the message; zero for what the transport sends.
	Number byte
	// Label is the name of the message in protocols/delivery; empty for one that is no frame of a link.
	Label string
	// Capability is what the guard asks for before the message leaves. Empty: the message is covered.
	Capability string
	// Covered says which decision and which receipt pay for it. Empty: the message is charged itself.
	Covered string
	// Cost and Leak are what a message of a size costs and tells; nil when it is covered.
	Cost func(bytes int) aura.FlowCost
	Leak func(bytes int) guard.Leakage
	Why  string
}

// table lists all messages that may leave an agent: [Post] sends no other. Below it, the transport answers an opening with one
// cell that says nothing, before there is a channel: see decision 14.
var table = [...]Row{
	{
		Kind: KindOpening, Capability: delivery.CapLink, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "shows the network that this agent looks for the peer, whether or not it answers",
	},
	{
		Kind: KindHello, Number: NumberHello, Label: "Hello", Capability: delivery.CapHello, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells the peer how far deliveries are, and where this agent is",
	},
	{
		Kind: KindFacts, Number: NumberDeliver, Label: "Facts",
		Covered: "the decision that released the facts, under their own capability or " + delivery.CapResend +
			", by its receipt, which travels with them",
		Why: "carries facts that are paid for, for the first time or again",
	},
	{
		Kind: KindAck, Number: NumberAck, Label: "Stored",
		Covered: "the peer's decision to send what is acknowledged, by its last receipt, which this agent verified",
		Why:     "ends a delivery: a peer that paid for facts learns that they arrived",
	},
	{
		Kind: KindAddresses, Number: NumberAddresses, Label: "Addresses", Capability: delivery.CapAddresses, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells the peer where this agent is from now on",
	},
	{
		Kind: KindRecall, Number: NumberPlaces, Label: "Places", Capability: delivery.CapRecall, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a peer that this home was restored or copied, and up to where both have the same facts of this device",
	},
	{
		Kind: KindPlaces, Number: NumberPlaces, Label: "Places", Capability: delivery.CapReturn, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a peer which facts of its own device this agent has",
	},
	{
		Kind: KindReturned, Number: NumberDeliver, Label: "Facts", Capability: delivery.CapReturn, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "gives a peer facts back that its own device wrote",
	},
	{
		Kind: KindEvidence, Number: NumberEvidence, Label: "Evidence", Capability: delivery.CapEvidence, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a member that the device of another one forked its stream, and that this agent has facts of both branches",
	},
	{
		Kind: KindRelay, Capability: delivery.CapRelay, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "shows the network, and the contact, that this agent wants to be reached through it",
	},
	{
		Kind: KindSeek, Number: NumberSeek, Label: "Seek", Capability: delivery.CapSeek, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a contact how many others this agent looks for, and which of them it knows too and look for this agent",
	},
	{
		Kind: KindIntroduction, Number: NumberIntroduction, Label: "Introduction", Capability: delivery.CapIntroduce, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a contact where another is who looks for it, too, and that this agent knows both",
	},
	{
		Kind: KindInviteOpening, Capability: invite.CapAccept, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "shows the network that this agent looks for the inviter",
	},
	{
		Kind: KindInviteCall, Number: NumberGreeting, Capability: invite.CapAccept, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "opens the session of an invitation, or goes on with it",
	},
	{
		Kind: KindInviteReply, Number: NumberGreeting, Capability: invite.CapAnswer, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells who holds the code how far the session of the invitation is here",
	},
	{
		Kind: KindEnrolOpening, Capability: enrol.CapJoin, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "shows the network that this device looks for the one that sponsors it",
	},
	{
		Kind: KindEnrolCall, Number: NumberGreeting, Capability: enrol.CapJoin, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "opens the session by which a device joins an account, or goes on with it",
	},
	{
		Kind: KindEnrolReply, Number: NumberGreeting, Capability: enrol.CapEnrol, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells who holds the line for a new device how far the session is here",
	},
	{
		Kind: KindGreeting, Number: NumberGreeting, Capability: delivery.CapSession, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "opens a session with a member, or goes on with it",
	},
	{
		Kind: KindRefusal, Number: NumberRefusal, Capability: delivery.CapSession, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a member why a session does not run here",
	},
	{
		Kind: KindMessage, Number: NumberMessage,
		Covered: "the decision about the message, under the capability that its choreography names, by its receipt, which has the message's digest",
		Why:     "carries a message of a session, for the first time or again",
	},
	{
		Kind: KindConfirmation, Number: NumberConfirmation,
		Covered: "the peer's decision about the message that is confirmed, whose receipt has its digest",
		Why:     "tells a peer which messages of a session came, so that it need not send them again",
	},
}

// Table returns the table of all messages that leave an agent.
func Table() []Row { return slices.Clone(table[:]) }

// IsControl reports whether a capability pays for messages that carry no facts, from the control budget.
func IsControl(capability string) bool {
	for _, row := range table {
		if row.Capability == capability {
			return capability != ""
		}
	}
	return false
}

// LabelOf returns the name of the frame of a link with a number, "" when there is none.
func LabelOf(number byte) string {
	for i := range table {
		if table[i].Number == number {
			return table[i].Label
		}
	}
	return ""
}

func rowOf(kind Kind) (Row, bool) {
	for _, row := range table {
		if row.Kind == kind {
			return row, true
		}
	}
	return Row{}, false
}
