package world

import (
	"fmt"
	"log/slog"

	"github.com/aura-runtime/aura"
)

// The way of one message. Its lines have one correlation identifier, at its author and at its readers.

// FactCommitted says that a fact is durable here: one of the agent's own or one from a peer.
func FactCommitted(service string, fact aura.FactID) Event { return step("commit", service, fact) }

// FactReleased says that a fact was handed to the channel of one peer.
func FactReleased(service string, fact aura.FactID) Event { return step("release", service, fact) }

// FactReceived says that a fact from a peer was verified and is durable.
func FactReceived(service string, fact aura.FactID) Event { return step("receive", service, fact) }

// FactAcknowledged says that one peer has the fact.
func FactAcknowledged(service string, fact aura.FactID) Event {
	return step("acknowledge", service, fact)
}

func step(message Text, service string, fact aura.FactID) Event {
	return Event{family: FamilyMessage, message: message, level: slog.LevelDebug, service: service, fact: fact}
}

// BudgetWaits says that a fact stays here until the budget towards one peer suffices. The capability is the
// one under which it would leave, stage and reason are the guard's.
func BudgetWaits(service, capability string, stage, reason fmt.Stringer, fact aura.FactID) Event {
	return Event{
		family: FamilyBudget, message: "wait", level: slog.LevelInfo, service: service, capability: capability,
		stage: stage.String(), reason: Text(reason.String()), fact: fact,
	}
}

// EpochTurned says that the budget towards one peer went to another epoch, an earlier one when a clock that was
// wrong is set right.
func EpochTurned(service string, epoch aura.Epoch) Event {
	return Event{family: FamilyBudget, message: "turn", level: slog.LevelInfo, service: service, epoch: epoch}
}
