package service

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Env is what every service works with. The agent fills it once.
type Env struct {
	Ring      *keyring.Ring
	Journal   *journal.Journal
	Modules   *domain.Set
	Frontier  *frontier.Index
	Decider   *egress.Decider
	Directory *directory.Index
	Entropy   world.Entropy
	// Operations is the actions of users that are in hand.
	Operations *Operations
	// CollectReceipts removes the receipts of ended epochs that may go, see [interp.Production].
	CollectReceipts func(tc task.Context, context aura.ContextID, peer aura.AuthorityID, may func(*effect.Receipt) bool) (int, error)
	// Ceremonies plays the protocols of modules.
	Ceremonies *Ceremonies
	// Addresses says where this agent can be reached now, best first.
	Addresses func() []string
}

// Caller returns who acts: this agent, for an operation, now.
func (e *Env) Caller(tc task.Context, op aura.OperationID) domain.Caller {
	return domain.Caller{Authority: e.Ring.Authority(), Device: e.Ring.Device(), Operation: op, Now: tc.Now()}
}

// plan plans a request over the state of the directory and takes it through guard and interpreter.
func (e *Env) plan(tc task.Context, handler func(*directory.State) (guard.Request, error)) (effect.Result, error) {
	return unmoved(tc, func() (effect.Result, error) {
		request, err := e.Directory.Plan(handler)
		if err != nil {
			return effect.Result{}, err
		}
		return e.Decider.Decide(tc, &request)
	})
}

// movedOften is how often an operation is planned that names places of streams to which branches come meanwhile.
const movedOften = 8

// movedPause lets the states of a plan get the facts that moved a place.
const movedPause = time.Millisecond

// unmoved plans and decides an operation until no place that it names has moved in between.
func unmoved[T any](tc task.Context, do func() (T, error)) (result T, err error) {
	for range movedOften {
		result, err = do()
		if _, moved := errors.AsType[*guard.MovedError](err); !moved || tc.Sleep(movedPause) != nil {
			break
		}
	}
	return result, err
}

// watermarks reads how far deliveries are.
func (e *Env) watermarks() delivery.Watermarks { return e.Journal.Meta }

const repairBase, repairMost = 500 * time.Millisecond, time.Minute

// repairPause paces new attempts after a failure that may pass: of the disk, or of the other side.
func repairPause() task.Backoff {
	return task.Backoff{Base: repairBase, Max: repairMost, Factor: 2, Jitter: 0.3}
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
