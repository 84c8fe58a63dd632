package domain

import (
	"strconv"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// Category tells how an operation is kept from being half done. See the ownership and session
// sections of docs/architecture.md.
type Category uint8

// The categories.
const (
	// CategoryOptimistic (A) is safe within a context that exists; that it reaches some peers before others is fine.
	// Facts are enough, delivered by the links.
	CategoryOptimistic Category = 1
	// CategoryDeferred (B) takes effect when a peer with the right to do so agrees: a fact proposes, a fact answers.
	CategoryDeferred Category = 2
	// CategoryCeremony (C) would be dangerous if it were half done: a choreography carries it out, all or nothing.
	CategoryCeremony Category = 3
)

// String returns the letter and the name of the category.
func (c Category) String() string {
	switch c {
	case CategoryOptimistic:
		return "A optimistic"
	case CategoryDeferred:
		return "B deferred"
	case CategoryCeremony:
		return "C ceremony"
	}
	return "category " + strconv.Itoa(int(c))
}

// Operation is something that a person, or a domain by itself, does.
type Operation struct {
	// Name is that of the intent by which a person asks for it: a dotted noun such as "chat.send".
	Name     string
	Category Category
	// Internal marks an operation of the domain itself, see [Module.Due]: no intent asks for it.
	Internal bool
	// Plan decodes an intent and returns the function that decides over a snapshot. Nil, for an operation that is not
	// internal: a service of the runtime carries it out, because it needs keys or a ceremony. [Planned] makes one.
	Plan func(fact.Intent) (Decide, error)
	// Protocol names the choreography that carries out a ceremony: one of [Module.Protocols], or of package protocols. The plan of a
	// ceremony whose module plays the protocol sets [Plan.Begin].
	Protocol string
	// Reachable says that the plan reads [Snapshot.Addresses].
	Reachable bool
	// Offline says that a frontend without an agent may carry it out in memory, because it concerns the owner alone.
	Offline bool
	// Leaves names the kind of fact that a successful operation leaves with its identifier; "": none.
	Leaves string
	// Outcome says how far an operation is that left a fact, by the state of its domain, which has folded all facts of the
	// domain, also those of peers. A frontend reads them all for each look at such an operation, so a domain with an Outcome
	// has few facts. Nil: the operation succeeded.
	Outcome func(State, *fact.Fact) Outcome
}

// Decide turns a snapshot into a plan. It is pure: equal snapshots give equal plans. It runs under the lock of the states, so it
// must be quick.
type Decide func(*Snapshot) (Plan, error)

// Planned returns an [Operation.Plan] from a function that takes the payload of its intent decoded. A payload that does not
// decode is refused with the error of [fact.Unmarshal].
func Planned[P any](plan func(*Snapshot, P) (Plan, error)) func(fact.Intent) (Decide, error) {
	return func(in fact.Intent) (Decide, error) {
		var p P
		if err := fact.Unmarshal(in.Payload, &p); err != nil {
			return nil, err
		}
		return func(s *Snapshot) (Plan, error) { return plan(s, p) }, nil
	}
}

// Plan is the request that an operation makes of the guard. The zero value asks for nothing and succeeds.
type Plan struct {
	// Request goes to the guard; without a capability the guard is not asked and nothing happens.
	Request guard.Request
	// Recall asks for the facts of an earlier attempt at the operation, whose answer may have been lost: the plan is made again
	// with [Snapshot.Recalled], and what else this one says does not count.
	Recall bool
	// Facts are those that an earlier attempt at the operation left; set without a Request.
	Facts []aura.FactID
	// Begin opens a session of the operation's protocol, which is one of the module's; set without a Request. The operation has begun
	// when the role's first message is durable, with the facts of its move: these have the operation's identifier.
	Begin *Ceremony
	// Answer makes the payload of the result from the facts that were committed, in the order of the request's entries.
	// Nil: no payload.
	Answer func([]fact.Record) (any, error)
}

// Do returns a plan for a request, with its error.
func Do(r guard.Request, err error) (Plan, error) { return Plan{Request: r}, err }

// Phase is how far an operation is. A phase is entered at most once and the last three end the operation. The
// numbers are shown to programs: append only.
//
//	submitted ──▶ running ──▶ succeeded
//	    │            ├──────▶ failed
//	    └────────────┴──────▶ cancelled
//
// A submitted operation can also fail or succeed at once. A Core never moves one that ended.
type Phase uint8

// The phases.
const (
	// PhaseSubmitted: the frontend accepted the operation.
	PhaseSubmitted Phase = 1
	// PhaseRunning: the agent has it, or durable facts say that it began.
	PhaseRunning Phase = 2
	// PhaseSucceeded: a durable fact says so.
	PhaseSucceeded Phase = 3
	// PhaseFailed: the agent refused it, or a durable fact says that it failed.
	PhaseFailed Phase = 4
	// PhaseCancelled: its user gave it up before anything was durable, or a durable fact says so.
	PhaseCancelled Phase = 5
)

// String returns the phase in plain words.
func (p Phase) String() string {
	switch p {
	case PhaseSubmitted:
		return "submitted"
	case PhaseRunning:
		return "running"
	case PhaseSucceeded:
		return "succeeded"
	case PhaseFailed:
		return "failed"
	case PhaseCancelled:
		return "cancelled"
	}
	return "phase " + strconv.Itoa(int(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Terminal reports whether the phase ends the operation.
func (p Phase) Terminal() bool {
	return p == PhaseSucceeded || p == PhaseFailed || p == PhaseCancelled
}

// Outcome is how far an operation is, and why it failed or waits.
type Outcome struct {
	Phase  Phase
	Reason string
}
