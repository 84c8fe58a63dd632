package trace

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

// Step is one stage of the road, for a person who watches it. It holds no payload.
type Step struct {
	Stage      string        // "guard", "fact", "send", "receive", "session"
	Capability string        // guard: of the request
	Denied     string        // guard: why not; empty: allowed
	Waiting    bool          // guard: allowed, but this peer's budget is short
	Cost       uint64        // guard: units charged for Peer
	Left       uint64        // guard: units left for Peer in the epoch
	Kind       string        // fact, send, receive: of the (last) fact; session: of the message
	ID         aura.FactID   // fact, send, receive: of the (last) fact
	Position   fact.Position // fact, receive: in this agent's journal
	Peer       aura.AuthorityID
	Bytes      int // send: of the message on the channel; session: of its payload
	Count      int // send: facts in the message
	// From and To are the roles of a session's message. Received is false for one that the guard allowed and that was sent.
	From, To string
	Received bool
}

// The stages of a [Step].
const (
	StageGuard   = "guard"
	StageFact    = "fact"
	StageSend    = "send"
	StageReceive = "receive"
	StageSession = "session"
)

// Func receives the stages. It must not wait. Nil: no person watches.
type Func func(Step)

// Tell passes a stage on.
func (f Func) Tell(s Step) {
	if f != nil {
		f(s)
	}
}

// Decision tells what the guard decided and which facts became durable.
func (f Func) Decision(v *chain.Verdict, r *effect.Result) {
	if f == nil || v.Capability == "" {
		return
	}
	guarded := Step{Stage: StageGuard, Capability: v.Capability}
	switch {
	case !v.Allowed:
		guarded.Peer, guarded.Denied = v.Denial.Peer, v.Denial.Error()
		f.Tell(guarded)
	case len(v.Charged)+len(v.Waiting) == 0:
		f.Tell(guarded)
	}
	for _, c := range v.Charged {
		charged := guarded
		charged.Peer, charged.Cost, charged.Left = c.Peer, uint64(c.Cost), c.Left
		f.Tell(charged)
	}
	for _, w := range v.Waiting {
		waits := guarded
		waits.Peer, waits.Waiting = w.Peer, true
		f.Tell(waits)
	}
	for i := range r.Records {
		f.Tell(Record(StageFact, &r.Records[i]))
	}
}

// Record returns the stage at which a record became durable here.
func Record(stage string, r *fact.Record) Step {
	return Step{Stage: stage, Kind: r.Fact.Kind, ID: r.ID, Position: r.Position, Peer: r.Fact.Author, Count: 1}
}
