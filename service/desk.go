package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Desk is what every service works with. The agent lays it out once.
type Desk struct {
	Ring     *keyring.Ring
	Journal  *journal.Journal
	Registry *fact.Registry
	Frontier *frontier.Index
	Chain    *chain.Chain
	Book     *Book
	Board    *Board
	Entropy  world.Entropy
	// Operations is the actions of users that are in hand.
	Operations *Operations
	// Receipts returns receipts of the chain for a peer in an epoch, in order, after the first ones and at
	// most so many. [aura.Stale]: the epoch has turned.
	Receipts func(context aura.ContextID, peer aura.AuthorityID, epoch aura.Epoch, after uint64, most int) ([]effect.Receipt, error)
	// CollectReceipts removes the receipts of ended epochs that may go, see [interp.Production].
	CollectReceipts func(tc task.Context, context aura.ContextID, peer aura.AuthorityID, may func(*effect.Receipt) bool) (int, error)
	// Reach says where this agent can be reached now, best first.
	Reach func() []string
	// Relays asks contacts to relay. Nil: this network has none.
	Relays Relays
	// Moves tells when the own network changes. Nil: it does not.
	Moves Moves
	// Trace, when set, is told the stages of the road as they happen. It must not wait.
	Trace func(Step)
}

// Caller returns who acts: this agent, for an operation, now.
func (d *Desk) Caller(tc task.Context, op aura.OperationID) domain.Caller {
	return domain.Caller{Authority: d.Ring.Authority(), Device: d.Ring.Device(), Operation: op, Now: tc.Now()}
}

// plan plans a request over the book and takes it through guard and interpreter.
func (d *Desk) plan(tc task.Context, handler func(*Pages) (guard.Request, error)) (effect.Result, error) {
	request, err := d.Book.Plan(handler)
	if err != nil {
		return effect.Result{}, err
	}
	return d.decide(tc, &request)
}

// decide takes a request through guard and interpreter.
func (d *Desk) decide(tc task.Context, request *guard.Request) (effect.Result, error) {
	r, verdict, err := d.Chain.Decide(tc, request)
	d.traceDecision(&verdict, &r)
	return r, err
}

// Secret returns the secret of a shared context. It returns [aura.NotFound] when there is none.
func (d *Desk) Secret(context aura.ContextID) ([32]byte, error) {
	value, err := d.Journal.Meta(domain.SecretKey(context))
	if err != nil {
		return [32]byte{}, err
	}
	if len(value) != 32 {
		return [32]byte{}, aura.Errorf("service.Secret", aura.NotFound, "the context has no secret here")
	}
	return [32]byte(value), nil
}

// acked returns the Seq through which a peer has the own facts of a context.
func (d *Desk) acked(context aura.ContextID, peer aura.AuthorityID) (uint64, error) {
	return d.seq(delivery.AckedKey(context, peer))
}

// counted is acked, and whether the journal has kept count. A journal of an earlier build has the facts alone.
func (d *Desk) counted(context aura.ContextID, peer aura.AuthorityID) (seq uint64, counted bool, err error) {
	value, err := d.Journal.Meta(delivery.AckedKey(context, peer))
	if err != nil || value == nil {
		return 0, false, err
	}
	seq, err = delivery.ParseSeq(value)
	return seq, err == nil, err
}

// settled returns the Seq through which a peer has the own facts of a context, or they were given up.
func (d *Desk) settled(context aura.ContextID, peer aura.AuthorityID) (uint64, error) {
	acked, err := d.acked(context, peer)
	if err != nil {
		return 0, err
	}
	failed, err := d.seq(delivery.FailedKey(context, peer))
	return max(acked, failed), err
}

func (d *Desk) seq(key string) (uint64, error) {
	value, err := d.Journal.Meta(key)
	if err != nil {
		return 0, err
	}
	return delivery.ParseSeq(value)
}

// submitted turns the facts of a decision into the answer to an intent.
func submitted(in fact.Intent, r effect.Result, err error) (fact.Result, error) {
	if err != nil {
		return fact.Result{}, err
	}
	out := fact.Result{Operation: in.Operation}
	for i := range r.Records {
		out.Facts = append(out.Facts, r.Records[i].ID)
	}
	return out, nil
}
