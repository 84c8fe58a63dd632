package service

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// The kinds of messages that leave an agent.
const (
	outOpening       = "opening"
	outHello         = "hello"
	outFacts         = "facts"
	outAck           = "acknowledgement"
	outReach         = "addresses"
	outRelay         = "relay request"
	outSeek          = "seek"
	outIntroduction  = "introduction"
	outInviteOpening = "invitation opening"
	outInviteHello   = "invitation hello"
	outInviteAnswer  = "invitation answer"
	outInviteRefusal = "invitation refusal"
	outInviteRenewal = "invitation renewal"
	outInviteDone    = "invitation done"
)

// Outgoing is a row of the table of all messages that leave an agent.
type Outgoing struct {
	Kind string
	// Message is its number on the channel of a context, Exchange its field in [invite.Message]; both are
	// empty for what the transport sends.
	Message  byte
	Exchange string
	// Capability is what the guard asks for before the message leaves. Empty: the message is covered.
	Capability string
	// Covered says which decision and which receipt pay for it. Empty: the message is charged itself.
	Covered string
	// Cost and Leak are what a message of a size costs and tells; nil when it is covered.
	Cost func(bytes int) aura.FlowCost
	Leak func(bytes int) guard.Leakage
	Why  string
}

// outgoing is the table. What is not in it cannot leave: see [post]. Below it, the transport answers an opening with one
// cell that says nothing, before there is a channel: see decision 14.
var outgoing = [...]Outgoing{
	{
		Kind: outOpening, Capability: delivery.CapLink, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "shows the network that this agent looks for the peer, whether or not it answers",
	},
	{
		Kind: outHello, Message: messageHello, Capability: delivery.CapHello, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells the peer how far deliveries are, and where this agent is",
	},
	{
		Kind: outFacts, Message: messageDeliver,
		Covered: "the decision that released the facts, under their own capability or " + delivery.CapResend +
			", by its receipt, which travels with them",
		Why: "carries facts that are paid for, for the first time or again",
	},
	{
		Kind: outAck, Message: messageAck,
		Covered: "the peer's decision to send what is acknowledged, by its last receipt, which this agent verified",
		Why:     "ends a delivery: a peer that paid for facts learns that they arrived",
	},
	{
		Kind: outReach, Message: messageReach, Capability: delivery.CapReach, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells the peer where this agent is from now on",
	},
	{
		Kind: outRelay, Capability: delivery.CapRelay, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "shows the network, and the contact, that this agent wants to be reached through it",
	},
	{
		Kind: outSeek, Message: messageSeek, Capability: delivery.CapSeek, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a contact how many others this agent looks for, and which of them it knows too and look for this agent",
	},
	{
		Kind: outIntroduction, Message: messageIntroduction, Capability: delivery.CapIntroduce, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a contact where another is who looks for it, too, and that this agent knows both",
	},
	{
		Kind: outInviteOpening, Capability: invite.CapAccept, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "shows the network that this agent looks for the inviter",
	},
	{
		Kind: outInviteHello, Exchange: "Hello", Capability: invite.CapAccept, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells the inviter who accepts, by name, certificate and addresses",
	},
	{
		Kind: outInviteAnswer, Exchange: "Answer", Capability: invite.CapAnswer, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells the accepter who invited, by name, certificate and addresses",
	},
	{
		Kind: outInviteRefusal, Exchange: "Refused", Capability: invite.CapAnswer, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells who holds the code that it serves no more, and why",
	},
	{
		Kind: outInviteRenewal, Exchange: "Renewed", Capability: invite.CapAnswer, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells a contact who accepts where this agent is",
	},
	{
		Kind: outInviteDone, Exchange: "Done", Capability: invite.CapAccept, Cost: guard.CostOf, Leak: guard.LeakOf,
		Why: "tells the inviter that the accepter has the contact",
	},
}

// Outgoings returns the table of all messages that leave an agent.
func Outgoings() []Outgoing { return slices.Clone(outgoing[:]) }

// IsControl reports whether a capability pays for messages that carry no facts, from the control budget.
func IsControl(capability string) bool {
	for _, row := range outgoing {
		if row.Capability == capability {
			return capability != ""
		}
	}
	return false
}

func rowOf(kind string) (Outgoing, bool) {
	for _, row := range outgoing {
		if row.Kind == kind {
			return row, true
		}
	}
	return Outgoing{}, false
}

// party is where messages go: a member of a context. Of an invitation, the identifier stands for the context,
// and the other side has no name yet.
type party struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

// partyOf returns the other side of an invitation. Its budget is the invitation's.
func partyOf(id invite.ID) party { return party{context: aura.ContextID(id)} }

// due is a message of a kind and a size.
type due struct {
	kind  string
	bytes int
}

// pass lets messages leave, each once. [Desk.charge], [Desk.chargeWith] and [covered] make one.
type pass struct{ dues []due }

// covered returns the pass of a message that the table covers with a receipt: the hash names it.
func covered(kind string, bytes int, receipt [32]byte) (*pass, error) {
	const op = "service.covered"
	if row, ok := rowOf(kind); !ok || row.Covered == "" {
		return nil, aura.Errorf(op, aura.Internal, "a message %q is not covered by an earlier decision", kind)
	}
	if receipt == ([32]byte{}) {
		return nil, aura.Errorf(op, aura.Internal, "a message %q rests on no receipt", kind)
	}
	return &pass{dues: []due{{kind, bytes}}}, nil
}

// charge takes messages of one capability through the guard. They are paid for, durably, when it returns.
func (d *Desk) charge(tc task.Context, to party, dues ...due) (*pass, error) {
	p, _, err := d.chargeWith(tc, &guard.Request{Authority: d.Ring.Authority()}, to, dues...)
	return p, err
}

// chargeWith is charge in one decision with what a request does at home.
func (d *Desk) chargeWith(tc task.Context, r *guard.Request, to party, dues ...due) (*pass, effect.Result, error) {
	const op = "service.chargeWith"
	send := guard.Send{Peer: to.peer, Control: true}
	for _, m := range dues {
		row, ok := rowOf(m.kind)
		if !ok || row.Covered != "" || r.Capability != "" && r.Capability != row.Capability {
			return nil, effect.Result{}, aura.Errorf(op, aura.Internal, "no decision under %q lets a message %q leave", r.Capability, m.kind)
		}
		r.Capability = row.Capability
		send.Cost += row.Cost(m.bytes)
		for o, bits := range row.Leak(m.bytes) {
			send.Leak[o] += bits
		}
	}
	r.Context, r.Sends = to.context, []guard.Send{send}
	result, err := d.decide(tc, r)
	if err != nil {
		return nil, result, err
	}
	return &pass{dues: dues}, result, nil
}

// use takes a message out of the pass.
func (p *pass) use(kind string, bytes int) error {
	if p != nil {
		for i, m := range p.dues {
			if m.kind == kind && bytes <= m.bytes {
				p.dues = append(p.dues[:i:i], p.dues[i+1:]...)
				return nil
			}
		}
	}
	return aura.Errorf("service.use", aura.Internal, "a message %q of %d bytes did not pass the guard", kind, bytes)
}

// post sends a message for which there is a pass. It is the only way onto a channel.
func post(tc task.Context, c *transport.Channel, p *pass, kind string, message []byte) error {
	if err := p.use(kind, len(message)); err != nil {
		return err
	}
	if row, _ := rowOf(kind); row.Message != 0 && message[0] != row.Message {
		return aura.Errorf("service.post", aura.Internal, "message %d does not leave as %q", message[0], kind)
	}
	return c.Send(tc, message)
}

// dial opens a channel for which there is a pass. It is the only way to open one.
func dial(tc task.Context, by Channels, p *pass, kind string, to transport.Target) (*transport.Channel, error) {
	if err := p.use(kind, 0); err != nil {
		return nil, err
	}
	return by.Dial(tc, to)
}
