package sim

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/transport"
)

// The bugs that can be planted, each through a seam that the agent has anyway.
const (
	// PlantDeliverBeforeSync: the disk says that a batch is durable, and writes it later.
	PlantDeliverBeforeSync = "deliver-before-sync"
	// PlantAnswerWhenStuck: the disk says that a batch is durable while its syncs do not return.
	PlantAnswerWhenStuck = "answer-when-stuck"
	// PlantAnswerWhenFull: the disk says that a batch is durable for which it has no room.
	PlantAnswerWhenFull = "answer-when-full"
	// PlantForgetDedup: after a restart the disk has forgotten which of the newest facts of others it holds.
	PlantForgetDedup = "forget-dedup"
	// PlantTurnBackLedger: a start after a clock was set back finds the ledger as it was before that clock went wrong.
	PlantTurnBackLedger = "turn-back-ledger"
	// PlantSkipCharge: the interpreter carries out some decisions without their charges.
	PlantSkipCharge = "skip-charge"
	// PlantWaitForClock: the interpreter refuses to charge in an epoch before the one in which it charged last.
	PlantWaitForClock = "wait-for-clock"
	// PlantSwallowPanic: a panic in a sink of the journal goes unheard.
	PlantSwallowPanic = "swallow-panic"
	// PlantFollowName: a frontend shows a contact by the name that the contact gives itself now.
	PlantFollowName = "follow-name"
	// PlantClaimDelivery: a frontend shows one message more as delivered than the peer has.
	PlantClaimDelivery = "claim-delivery"
	// PlantRefuseDone: a frontend is told that an action was refused which was carried out.
	PlantRefuseDone = "refuse-done"
	// PlantNeverReset: the pause between dials of a peer grows with each that fails, and no sign of life ends it.
	PlantNeverReset = "never-reset"
	// PlantGiveUpAbsent: a peer that was away for weeks is neither dialled nor let in.
	PlantGiveUpAbsent = "give-up-absent"
	// PlantCountAck: a frontend takes how many facts of the device a peer has for a place up to which the peer has those of
	// this copy of the home. It needs copies.
	PlantCountAck = "count-ack"
	// PlantDropByNumber: a frontend drops every fact at a place of a stream at which it has another fact, of another copy of
	// the home. It needs copies.
	PlantDropByNumber = "drop-by-number"
	// PlantVoidBranch: a frontend ignores a message at a place of a stream at which it has another fact, of another copy of
	// the home. It needs copies.
	PlantVoidBranch = "void-branch"
	// PlantStaleAddress: who moves goes on to tell the old address.
	PlantStaleAddress = "stale-address"
)

// Plants returns the names of the bugs that [Options].Plant takes.
func Plants() []string {
	return []string{
		PlantAnswerWhenFull, PlantAnswerWhenStuck, PlantClaimDelivery, PlantCountAck, PlantDeliverBeforeSync,
		PlantDropByNumber, PlantFollowName, PlantForgetDedup, PlantGiveUpAbsent, PlantNeverReset, PlantRefuseDone,
		PlantSkipCharge, PlantStaleAddress, PlantSwallowPanic, PlantTurnBackLedger, PlantVoidBranch, PlantWaitForClock,
	}
}

// NeedsCopies reports whether a bug shows only in worlds with [Options].Copies.
func NeedsCopies(plant string) bool {
	return plant == PlantCountAck || plant == PlantDropByNumber || plant == PlantVoidBranch
}

// plantStore returns the disk of a person's next process.
func (w *simulation) plantStore(p *person) journal.Store {
	switch w.options.Plant {
	case PlantDeliverBeforeSync:
		return newHasty(p.disk)
	case PlantAnswerWhenStuck:
		return newYielding(p.disk, func() bool { return p.faults.Stuck }, 0)
	case PlantAnswerWhenFull:
		return newYielding(p.disk, func() bool { return false }, aura.Exhausted)
	case PlantForgetDedup:
		return newForgetful(p.disk, &p.index)
	case PlantTurnBackLedger:
		p.turnBack()
	}
	return p.disk
}

// plantInterpreter returns the interpreter of a person's next process.
func (w *simulation) plantInterpreter(p *person, inner interp.Interpreter) interp.Interpreter {
	switch w.options.Plant {
	case PlantSkipCharge:
		return generous{Interpreter: inner, chance: newChance(w.sim.Entropy(p.name + " plant"))}
	case PlantWaitForClock:
		return waiting{Interpreter: inner, person: p}
	}
	return inner
}

// plantSink returns the sink that a person's next process panics in.
func (w *simulation) plantSink(f *fuse) journal.Sink {
	if w.options.Plant == PlantSwallowPanic {
		return deaf{f}
	}
	return f
}

// plantBridge returns the way from a person's next frontend to its agent.
func (w *simulation) plantBridge(p *person, b app.Bridge) app.Bridge {
	switch w.options.Plant {
	case PlantFollowName:
		return misled{Bridge: b, turn: p.followName}
	case PlantClaimDelivery:
		return misled{b, claimDelivery, claimObserved}
	case PlantVoidBranch:
		return misled{Bridge: b, turn: p.voidBranch}
	case PlantCountAck:
		return misled{b, p.countAlone, p.countAck}
	case PlantDropByNumber:
		return misled{Bridge: b, turn: p.dropTaken}
	case PlantRefuseDone:
		return refusing{b, newChance(w.sim.Entropy(p.name + " plant"))}
	}
	return b
}

// plantNetwork returns the network of a person's next process.
func (w *simulation) plantNetwork(p *person) transport.Network {
	switch w.options.Plant {
	case PlantNeverReset:
		return weary{p.network, p}
	case PlantGiveUpAbsent:
		return resentful{p.network, p}
	case PlantStaleAddress:
		return stale{p.network, p}
	}
	if w.options.Devices > 1 {
		return listening{p.network, p}
	}
	return p.network
}
