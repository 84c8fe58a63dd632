package world

import (
	"fmt"
	"log/slog"

	"github.com/aura-runtime/aura"
)

// levelOf returns the level of a failure that the program goes on after: a bug, a damaged disk or an
// exhausted bound is a warning; a peer that goes away and a guard's refusal are ordinary operation;
// a cancellation is of no interest.
func levelOf(kind aura.Kind) slog.Level {
	switch kind {
	case 0, aura.Cancelled:
		return slog.LevelDebug
	case aura.Denied, aura.Stale, aura.Timeout, aura.NotFound, aura.Unavailable:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// RuntimeStarted says that a whole agent is up.
func RuntimeStarted(service string) Event {
	return Event{family: FamilyRuntime, message: "start", level: slog.LevelInfo, service: service}
}

// RuntimeStopped says that a whole agent has ended; err is the failure of a part that did not end cleanly, or nil.
func RuntimeStopped(service string, err error) Event {
	kind := aura.KindOf(err)
	return Event{family: FamilyRuntime, message: "stop", level: max(slog.LevelInfo, levelOf(kind)), service: service, kind: kind}
}

// NetworkChanged says that this machine can be reached at other addresses than before.
func NetworkChanged(service string) Event {
	return Event{family: FamilyRuntime, message: "network changed", level: slog.LevelInfo, service: service}
}

// ServiceMoved says that a service went from one state of its lifecycle to another; err is why it failed.
func ServiceMoved(service, owner string, from, to fmt.Stringer, err error) Event {
	e := Event{
		family: FamilyService, message: Text(to.String()), level: slog.LevelDebug, service: service, owner: owner,
		fromState: from.String(), toState: to.String(), kind: aura.KindOf(err),
	}
	if e.kind != 0 && e.kind != aura.Cancelled {
		e.level = slog.LevelWarn
	}
	return e
}

// ServiceTroubled says that a service met a failure and goes on: it tries again, or does without. subject
// says with what, such as a view or a signal; empty: with the service as a whole.
func ServiceTroubled(service string, trouble, subject Text, err error) Event {
	kind := aura.KindOf(err)
	return Event{family: FamilyHealth, message: trouble, level: levelOf(kind), service: service, subject: subject, kind: kind}
}

// TaskSpawned says that a task was added to the group that owns it.
func TaskSpawned(task, owner string) Event {
	return Event{family: FamilyTask, message: "spawn", level: slog.LevelDebug, task: task, owner: owner}
}

// TaskDone says that a task returned. Its error, if any, went to the task that waits for it.
func TaskDone(task, owner string, err error) Event {
	return Event{family: FamilyTask, message: "done", level: slog.LevelDebug, task: task, owner: owner, kind: aura.KindOf(err)}
}

// TaskFailed says that the error of a task failed its group.
//
// A bug is a warning. The owner of the group says its further meaning: its tasks end in a failure
// whenever a peer goes away.
func TaskFailed(task, owner string, err error) Event {
	e := Event{family: FamilyTask, message: "fail", level: slog.LevelDebug, task: task, owner: owner, kind: aura.KindOf(err)}
	if e.kind == aura.Internal {
		e.level = slog.LevelWarn
	}
	return e
}

// TaskAborted says that a task ended because its group was cancelled.
func TaskAborted(task, owner string, err error) Event {
	return Event{family: FamilyTask, message: "abort", level: slog.LevelDebug, task: task, owner: owner, kind: aura.KindOf(err)}
}

// ConnectionUp says that a session with a peer began, and by which way: direct or through a relay.
func ConnectionUp(service string, way Text) Event {
	return Event{family: FamilyConnection, message: "up", level: slog.LevelInfo, service: service, subject: way}
}

// ConnectionDown says that a session which was up has ended, and why.
func ConnectionDown(service string, err error) Event {
	return Event{family: FamilyConnection, message: "down", level: slog.LevelInfo, service: service, kind: aura.KindOf(err)}
}

// IngressAccepted says that an input from outside was accepted; what names it.
func IngressAccepted(service string, what Text) Event {
	return Event{family: FamilyIngress, message: "accepted", level: slog.LevelDebug, service: service, subject: what}
}

// IngressRejected says that something from outside was refused, and why.
func IngressRejected(service string, why Text, err error) Event {
	return refusal("rejected", service, why, err)
}

// IngressDropped says that something from outside was not looked at, and why.
func IngressDropped(service string, why Text, err error) Event {
	return refusal("dropped", service, why, err)
}

func refusal(message Text, service string, why Text, err error) Event {
	return Event{
		family: FamilyIngress, message: message, level: slog.LevelInfo, service: service, reason: why,
		kind: aura.KindOf(err),
	}
}

// GuardAllowed says that the guard allowed a request and its facts are durable. The operation is zero for
// decisions without an action of a user; the fact is the first that was decided, zero when there is none.
func GuardAllowed(capability string, operation aura.OperationID, first aura.FactID) Event {
	return Event{
		family: FamilyGuard, message: "allow", level: slog.LevelDebug, capability: capability,
		operation: operation, fact: first,
	}
}

// GuardDenied says which stage of the guard refused a request, and for what reason.
func GuardDenied(capability string, stage, reason fmt.Stringer, operation aura.OperationID) Event {
	return Event{
		family: FamilyGuard, message: "deny", level: slog.LevelInfo, capability: capability,
		stage: stage.String(), reason: Text(reason.String()), operation: operation, kind: aura.Denied,
	}
}

// InvariantViolated says that something which always holds does not. The fact is the one that showed it, or
// zero.
func InvariantViolated(service string, invariant Text, fact aura.FactID, err error) Event {
	return Event{
		family: FamilyInvariant, message: "violation", level: slog.LevelWarn, service: service, subject: invariant,
		fact: fact, kind: aura.KindOf(err),
	}
}

// Simulated reports a fault or another act of a simulated world, and the agent that it befell.
func Simulated(what Text, whom string) Event {
	return Event{family: FamilySimulation, message: what, level: slog.LevelDebug, service: whom}
}
