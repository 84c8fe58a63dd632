package machine

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura/choreo"
)

// SessionID counts the sessions of one machine from 0. NoSession stands where none applies.
type SessionID uint64

// NoSession is no session.
const NoSession SessionID = ^SessionID(0)

// EventKind is the kind of an event. The numbers are append-only.
type EventKind uint8

// The events. Each says the uses of Seq, Sum and Code beside the obvious ones.
const (
	EventSent     EventKind = 1
	EventReceived EventKind = 2
	// EventOffered and EventChose follow the message of a choice.
	EventOffered EventKind = 3
	EventChose   EventKind = 4
	// EventOpened: Sum is the start of the image's digest, Code the Integrity.
	EventOpened EventKind = 5
	EventClosed EventKind = 6
	// EventSessionTerminal: Code is the SessionStatus.
	EventSessionTerminal EventKind = 7
	// EventEpochAdvanced: Seq is the new epoch.
	EventEpochAdvanced EventKind = 8
	EventHalted        EventKind = 9
	// EventAcquired and EventReleased: Label is the number of the layer, Seq the evidence.
	EventAcquired EventKind = 10
	EventReleased EventKind = 11
	// EventTransferred: Seq is the generation of the new owner's capability.
	EventTransferred EventKind = 12
	EventAborted     EventKind = 13
	// EventTagged and EventChecked: Sum tells facts apart; EventChecked has the answer in Code.
	EventTagged  EventKind = 14
	EventChecked EventKind = 15
	// EventFaulted: Code is the FaultCode.
	EventFaulted               EventKind = 16
	EventFailureBranchEntered  EventKind = 17
	EventTimeoutIssued         EventKind = 18 // Seq is the witness
	EventCancellationRequested EventKind = 19
	EventCancelled             EventKind = 20
	// EventOutputChecked: Label is the Predicate, Code 1 if it passed, Sum the start of the digest.
	EventOutputChecked EventKind = 21
	// EventProfile: a wave was refused and the step was taken canonically. Code is the FallbackReason.
	EventProfile EventKind = 22
	// EventInjected: a message came in from outside.
	EventInjected EventKind = 23
	// EventFragmentEnded: a fragment ended before its session. Seq is its place among the session's fragments by name,
	// Code the SessionStatus that stands for its end.
	EventFragmentEnded EventKind = 24
	// EventImported: a session came from an export and has no owner yet. Seq is the number of its steps, Sum and Code are
	// those of EventOpened.
	EventImported EventKind = 25
	// EventDenied: the host refused a choice, for which Label is NoLabel, or a message. Nothing happened. Code is 1 for a
	// message that was to be received.
	EventDenied EventKind = 26
)

var eventNames = [...]string{
	EventSent: "sent", EventReceived: "received", EventOffered: "offered", EventChose: "chose", EventOpened: "opened",
	EventClosed: "closed", EventSessionTerminal: "session_terminal", EventEpochAdvanced: "epoch_advanced",
	EventHalted: "halted", EventAcquired: "acquired", EventReleased: "released", EventTransferred: "transferred",
	EventAborted: "aborted", EventTagged: "tagged", EventChecked: "checked", EventFaulted: "faulted",
	EventFailureBranchEntered: "failure_branch_entered", EventTimeoutIssued: "timeout_issued",
	EventCancellationRequested: "cancellation_requested", EventCancelled: "cancelled",
	EventOutputChecked: "output_condition_checked", EventProfile: "profile_fallback", EventInjected: "injected",
	EventFragmentEnded: "fragment_ended", EventImported: "imported", EventDenied: "denied",
}

func (k EventKind) String() string {
	if int(k) < len(eventNames) && eventNames[k] != "" {
		return eventNames[k]
	}
	return fmt.Sprintf("event %d", uint8(k))
}

// sessionScoped reports whether an event belongs to the story of its session alone, so that its place
// among the events of other sessions means nothing.
func (k EventKind) sessionScoped() bool {
	switch k {
	case EventHalted, EventTimeoutIssued, EventFailureBranchEntered, EventFaulted, EventOutputChecked, EventProfile:
		return false
	}
	return true
}

// Event is one observation of a machine: 48 bytes without pointers. Fields that do not apply hold
// NoSession, NoRole, NoLabel or 0.
type Event struct {
	Tick       uint64
	Session    SessionID
	Seq        uint64
	Sum        uint64
	Label      LabelID
	Role, Peer RoleID
	Kind       EventKind
	Code       uint8
}

// Describe writes the event with the names of its image, for people; im may be nil.
func (e Event) Describe(im *Image) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", e.Tick)
	if e.Session != NoSession {
		fmt.Fprintf(&b, " session %d", e.Session)
	}
	fmt.Fprintf(&b, " %s", e.Kind)
	name := func(id RoleID) string {
		if im == nil {
			return fmt.Sprintf("role %d", id)
		}
		return string(im.RoleName(id))
	}
	if e.Role != NoRole {
		b.WriteString(" " + name(e.Role))
	}
	if e.Peer != NoRole {
		arrow := " → "
		if e.Kind == EventReceived || e.Kind == EventChose || e.Kind == EventInjected || (e.Kind == EventDenied && e.Code == 1) {
			arrow = " ← "
		}
		b.WriteString(arrow + name(e.Peer))
	}
	switch {
	case e.Kind == EventOutputChecked:
		fmt.Fprintf(&b, " %s", Predicate(e.Label))
	case e.Label != NoLabel && im != nil && e.Kind != EventAcquired && e.Kind != EventReleased:
		fmt.Fprintf(&b, " %s", im.Label(e.Label).Name)
	case e.Label != NoLabel:
		fmt.Fprintf(&b, " #%d", e.Label)
	}
	switch e.Kind {
	case EventFaulted, EventFailureBranchEntered:
		fmt.Fprintf(&b, " %s", FaultCode(e.Code))
	case EventSessionTerminal, EventFragmentEnded:
		fmt.Fprintf(&b, " %s", SessionStatus(e.Code))
	case EventOpened, EventImported:
		fmt.Fprintf(&b, " %s", Integrity(e.Code))
	case EventProfile:
		fmt.Fprintf(&b, " %s", FallbackReason(e.Code))
	}
	return b.String()
}

// Trace keeps the events of a machine in memory that the caller provides. One machine writes it; it is
// read between steps.
type Trace struct {
	events []Event
	next   int    // where the next event goes, once the ring is full
	lost   uint64 // events that were overwritten
	limit  int    // 0: grow
}

// NewTrace returns a trace that keeps the last capacity events and never allocates again; with capacity 0
// it keeps all of them and grows.
func NewTrace(capacity int) *Trace {
	return &Trace{events: make([]Event, 0, capacity), limit: capacity}
}

func (t *Trace) add(e Event) {
	if t.limit == 0 || len(t.events) < t.limit {
		t.events = append(t.events, e)
		return
	}
	t.events[t.next] = e
	t.lost++
	if t.next++; t.next == t.limit {
		t.next = 0
	}
}

// Len returns the number of events kept.
func (t *Trace) Len() int { return len(t.events) }

// Events returns a copy of the events kept, oldest first.
func (t *Trace) Events() []Event {
	out := make([]Event, 0, len(t.events))
	out = append(out, t.events[t.next:]...)
	return append(out, t.events[:t.next]...)
}

// Clear forgets all events and keeps the memory.
func (t *Trace) Clear() { t.events, t.next, t.lost = t.events[:0], 0, 0 }

// Messages returns the messages of one session in the order in which they were sent, for comparison with a
// global type.
func Messages(events []Event, id SessionID, im *Image) []Sent {
	var out []Sent
	for _, e := range events {
		if e.Kind == EventSent && e.Session == id {
			out = append(out, Sent{im.RoleName(e.Role), im.RoleName(e.Peer), im.Label(e.Label)})
		}
	}
	return out
}

// Sent is one message of a session by names.
type Sent struct {
	From, To choreo.Role
	Label    choreo.Label
}
