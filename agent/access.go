package agent

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// The methods of this file are for the process that runs the agent: its program, the simulator, tests. A frontend uses
// [Agent.Submit], [Agent.Watch] and [Agent.Ask] alone, because it may be in another process.

// Self returns whose agent this is.
func (a *Agent) Self() aura.AuthorityID { return a.env.Ring.Authority() }

// Set returns the modules that the agent runs with. Its registry has their kinds, intents and retentions.
func (a *Agent) Set() *domain.Set { return a.set }

// Services returns the declarations of the agent's services, with the groups that own them. The reactive
// pipeline comes first, the others follow in start order. It is the typed answer to [status.QuestionServices].
func (a *Agent) Services() []task.Declaration { return a.tree.declarations() }

// Status returns the state of the agent and of each of its services but the reactive pipeline, in start order. It waits
// for none of them. It is the typed answer to [status.Question].
func (a *Agent) Status() status.Status {
	s := status.Status{
		Authority: a.env.Ring.Authority(), Device: a.env.Ring.Device(), Version: a.options.Version,
		Started: a.started, Facts: a.env.Journal.Head(), Addresses: a.addresses(),
	}
	for _, f := range a.services.pump.followers {
		s.Quarantined = append(s.Quarantined, Quarantined(f.quarantined())...)
	}
	for i, h := range a.tree.handles {
		s.Services = append(s.Services, status.Service{Name: a.tree.names[i], State: h.Observe().State().String()})
	}
	s.Branches = Branches(a.env.Journal, a.env.Directory, a.Self(), a.env.Ring.Device())
	s.Logs = Logs(a.env.Journal)
	s.Withheld, s.Damaged, s.Suspended = a.withheld, a.services.sessions.Damaged(), a.services.sessions.Suspended()
	s.Removed = a.env.Directory.Dismissed()
	s.Fallbacks, s.RanTwice = a.services.sessions.Fallbacks(), a.services.replicator.RanTwice()
	return s
}

// Renewed returns the capabilities that the authority permitted itself when this agent was assembled, because
// the build that founded it had not known them; nil: none.
func (a *Agent) Renewed() []string { return a.renewed }

// Journal returns the journal, which the service "journal" writes. A caller may read it and attach
// sinks. Facts that it appended itself would pass the guard by.
func (a *Agent) Journal() *journal.Journal { return a.env.Journal }

// Chain returns the guard chain in which the requests of all services are decided.
func (a *Agent) Chain() *chain.Chain { return a.env.Decider.Chain }
