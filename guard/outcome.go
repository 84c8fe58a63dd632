package guard

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

// Outcome is the result of an evaluation. A caller may evaluate into the same outcome again and again:
// its memory is reused, so earlier commands must have been executed or copied by then.
type Outcome struct {
	// Allowed reports whether the request may proceed.
	Allowed bool
	// Denial is set when it may not.
	Denial Denial
	// Commands are to be executed, in the order of the stages; nil unless allowed.
	Commands []effect.Command
	// Waiting lists the recipients whose budget is short while the rest proceeds, by stage, then in
	// request order.
	Waiting []Waiting

	verdicts  []verdict         // one per send of the request
	used      []bool            // one per budget of the snapshot: its peer was named already
	envelopes []effect.Envelope // backing of the commands' envelopes
}

// Waiting is a recipient for whom the facts stay in the journal, uncharged, until its budget suffices.
type Waiting struct {
	Peer       aura.AuthorityID
	Stage      Stage
	Reason     Reason // ReasonShort, ReasonUnshared or ReasonBacklog
	Epoch      aura.Epoch
	Need, Have uint64 // units or bits
}

// verdict is the decision of the flow and leakage stages about one send.
type verdict struct {
	budget  int  // index of the headroom
	charge  bool // false: a retransmission within its epoch
	waiting bool
}

// reset empties the outcome and makes room for a request, keeping its memory.
func (o *Outcome) reset(sends, budgets int) {
	o.Allowed, o.Denial = false, Denial{}
	o.Commands, o.Waiting = o.Commands[:0], o.Waiting[:0]
	o.verdicts = resize(o.verdicts, sends)
	o.used = resize(o.used, budgets)
	// Commands point at envelopes, so the backing must not move while they are written.
	o.envelopes = resize(o.envelopes, sends)[:0]
}

// resize returns n zeroed elements, in the memory of s when it suffices.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// deny records a refusal and drops every command, so that a denial can have no effect.
func (o *Outcome) deny(r *Request, stage Stage, reason Reason, peer aura.AuthorityID, need, have uint64) {
	o.Allowed = false
	o.Commands, o.Waiting = o.Commands[:0], o.Waiting[:0]
	o.Denial = Denial{Stage: stage, Reason: reason, Capability: r.Capability, Peer: peer, Need: need, Have: have}
}

// wait records that a recipient must wait.
func (o *Outcome) wait(i int, stage Stage, reason Reason, h *Headroom, need, have uint64) {
	o.verdicts[i].waiting = true
	o.Waiting = append(o.Waiting, Waiting{
		Peer: h.Peer, Stage: stage, Reason: reason, Epoch: h.Epoch, Need: need, Have: have,
	})
}

func (o *Outcome) charge(r *Request, h *Headroom, cost aura.FlowCost) {
	c := o.next(effect.ChargeBudget, r)
	c.Context, c.Peer, c.Amount, c.Epoch, c.Seen = h.Context, h.Peer, cost, h.Epoch, h.Version
}

func (o *Outcome) leak(r *Request, observer int, room *LeakRoom, bits uint64) {
	c := o.next(effect.RecordLeakage, r)
	c.Observer, c.Bits, c.Epoch, c.Seen = fact.Observer(observer), uint32(bits), room.Epoch, room.Spent
}

func (o *Outcome) store(r *Request, m *Meta) {
	c := o.next(effect.StoreMetadata, r)
	c.Key, c.Value, c.Log = m.Key, m.Value, m.Log
}

func (o *Outcome) append(r *Request, entry *fact.Draft) {
	o.next(effect.AppendJournal, r).Entry = entry
}

func (o *Outcome) nonce(r *Request) {
	o.next(effect.GenerateNonce, r).Bytes = len(aura.Nonce{})
}

func (o *Outcome) send(r *Request, s *Send, paid aura.Epoch) {
	o.envelopes = append(o.envelopes, effect.Envelope{Context: r.Context, Peer: s.Peer, Through: s.Through, Epoch: paid, Message: s.Message})
	c := o.next(effect.SendEnvelope, r)
	c.Peer, c.Envelope = s.Peer, &o.envelopes[len(o.envelopes)-1]
}

// next appends a command and returns it for the caller to fill, so that a large value is written once.
func (o *Outcome) next(kind effect.Kind, r *Request) *effect.Command {
	if len(o.Commands) < cap(o.Commands) {
		o.Commands = o.Commands[:len(o.Commands)+1]
	} else {
		o.Commands = append(o.Commands, effect.Command{})
	}
	c := &o.Commands[len(o.Commands)-1]
	*c = effect.Command{Kind: kind, Context: r.Context, Authority: r.Authority}
	return c
}
