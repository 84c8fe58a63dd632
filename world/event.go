package world

import (
	"encoding/binary"
	"log/slog"
	"strconv"

	"github.com/aura-runtime/aura"
)

// Family groups events (runtime document, "Instrumentation Contract").
type Family string

// The event families. The package has a constructor for each event of each family.
const (
	FamilyRuntime     Family = "runtime"             // start, stop
	FamilyService     Family = "service.lifecycle"   // a transition of a service
	FamilyHealth      Family = "service.health"      // trouble that a service goes on after
	FamilyTask        Family = "task"                // spawn, done, fail, abort
	FamilySession     Family = "session"             // claim, release, fail
	FamilyIngress     Family = "ingress"             // accepted, rejected, dropped
	FamilyDelegation  Family = "delegation"          // start, commit, rollback, reject
	FamilyLink        Family = "link"                // route, reject
	FamilyConcurrency Family = "concurrency.profile" // select, fallback
	FamilyGuard       Family = "guard"               // allow, deny
	FamilyInvariant   Family = "invariant"           // violation
	FamilyConnection  Family = "connection"          // up, down
	FamilyMessage     Family = "message"             // commit, release, receive, acknowledge
	FamilyBudget      Family = "budget"              // wait, turn
	FamilySimulation  Family = "simulation"          // faults and other acts of a simulated world
)

// Text is text that the program's source holds. A constant is one without a word; anything that a peer or
// a user wrote would need a conversion, and no caller makes one.
type Text string

// Event is one structured record. Only the constructors of this package make one, each from the fields that
// its event must have. An event never carries a payload, a key or a peer's address.
type Event struct {
	family  Family
	message Text
	level   slog.Level
	kind    aura.Kind // 0 when nothing failed

	service    string
	task       string
	session    aura.SessionID
	fragment   string
	owner      string
	fromOwner  string
	toOwner    string
	fromState  string
	toState    string
	profile    string
	subject    Text // what inside the service
	reason     Text
	capability string
	stage      string
	epoch      aura.Epoch
	operation  aura.OperationID
	fact       aura.FactID
}

// Family returns the family.
func (e Event) Family() Family { return e.family }

// Message returns the event in static text: "spawn", "deny", "running".
func (e Event) Message() string { return string(e.message) }

// Level returns the level of the event's log line: a warning deserves a look, info is ordinary operation,
// debug helps to find a fault.
func (e Event) Level() slog.Level { return e.level }

// ErrorKind returns the kind of the failure, 0 when nothing failed.
func (e Event) ErrorKind() aura.Kind { return e.kind }

// Service returns the service that the event is about, or empty.
func (e Event) Service() string { return e.service }

// Task returns the task that reports the event.
func (e Event) Task() string { return e.task }

// Owner returns the owner of the service, the session or, for other events, the task.
func (e Event) Owner() string { return e.owner }

// By returns the event as one that a task reports. A name that the event already has stays.
func (e Event) By(task, owner string) Event {
	if e.task == "" {
		e.task = task
	}
	if e.owner == "" {
		e.owner = owner
	}
	return e
}

// Within returns the event as one about a fragment of a session.
func (e Event) Within(session aura.SessionID, fragment string) Event {
	e.session, e.fragment = session, fragment
	return e
}

// Under returns the event as one of a service whose owner acts on a session with a profile. A field that the event already has stays.
func (e Event) Under(service, owner, profile string) Event {
	if e.service == "" {
		e.service = service
	}
	if e.owner == "" {
		e.owner = owner
	}
	if e.profile == "" {
		e.profile = profile
	}
	return e
}

// The length of a correlation identifier: that of an OpenTelemetry trace, so that one message is one trace.
const correlationSize = 16

// Correlation returns the identifier that all lines about one matter share, and false for an event that is
// about none. The matter is a message where there is one: its identifier begins as the fact's does, at every
// agent, so that nothing has to be sent for it. Before there is a message it is the user's operation.
func (e Event) Correlation() (id [correlationSize]byte, ok bool) {
	switch {
	case !e.fact.IsZero():
		copy(id[:], e.fact[:])
	case !e.operation.IsZero():
		copy(id[:], e.operation[:])
	default:
		return id, false
	}
	return id, true
}

// correlation is the text of the identifier: the beginning of the fact's or the operation's own text. The lines about a session that
// are about no message share the beginning of the session's.
func (e *Event) correlation() string {
	const digits = correlationSize * 8 / 5 // whole base32 digits
	text, prefix := "", ""
	switch {
	case !e.fact.IsZero():
		text, prefix = e.fact.String(), "fact_"
	case !e.operation.IsZero():
		text, prefix = e.operation.String(), "op_"
	case e.session != (aura.SessionID{}):
		text, prefix = e.session.String(), "sess_"
	default:
		return ""
	}
	return text[:len(prefix)+digits]
}

// Fields yields the name and text of every field that the event has, in the order of the runtime document.
func (e Event) Fields(yield func(name, value string) bool) {
	for _, f := range e.texts() {
		if f.value != "" && !yield(f.name, f.value) {
			return
		}
	}
	if e.session != (aura.SessionID{}) && !yield("session_id", e.session.String()) {
		return
	}
	if e.epoch != 0 && !yield("epoch", strconv.FormatUint(uint64(e.epoch), 10)) {
		return
	}
	if e.kind != 0 && !yield("error_kind", e.kind.String()) {
		return
	}
	if id := e.correlation(); id != "" && !yield("correlation_id", id) {
		return
	}
	if !e.fact.IsZero() && !e.operation.IsZero() {
		yield("operation_id", e.operation.String())
	}
}

// Field returns the text of one field, or empty.
func (e Event) Field(name string) (value string) {
	e.Fields(func(n, v string) bool {
		if n == name {
			value = v
		}
		return n != name
	})
	return value
}

type field struct{ name, value string }

func (e *Event) texts() [13]field {
	return [...]field{
		{"service", e.service}, {"task", e.task}, {"fragment_key", e.fragment}, {"owner", e.owner},
		{"from_owner", e.fromOwner}, {"to_owner", e.toOwner}, {"from_state", e.fromState}, {"to_state", e.toState},
		{"profile", e.profile}, {"subject", string(e.subject)}, {"capability", e.capability}, {"stage", e.stage},
		{"reason", string(e.reason)},
	}
}

// AppendBinary appends every field that the event has, each with its number and its length, for the digest
// of a simulation: two different events never give the same bytes. It never fails.
func (e Event) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, byte(e.kind))
	b = appendText(appendText(b, string(e.family)), string(e.message))
	for i, f := range e.texts() {
		if f.value != "" {
			b = appendText(append(b, byte(i+1)), f.value)
		}
	}
	for i, id := range [...][32]byte{e.session, e.operation, e.fact} {
		if id != ([32]byte{}) {
			b = append(append(b, byte(0xff-i)), id[:]...)
		}
	}
	if e.epoch != 0 {
		b = binary.BigEndian.AppendUint64(append(b, 0xf0), uint64(e.epoch))
	}
	return append(b, 0), nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// String returns the event on one line.
func (e Event) String() string {
	b := append([]byte(e.family), ' ')
	b = append(b, e.message...)
	for name, value := range e.Fields {
		b = append(append(append(b, ' '), name...), '=')
		b = strconv.AppendQuote(b, value)
	}
	return string(b)
}
