package machine

import "slices"

// Predicate is the kind of a step's output, for the gate that every step passes before it is
// committed. The numbers are append-only.
type Predicate uint8

// The predicates.
const (
	PredicateObservable     Predicate = 1
	PredicateMachineOutput  Predicate = 2
	PredicateTransportSend  Predicate = 3
	PredicateTransportRecv  Predicate = 4
	PredicateProtocolChoice Predicate = 5
	PredicateProtocolStep   Predicate = 6
	PredicateGuardAcquire   Predicate = 7
	PredicateGuardRelease   Predicate = 8
)

// allPredicates has a bit for each of them.
const allPredicates predicateSet = 1<<(PredicateGuardRelease+1) - 1

func (p Predicate) String() string {
	return named([]string{
		PredicateObservable: "aura.observable_output", PredicateMachineOutput: "protocol_machine.observable_output",
		PredicateTransportSend: "aura.transport.send", PredicateTransportRecv: "aura.transport.recv",
		PredicateProtocolChoice: "aura.protocol.choice", PredicateProtocolStep: "aura.protocol.step",
		PredicateGuardAcquire: "aura.guard.acquire", PredicateGuardRelease: "aura.guard.release",
	}, uint8(p))
}

type predicateSet uint16

// OutputPolicy says which steps may be committed. The zero policy allows all of them. Every check is in
// the trace, before the events of its step.
type OutputPolicy struct {
	disabled bool
	denied   predicateSet
}

// AllowOutput allows everything and records each check: the default.
func AllowOutput() OutputPolicy { return OutputPolicy{} }

// IgnoreOutput checks nothing and records nothing.
func IgnoreOutput() OutputPolicy { return OutputPolicy{disabled: true} }

// AllowOnly allows the steps with these predicates; none at all if there are none.
func AllowOnly(list ...Predicate) OutputPolicy {
	o := OutputPolicy{denied: allPredicates}
	for _, p := range list {
		o.denied &^= 1 << p
	}
	return o
}

// Allows reports whether a step with this predicate may be committed.
func (o OutputPolicy) Allows(p Predicate) bool { return o.disabled || o.denied&(1<<p) == 0 }

// HardenedOutput is the allow list of production.
func HardenedOutput() OutputPolicy {
	return AllowOnly(PredicateObservable, PredicateMachineOutput, PredicateTransportSend, PredicateTransportRecv,
		PredicateProtocolChoice, PredicateProtocolStep, PredicateGuardAcquire, PredicateGuardRelease)
}

// Layer is a guard layer: something that only so many roles may hold at a time.
type Layer struct {
	Name string
	// Slots is the number of holders; default 1.
	Slots int
}

// layers are the configured guard layers and their holders.
type layers struct {
	configured []Layer
	held       []holding
	evidence   uint64
}

type holding struct {
	layer    uint32
	session  SessionID
	role     RoleID
	evidence uint64
}

func newLayers(list []Layer) layers {
	l := layers{configured: slices.Clone(list)}
	for i := range l.configured {
		l.configured[i].Slots = max(1, l.configured[i].Slots)
	}
	return l
}

func (l *layers) find(name string) (uint32, bool) {
	i := slices.IndexFunc(l.configured, func(x Layer) bool { return x.Name == name })
	return uint32(i), i >= 0
}

func (l *layers) free(layer uint32) int {
	n := l.configured[layer].Slots
	for _, h := range l.held {
		if h.layer == layer {
			n--
		}
	}
	return n
}

// release frees everything that a session holds.
func (l *layers) release(id SessionID) {
	l.held = slices.DeleteFunc(l.held, func(h holding) bool { return h.session == id })
}
