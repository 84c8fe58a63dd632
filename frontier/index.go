package frontier

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// Index evaluates the capability tokens of the agent's own authority, and follows the journal for tokens, revocations
// and the limits of contexts. An agent has one.
//
// It trusts one root key: that of the agent's own authority. Every permission, of the agent itself and of a peer,
// follows from tokens of that root alone.
//
// An evaluation asks for each capability that a domain declared. Its answer is cached for a context, an authority and a
// token until the epoch ends or a check that reads the time could change, and dropped when a token, a revocation or a
// limit is committed. An answer that depends on the time in any other way is not cached. When no token reads the
// context, the answer is cached for all contexts as well, so that an agent of many groups evaluates once.
//
// Owner: a leaf lock; any task may call its methods.
type Index struct {
	root       [32]byte
	own        aura.AuthorityID
	device     aura.DeviceID
	siblings   aura.ContextID // in which the owner's devices meet
	candidates []string

	mu      task.Mutex
	era     uint64         // of the journal, in which the state was loaded
	missed  *[]fact.Record // committed while the state is made anew; nil: it is not
	state   *capability.State
	grants  *grants
	fold    *journal.Fold // of the grants
	version uint64        // counts changes of the state that may change an answer
	cache   map[cacheKey]cached
	shares  Shares // nil: the device is the only one
	share   knownShare
}

// Open folds the tokens of the journal and follows it until the returned function is called. The identity is that of
// the agent's device; candidates are the capabilities that can be granted at all, ascending.
func Open(tc task.Context, identity fact.Certificate, candidates []string, j *journal.Journal) (*Index, func(), error) {
	x := &Index{
		root: identity.Root, own: identity.Authority(), device: identity.Device(), candidates: candidates,
		siblings: device.OwnContext(identity.Authority()), cache: map[cacheKey]cached{},
	}
	x.begin(j)
	// Attach first, then load: a fact that is committed in between arrives twice, and the second time changes nothing.
	_, detach := j.Attach(x)
	if err := x.fold.Load(tc, j); err != nil {
		detach()
		return nil, nil, err
	}
	return x, detach, nil
}

// begin makes an empty state.
func (x *Index) begin(j *journal.Journal) {
	x.era, x.state = j.Era(), capability.NewState(x.own)
	selection := fact.Selection{Kinds: []string{capability.Kinds, capability.KindPolicy}}
	x.grants = &grants{x.state, x}
	x.fold = journal.NewFold("fold.capability", selection, x.grants, &x.mu)
}

// turn drops what followed from the state before.
func (x *Index) turn() {
	x.version++
	clear(x.cache)
}

// grants is the state of tokens as a fold of the journal.
type grants struct {
	*capability.State
	index *Index
}

// Apply implements [fact.Reducer].
func (g *grants) Apply(r *fact.Record) {
	if g.State.Apply(r) {
		g.index.turn()
	}
}

// Renew makes the state anew when facts that it folded became void, or count again, since it was loaded. Until then the
// one in use goes on as it is.
func (x *Index) Renew(tc task.Context, j *journal.Journal) error {
	x.mu.Lock()
	if x.era == j.Era() {
		x.mu.Unlock()
		return nil
	}
	x.missed = &[]fact.Record{}
	x.mu.Unlock()
	fresh := &Index{own: x.own, cache: map[cacheKey]cached{}}
	fresh.begin(j)
	err := fresh.fold.Load(tc, j)
	x.mu.Lock()
	defer x.mu.Unlock()
	missed := *x.missed
	x.missed = nil
	if err != nil {
		return err
	}
	fresh.Committed(missed) // what it has already changes nothing
	fresh.grants.index = x
	x.era, x.state, x.grants, x.fold = fresh.era, fresh.state, fresh.grants, fresh.fold
	x.turn()
	return nil
}

// Save returns the state, see [capability.State.Save].
func (x *Index) Save() ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.state.Save()
}

// Folds returns the folds of which checkpoints are kept.
func (x *Index) Folds() []*journal.Fold {
	x.mu.Lock()
	defer x.mu.Unlock()
	return []*journal.Fold{x.fold}
}

// Due returns the checkpoints that should be appended now.
func (x *Index) Due() ([]journal.Checkpoint, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return journal.Due(x.fold)
}

// Committed implements [journal.Sink]. The journal tells its sinks before its callers: when an append of a token or a
// revocation returns, the token or the revocation is in force.
func (x *Index) Committed(records []fact.Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.missed != nil {
		*x.missed = append(*x.missed, records...)
	}
	x.fold.Committed(records)
}

// Quarantined returns the facts that the fold could not take, see [fact.Quarantine].
func (x *Index) Quarantined() []fact.Quarantined {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.fold.Quarantined()
}

// Version counts the changes of the permissions.
func (x *Index) Version() uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.version
}

// Policy implements chain.Frontiers.
func (x *Index) Policy(_ task.Context, context aura.ContextID) (guard.Policy, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	limits := x.state.Limits(context)
	if context == x.siblings {
		limits = guard.OwnPolicy(limits)
	}
	return limits, nil
}

// Held returns a token that a contact delegated to this authority, by the fact that carried it. It returns
// aura.NotFound when there is none.
func (x *Index) Held(id aura.FactID) (capability.Held, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	held, ok := x.state.Held(id)
	if !ok {
		return held, aura.Errorf("frontier.Held", aura.NotFound, "no contact handed over a token by the fact %s", aura.Short(id))
	}
	return held, nil
}
