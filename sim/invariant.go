package sim

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// The invariants. Each holds at every instant, or, where it speaks of an end, once everything was
// healed and the world has had time to settle.
const (
	// WorldEnds: the world comes to its end: no deadlock, no loop without time, no panic.
	WorldEnds = "the world ends"
	// FactKept: a fact that was committed is at its place after any crash.
	FactKept = "a committed fact is kept"
	// MessageKept: a message whose author was told that it is durable survives any crash.
	MessageKept = "an acknowledged message is kept"
	// MessageDelivered: such a message is at every member of its conversation in the end.
	MessageDelivered = "an acknowledged message is delivered"
	// MessageShown: in the end every message in a journal is shown once in its conversation, whichever copy of a home wrote
	// it. It is checked in worlds with copies.
	MessageShown = "a message that is here is shown"
	// MessageOnce: no journal has the same message twice.
	MessageOnce = "a message is delivered once"
	// MessageOrder: messages of one sender arrive in the order in which it wrote them.
	MessageOrder = "messages are in the order of their sender"
	// MessageGenuine: every message that arrives was written by its author in that conversation.
	MessageGenuine = "a message is as its author wrote it"
	// StatesHonest: a message that is shown as delivered is at the peer, as the same fact, and one that is at every peer is shown so in
	// the end.
	StatesHonest = "delivery states never lie"
	// CopiesSpeak: in the end a message that any home of its author holds, or that reached any member, is at every home of
	// every member, once, whichever copy of a home wrote it.
	CopiesSpeak = "every text of every copy is at every member"
	// HeadsConverge: in the end all homes hold the same facts of each member of a conversation.
	HeadsConverge = "heads converge"
	// RostersAgree: the entries of an account are one chain, or contested, and the same at all who must know them.
	RostersAgree = "rosters agree"
	// RemovedSilent: nothing of a removed device is taken after the entry that removes it.
	RemovedSilent = "a removed device is not heard"
	// BoundsHold: in the end a home counts and shows of a removed device exactly the facts that are at or before a head of the
	// bound that was said in the conversation, as far as the heads are here.
	BoundsHold = "nothing beyond a bound counts"
	// SiblingsMeet: in the end the devices of an account that know each other have a link.
	SiblingsMeet = "devices of one account meet"
	// SiblingsAgree: in the end the devices of an account hold the same facts, of the account and of its conversations.
	SiblingsAgree = "devices of one account have one history"
	// PositionsGrow: the positions of a journal only grow.
	PositionsGrow = "journal positions only grow"
	// DecisionCharged: the charges of a carried-out decision are in the ledger, each with its receipt.
	DecisionCharged = "a decision is charged"
	// FactsPaid: the facts that a peer holds were paid for at their price, before they left.
	FactsPaid = "facts at a peer are paid for"
	// BudgetHolds: no agent spends more in an epoch than its limit, and no ledger forgets a charge,
	// wherever the clock goes.
	BudgetHolds = "no budget is exceeded"
	// SessionsEnd: each session ends at each participant, once, and its recording with it.
	SessionsEnd = "sessions end"
	// SessionsAgree: a participant hears what another one said, in order; a session of several begins for all or for none; over one
	// state one operation is agreed on; a change of version is made by all or by none.
	SessionsAgree = "participants of a session agree"
	// SessionsReplay: after a restart a session goes on from what it had said and heard.
	SessionsReplay = "a session goes on as it was"
	// SessionsOwned: a handle that was spent does not act on a session.
	SessionsOwned = "the owner alone acts on a session"
	// SessionsBounded: the live sessions of an agent and the ends that it keeps stay within their bounds.
	SessionsBounded = "sessions are bounded"
	// ReceiptsChain: the receiver's copy of a receipt chain agrees with the sender's ledger.
	ReceiptsChain = "receipts are one chain"
	// ViewsReduce: the signals of a running Core are the reduction of the facts, in any order.
	ViewsReduce = "views equal the reduction"
	// LabelsStay: the label of a conversation stays until its user renames it, names no other conversation, and
	// resolves to it.
	LabelsStay = "a label stays with its conversation"
	// OperationsEnd: every action of a user ends, and not in an error that names a bug.
	OperationsEnd = "operations end"
	// RefusalsHold: an action that was reported to its user as refused has no effect later.
	RefusalsHold = "a refused action has no effect"
	// ContactsAgree: both sides of a contact have the same context and verification code.
	ContactsAgree = "both sides of a contact agree"
	// TasksEnd: no task outlives its owner.
	TasksEnd = "no task outlives its owner"
	// ServicesRun: a service does not fail unless its disk did.
	ServicesRun = "services run"
)

// maxViolations bounds how many violations of one invariant are kept: one cause often shows many times.
const maxViolations = 8

// violate notes a violation.
func (w *simulation) violate(agent, invariant, format string, args ...any) {
	if w.violated[invariant]++; w.violated[invariant] > maxViolations {
		return
	}
	w.report.Violations = append(w.report.Violations, Violation{
		At: w.sim.Elapsed(), Agent: agent, Invariant: invariant, Text: fmt.Sprintf(format, args...),
	})
}

// announce emits the violations that were noted since. They are noted where no task may wait.
func (w *simulation) announce(tc task.Context) {
	for _, v := range w.report.Violations[w.announced:] {
		tc.Emit(world.InvariantViolated(v.Agent, world.Text(v.Invariant), aura.FactID{}, nil))
	}
	w.announced = len(w.report.Violations)
}
