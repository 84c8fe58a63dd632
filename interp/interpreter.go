package interp

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// LogChange is a change of a device-local log.
type LogChange = journal.LogChange

// Decision is an allowed outcome on its way to becoming real.
type Decision struct {
	// Operation correlates the decision with a user's action; zero: none.
	Operation aura.OperationID
	// Request is the request that the guard allowed. It says which facts a charge pays for.
	Request *guard.Request
	// Commands are those of the guard's outcome. They may point into Request.
	Commands []effect.Command
	// Seed is the snapshot's randomness. Nonces derive from it.
	Seed [32]byte
	// Placed, when not nil, is called once by Execute as soon as the decision has its place in the order of commits,
	// before it is durable: the next one may then be decided on top of it. Execute does not call it when it fails
	// earlier.
	Placed func()
}

// placed calls Placed.
func (d *Decision) placed() {
	if d.Placed != nil {
		d.Placed()
	}
}

// Run returns the run that a charge of the decision pays for, numbered (from, until]: own facts by their local numbers, or cells.
// Entry is the ledger entry that is charged; before and after are the count of own facts in the request's context before
// and after the decision's own. The run of a control message, and of a message of a session, is empty.
func (d *Decision) Run(c *effect.Command, entry *fact.Charge, before, after uint64) (from, until uint64) {
	if c.Context != d.Request.Context {
		if d.Request.Form() == guard.FormCarry && c.Context == d.Request.Budget() {
			return entry.Through, entry.Through + uint64(c.Amount)
		}
		return 0, 0
	}
	for i := range d.Request.Sends {
		if s := &d.Request.Sends[i]; s.Peer == c.Peer && s.Through != 0 {
			return s.From, s.Through
		}
	}
	return before, after
}

// Interpreter carries out decisions.
type Interpreter interface {
	// Execute commits a decision and returns when its facts are durable. It returns aura.Stale when a charge or leakage was
	// decided on headroom that has changed since, aura.Conflict with a [guard.MovedError] when a mark of the request does not
	// hold any more, aura.Conflict when metadata that it holds has changed, and
	// aura.Invalid for facts that do not check: nothing was committed then. When tc ends before the store
	// has the decision, Execute returns tc's error, and the decision will never be committed; afterwards Execute waits for the
	// outcome whatever tc says. A [journal.UndecidedError] says that the store failed with it. No envelope is released before
	// its decision is known to be durable.
	//
	// A decision about a message of a session has a key, see [guard.Request.Key]. Execute returns aura.Stale for a key
	// that was decided already, see Decided.
	Execute(tc task.Context, d *Decision) (effect.Result, error)
	// Decided returns the result of the decision about the message of a session that a request releases, if it was made
	// and is durable; facts that were collected since are missing from it. Nothing is charged, and the message is released
	// again: a crash may have come before it left. It returns false for a request without a key and for a message that was
	// not decided, and aura.Conflict when another message was decided at its place, or a later one on its edge.
	Decided(tc task.Context, r *guard.Request) (effect.Result, bool, error)
	// EndSession forgets the decisions of a session, durably, in one batch with changes of logs. No decision about one of its messages may
	// be in flight or follow: it would be charged again. A session that is not known is fine.
	EndSession(tc task.Context, session aura.SessionID, with ...LogChange) error
	// Kind names the implementation: "production", "simulation".
	Kind() string
}

// Sender releases envelopes to peers. The agent supplies it.
type Sender interface {
	// Release says that the own facts of the envelope's context are durable and paid for up to Through, or that its
	// message is. The receipts are in the journal, see [Production.Receipts]. A message may be released again after a
	// crash. Release must not wait for the peer: every commit waits for it.
	Release(tc task.Context, e effect.Envelope)
}

// Ledger is the state of budgets and metadata on which a decision is prepared and checked again. A journal is one, and
// so is the view that it gives inside a commit.
type Ledger interface {
	// Head returns the position of the last record; zero: none.
	Head() fact.Position
	// Count returns how many facts of the device are in the namespace, which is the number of the newest; zero: none.
	Count(ns fact.Namespace, device aura.DeviceID) uint64
	// Charge returns the spending on a peer in a context; zero but for the names when there is none.
	Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge
	// Leak returns the bits that a class of observers may have learned from a context; zero but for the names when
	// there are none.
	Leak(context aura.ContextID, o fact.Observer) fact.Leak
	// Meta returns the metadata under a key, nil when there is none.
	Meta(key string) ([]byte, error)
}
