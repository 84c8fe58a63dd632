package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

// Step is one stage of the road, for a person who watches it. It holds no payload.
type Step struct {
	Stage      string        // "guard", "fact", "send", "receive"
	Capability string        // guard: what was asked for
	Denied     string        // guard: why not; empty: allowed
	Waiting    bool          // guard: allowed, but this peer's budget is short
	Cost       uint64        // guard: units charged for Peer
	Left       uint64        // guard: units left for Peer in the epoch
	Kind       string        // fact, send, receive: of the (last) fact
	ID         aura.FactID   // fact, send, receive: of the (last) fact
	Position   fact.Position // fact, receive: in this agent's journal
	Peer       aura.AuthorityID
	Bytes      int // send: of the message on the channel
	Count      int // send: facts in the message
}

// The stages of a [Step].
const (
	StageGuard   = "guard"
	StageFact    = "fact"
	StageSend    = "send"
	StageReceive = "receive"
)

func (d *Desk) trace(s Step) {
	if d.Trace != nil {
		d.Trace(s)
	}
}

// traceDecision tells what the guard decided and which facts became durable.
func (d *Desk) traceDecision(v *chain.Verdict, r *effect.Result) {
	if d.Trace == nil || v.Capability == "" {
		return
	}
	guarded := Step{Stage: StageGuard, Capability: v.Capability}
	switch {
	case !v.Allowed:
		guarded.Peer, guarded.Denied = v.Denial.Peer, v.Denial.Error()
		d.trace(guarded)
	case len(v.Charged)+len(v.Waiting) == 0:
		d.trace(guarded)
	}
	for _, c := range v.Charged {
		charged := guarded
		charged.Peer, charged.Cost, charged.Left = c.Peer, uint64(c.Cost), c.Left
		d.trace(charged)
	}
	for _, w := range v.Waiting {
		waits := guarded
		waits.Peer, waits.Waiting = w.Peer, true
		d.trace(waits)
	}
	for i := range r.Records {
		d.trace(recordStep(StageFact, &r.Records[i]))
	}
}

func recordStep(stage string, r *fact.Record) Step {
	return Step{Stage: stage, Kind: r.Fact.Kind, ID: r.ID, Position: r.Position, Peer: r.Fact.Author, Count: 1}
}
