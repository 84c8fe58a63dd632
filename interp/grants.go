package interp

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// Grants evaluates capabilities and limits from the grants and policies that the agent's own authority
// has signed into its journal, and follows it. It is the [Frontiers] of an agent.
type Grants struct {
	leaf  task.Leaf
	state *capability.State
}

// OpenGrants folds what the journal holds and follows it until the returned function is called.
func OpenGrants(tc task.Context, own aura.AuthorityID, j *journal.Journal) (*Grants, func(), error) {
	g := &Grants{state: capability.NewState(own)}
	// First attached, then read: what is committed in between arrives twice, which changes nothing.
	_, detach := j.Attach(g)
	selection := fact.Selection{
		Kinds: []string{capability.KindGranted, capability.KindRevoked, capability.KindPolicy},
	}
	_, err := j.Read(tc, selection, func(r fact.Record) error {
		g.Committed([]fact.Record{r})
		return nil
	})
	if err != nil {
		detach()
		return nil, nil, err
	}
	return g, detach, nil
}

// Committed implements [journal.Sink]. The journal tells its sinks before its callers, so whoever has been
// told of a grant or a revocation finds it in force.
func (g *Grants) Committed(records []fact.Record) {
	g.leaf.Lock()
	defer g.leaf.Unlock()
	for i := range records {
		g.state.Apply(&records[i])
	}
}

// Frontier implements [Frontiers].
func (g *Grants) Frontier(_ task.Context, context aura.ContextID, authority aura.AuthorityID) (guard.Frontier, error) {
	g.leaf.Lock()
	defer g.leaf.Unlock()
	return g.state.Frontier(context, authority), nil
}

// Policy implements [Frontiers].
func (g *Grants) Policy(_ task.Context, context aura.ContextID) (guard.Policy, error) {
	g.leaf.Lock()
	defer g.leaf.Unlock()
	return g.state.Limits(context), nil
}
