package domain

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// State is the fold of a domain's facts: the same for any order of arrival and any repetition. Package foldtest holds
// the properties that each must have.
type State interface {
	fact.Reducer
	// Version changes with the form of the saved state, and with what Apply makes of a fact. A state of another version
	// is never restored.
	Version() int
	// Save returns the encoded state as folded from the kinds of [Module.Indexed]. Equal states have equal bytes.
	Save() ([]byte, error)
	// Restore replaces that part of the state. It returns aura.Corrupt for anything but what Save returned, and leaves
	// the state as it was then.
	Restore(state []byte) error
}

// Observer is a [State] that also takes the observations of a running agent: how far a delivery is, which peers are
// connected. It reports whether the observation was one of its own.
type Observer interface {
	Observe(fact.Observation) bool
}

// States has the state of each module that has one.
type States struct {
	names []string
	all   []State
}

// Names returns the names of the modules that have a state, in the order of the modules.
func (s *States) Names() []string { return s.names }

// Of returns the state of a module, nil when it has none.
func (s *States) Of(module string) State {
	for i, name := range s.names {
		if name == module {
			return s.all[i]
		}
	}
	return nil
}

// Apply folds one record into every state.
func (s *States) Apply(r *fact.Record) {
	for _, state := range s.all {
		state.Apply(r)
	}
}

// Observe gives an observation to the states that take observations.
func (s *States) Observe(o fact.Observation) {
	for _, state := range s.all {
		if by, ok := state.(Observer); ok {
			by.Observe(o)
		}
	}
}

// Get returns the state of a type. It panics when no module of the set has one, which is a mistake of who made the set: a
// module that needs another one says so in its comment.
func Get[S State](s *States) S {
	for _, state := range s.all {
		if found, ok := state.(S); ok {
			return found
		}
	}
	var none S
	panic(fmt.Sprintf("domain.Get: no module has a state of type %T", none))
}

// Home is the agent's stored data beside facts, as a plan may read it.
type Home interface {
	// Newest returns the newest fact of a device in a shared context; number and place are zero when there is none. A
	// request that names the place has the mark, too, see [guard.Request]. It returns the errors of the store, and a
	// [guard.MovedError] while facts of another branch are on their way into the states of the plan.
	Newest(context aura.ContextID, device aura.DeviceID) (guard.Mark, error)
	// Heads returns the newest facts of the branches of a device's stream, ascending; none when no fact of it is here. It returns the
	// errors of the store.
	Heads(ns fact.Namespace, device aura.DeviceID) ([]fact.Place, error)
	// Meta returns the metadata under a key, nil when there is none. It returns the errors of the store.
	Meta(key string) ([]byte, error)
}

// Snapshot is everything that a plan may know: who acts and when, the state of all domains, randomness. It is valid
// until the plan returns, and nothing in it may be changed.
type Snapshot struct {
	Caller
	*States
	Home
	// Certificate is that of the own device, the zero value when no agent runs.
	Certificate fact.Certificate
	// Addresses are where this agent can be reached now, best first: for [Module.Due] and operations that are
	// [Operation.Reachable].
	Addresses []string
	// Seed is fresh randomness, of this plan alone.
	Seed [64]byte
	// Stored holds the facts that an earlier attempt at the operation left, if Recalled says that they were asked for; see
	// [Plan.Recall].
	Stored   []fact.Record
	Recalled bool
}

// Secret returns the secret of a shared context. It returns aura.NotFound when there is none here.
func (s *Snapshot) Secret(context aura.ContextID) ([32]byte, error) {
	value, err := s.Meta(SecretKey(context))
	if err != nil {
		return [32]byte{}, err
	}
	if len(value) != 32 {
		return [32]byte{}, aura.Errorf("domain.Secret", aura.NotFound, "the context has no secret here")
	}
	return [32]byte(value), nil
}
