package chain

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// Found appends the first facts of an authority, among them the token by which it may act. No token can permit
// that, so the guard is not asked. It returns aura.Conflict when the authority has facts already.
func (c *Chain) Found(tc task.Context, entries ...fact.Draft) (effect.Result, error) {
	return c.unguarded(tc, "chain.Found", entries, func() error {
		if c.ledger.Count(fact.OwnNamespace(c.own), c.device) > 0 {
			return aura.Errorf("chain.Found", aura.Conflict, "the authority exists already")
		}
		return nil
	})
}

// Renew appends tokens by which an authority grants itself the capabilities that this build has and an earlier build
// had not. The guard is not asked either. It returns aura.Invalid for a fact of another kind.
func (c *Chain) Renew(tc task.Context, tokens ...fact.Draft) (effect.Result, error) {
	return c.unguarded(tc, "chain.Renew", tokens, func() error {
		for i := range tokens {
			if tokens[i].Kind != capability.KindToken {
				return aura.Errorf("chain.Renew", aura.Invalid, "a fact of kind %q is no token", tokens[i].Kind)
			}
		}
		return nil
	})
}

// unguarded appends facts to the own namespace without a decision of the guard, if check permits it behind
// the door. It holds the door across the commit: a second call waits and then sees the facts.
func (c *Chain) unguarded(tc task.Context, op aura.Op, entries []fact.Draft, check func() error) (effect.Result, error) {
	own := fact.OwnNamespace(c.own)
	if err := c.door.Acquire(tc); err != nil {
		return effect.Result{}, err
	}
	defer c.door.Release()
	if err := check(); err != nil {
		return effect.Result{}, err
	}
	d := &interp.Decision{Request: &guard.Request{Authority: c.own, Entries: entries}}
	c.entropy.Read(d.Seed[:])
	for i := range entries {
		if entries[i].Namespace != own {
			return effect.Result{}, aura.Errorf(op, aura.Invalid, "fact of a foreign namespace")
		}
		d.Commands = append(d.Commands, effect.Command{
			Kind: effect.AppendJournal, Authority: c.own, Entry: &entries[i],
		})
	}
	return c.interpreter.Execute(tc, d)
}
