package agent

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/ceremony"
	"github.com/aura-runtime/aura/task"
)

// played are the protocols of package protocols that an agent plays by itself, whatever its modules are.
var played = []string{"sessioncoordination", "consensus", "runtimeupgrade", "delegation", "journalsync"}

// Ceremonies begins sessions in which several agents take part.
func (a *Agent) Ceremonies() *ceremony.Ceremonies { return a.ceremonies }

// convene makes the programs of ceremonies known, and who may begin them.
func (a *Agent) convene(engine *session.Engine, programs *session.Registry) error {
	ring := a.env.Ring
	a.ceremonies = ceremony.New(ceremony.Options{
		Own: ring.Authority(), Device: ring.Device(), Sign: ring.Sign, Engine: engine, Journal: a.env.Journal, Decider: a.env.Decider,
		Entropy: a.env.Entropy, Takes: a.takes, Judges: a.options.Judges, Knows: a.knows, Members: a.members,
		Epoch: func(tc task.Context, context aura.ContextID) aura.Epoch {
			policy, err := a.env.Frontier.Policy(tc, context)
			if err != nil {
				return 0
			}
			return guard.EpochAt(policy, tc.Now())
		},
	})
	return a.ceremonies.Play(programs)
}

// knows returns aura.Denied unless a device belongs to a member of a context, or to the owner, and may be spoken with.
func (a *Agent) knows(_ task.Context, context aura.ContextID, p seen.Part) error {
	if slices.ContainsFunc(a.env.Directory.Peers(), func(o directory.Peer) bool {
		return o.Context == context && o.Authority == p.Authority && o.Device.ID() == p.Device && !o.Refused && !o.Left
	}) {
		return nil
	}
	return aura.Errorf("agent.knows", aura.Denied, "device %s is none of a member of the context", aura.Short(p.Device))
}

// members returns who shares a context with the owner: the contact, or those of the group.
func (a *Agent) members(_ task.Context, context aura.ContextID) (all []aura.AuthorityID) {
	a.env.Directory.Read(func(s *directory.State) {
		if c, ok := s.Contacts.ByContext(context); ok {
			all = append(all, c.Authority)
			return
		}
		group, _ := s.Chats.Membership(context)
		for i := range group.Members {
			all = append(all, group.Members[i].Authority)
		}
	})
	return all
}

// takes decides whether the owner takes part in a session: in those that own devices begin, and else in those that [Options.Takes]
// allows.
func (a *Agent) takes(tc task.Context, from session.Party, i *seen.Invite) error {
	switch {
	case from.Authority == a.env.Ring.Authority():
		return nil
	case a.options.Takes == nil:
		return aura.Errorf("agent.takes", aura.Denied, "the owner takes part in no session of others")
	}
	return a.options.Takes(tc, from, i)
}
