package replica_test

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// count returns how many events of a family, message and kind of error were reported.
func count(w *auratest.World, family world.Family, message string, kind aura.Kind) (n int) {
	for _, e := range w.Events {
		if e.Family() == family && e.Message() == message && e.ErrorKind() == kind {
			n++
		}
	}
	return n
}

// limited is the setup of a person with a policy: a limit of units per peer in epochs of a length.
func limited(limit uint64, epoch aura.Duration) func(*auratest.Person) {
	return func(p *auratest.Person) { p.Drafts = append(p.Drafts, limits(p, limit, epoch)) }
}

// limits is a fact with a policy.
func limits(p *auratest.Person, limit uint64, epoch aura.Duration) fact.Draft {
	policy := guard.DefaultPolicy()
	policy.Limit, policy.EpochLength = limit, epoch
	draft, err := capability.Limit(p.Self(), aura.ContextID{}, policy)
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	return draft
}

// dialling is the setup of a person whose machine counts its dials, of all processes.
func dialling(dials *int) func(*auratest.Person) {
	return networked(func(_ agent.Gate, n *transport.SimPeer) transport.Network { return counting{n, dials} })
}

// networked is the setup of a person whose machine has something between the agent and the network.
func networked(between func(agent.Gate, *transport.SimPeer) transport.Network) func(*auratest.Person) {
	return func(p *auratest.Person) {
		p.Hands = func(h agent.Hands) agent.Hands {
			join := h.Network
			h.Network = func(g agent.Gate) (transport.Network, error) {
				if _, err := join(g); err != nil {
					return nil, err
				}
				return between(g, p.Network), nil
			}
			return h
		}
	}
}

// counting is a network that counts the dials.
type counting struct {
	*transport.SimPeer
	dials *int
}

func (c counting) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	*c.dials++
	return c.SimPeer.Dial(tc, peer, addrs)
}

func link(p *auratest.Person) transport.PeerID { return p.Ring.Certificate().Link }

// numbered returns the texts "n from" to "n to".
func numbered(from, to int) (texts []string) {
	for i := from; i <= to; i++ {
		texts = append(texts, fmt.Sprint("message ", i))
	}
	return texts
}

func contextOf(context aura.ContextID) fact.Namespace { return fact.ContextNamespace(context) }
