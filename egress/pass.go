package egress

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
	"github.com/aura-runtime/aura/transport"
)

// Decider takes requests through guard and interpreter, and messages that they pay for.
type Decider struct {
	// Authority is the agent's.
	Authority aura.AuthorityID
	Chain     *chain.Chain
	Trace     trace.Func
}

// Decide takes a request through guard and interpreter, and tells those who watch.
func (d *Decider) Decide(tc task.Context, request *guard.Request) (effect.Result, error) {
	r, verdict, err := d.Chain.Decide(tc, request)
	d.Trace.Decision(&verdict, &r)
	return r, err
}

// EndSession forgets the decisions about the messages of a session that has ended, in one batch with changes of logs.
func (d *Decider) EndSession(tc task.Context, name aura.SessionID, with ...chain.LogChange) error {
	return d.Chain.EndSession(tc, name, with...)
}

// Dialer opens channels. A [transport.Hub] does.
type Dialer interface {
	Dial(tc task.Context, t transport.Target) (*transport.Channel, error)
}

// Party is where messages go: a member of a context. Of an invitation, the identifier stands for the context,
// and the other side has no name yet.
type Party struct {
	Context aura.ContextID
	Peer    aura.AuthorityID
}

// Invited returns the other side of an invitation. Its budget is the invitation's.
func Invited(id invite.ID) Party { return Party{Context: aura.ContextID(id)} }

// Message is a message of a kind and a size.
type Message struct {
	Kind  Kind
	Bytes int
}

// Pass lets messages leave, each once. [Decider.Charge], [Decider.ChargeWith] and [Covered] make one.
type Pass struct{ messages []Message }

// Covered returns the pass of a message that the table covers with a receipt: the hash names it.
func Covered(kind Kind, bytes int, receipt [32]byte) (*Pass, error) {
	const op = "egress.Covered"
	if row, ok := rowOf(kind); !ok || row.Covered == "" {
		return nil, aura.Errorf(op, aura.Internal, "a message %q is not covered by an earlier decision", kind)
	}
	if receipt == ([32]byte{}) {
		return nil, aura.Errorf(op, aura.Internal, "a message %q rests on no receipt", kind)
	}
	return &Pass{messages: []Message{{kind, bytes}}}, nil
}

// Charge takes messages of one capability through the guard. They are paid for, durably, when it returns.
func (d *Decider) Charge(tc task.Context, to Party, messages ...Message) (*Pass, error) {
	p, _, err := d.ChargeWith(tc, &guard.Request{Authority: d.Authority}, to, messages...)
	return p, err
}

// ChargeWith is Charge in one decision with what a request does at home.
func (d *Decider) ChargeWith(tc task.Context, r *guard.Request, to Party, messages ...Message) (*Pass, effect.Result, error) {
	const op = "egress.Charge"
	send := guard.Send{Peer: to.Peer, Form: guard.FormControl}
	for _, m := range messages {
		row, ok := rowOf(m.Kind)
		if !ok || row.Covered != "" || r.Capability != "" && r.Capability != row.Capability {
			return nil, effect.Result{}, aura.Errorf(op, aura.Internal, "no decision under %q lets a message %q leave", r.Capability, m.Kind)
		}
		r.Capability = row.Capability
		send.Cost += row.Cost(m.Bytes)
		for o, bits := range row.Leak(m.Bytes) {
			send.Leak[o] += bits
		}
	}
	r.Context, r.Sends = to.Context, []guard.Send{send}
	result, err := d.Decide(tc, r)
	if err != nil {
		return nil, result, err
	}
	return &Pass{messages: messages}, result, nil
}

// Use takes a message out of the pass.
func (p *Pass) Use(kind Kind, bytes int) error {
	if p != nil {
		for i, m := range p.messages {
			if m.Kind == kind && bytes <= m.Bytes {
				p.messages = append(p.messages[:i:i], p.messages[i+1:]...)
				return nil
			}
		}
	}
	return aura.Errorf("egress.Use", aura.Internal, "a message %q of %d bytes did not pass the guard", kind, bytes)
}

// Post sends a message for which there is a pass. It is the only way onto a channel.
func Post(tc task.Context, c *transport.Channel, p *Pass, kind Kind, message []byte) error {
	if err := p.Use(kind, len(message)); err != nil {
		return err
	}
	if row, _ := rowOf(kind); row.Number != 0 && message[0] != row.Number {
		return aura.Errorf("egress.Post", aura.Internal, "message %d does not leave as %q", message[0], kind)
	}
	return c.Send(tc, message)
}

// Dial opens a channel for which there is a pass. It is the only way to open one.
func Dial(tc task.Context, by Dialer, p *Pass, kind Kind, to transport.Target) (*transport.Channel, error) {
	if err := p.Use(kind, 0); err != nil {
		return nil, err
	}
	return by.Dial(tc, to)
}
