package agent

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Submit takes an intent to the service of its domain and returns when its facts are durable. It returns
// [aura.NotFound] for a kind that no domain registered, [aura.Denied] when the account removed this device, and otherwise the error of
// the service: [aura.Denied] for a refusal of the guard, [aura.Invalid] for a bad payload.
func (a *Agent) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	return a.unified.Commit(tc, in)
}

// commit routes an intent to the service of its domain.
func (a *Agent) commit(tc task.Context, in fact.Intent) (fact.Result, error) {
	s := a.intents[in.Kind]
	if s == nil || !a.set.Registry().Intent(in.Kind) {
		return fact.Result{}, aura.Errorf("agent.Submit", aura.NotFound, "there is no intent %q", in.Kind)
	}
	if a.env.Directory.Dismissed() {
		return fact.Result{}, aura.Errorf("agent.Submit", aura.Denied, "%s; %s", status.Removed, status.Rejoin)
	}
	if len(in.Payload) > fact.MaxPayload {
		return fact.Result{}, aura.Errorf("agent.Submit", aura.Invalid, "intent %s has %d bytes, the most is %d", in.Kind, len(in.Payload), fact.MaxPayload)
	}
	return s.Submit(tc, in)
}

// Watch calls sink with the selected facts, oldest first, and with observations: the durable facts and those
// published, in one sequence without gaps. With sel.Follow it goes on until tc is cancelled.
func (a *Agent) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return a.feed.Watch(tc, history{a.env.Journal}, sel, sink)
}

// Quarantined returns facts that a fold could not take as the status names them.
func Quarantined(held []fact.Quarantined) (named []status.Quarantined) {
	for _, q := range held {
		named = append(named, status.Quarantined{Fact: q.ID, Kind: q.Kind, Author: q.Author, Fold: q.Fold})
	}
	return named
}

// declared returns declarations as the answer to a question.
func declared(services []task.Declaration) (out status.Services) {
	for _, d := range services {
		line := status.Declared{Name: d.Name, Owner: d.Owner, Category: d.Category.String(), Mailbox: d.Mailbox}
		for _, o := range d.Owns {
			line.Owns = append(line.Owns, status.Owned{Type: o.Type, By: o.By.String()})
		}
		for _, f := range d.Events {
			line.Events = append(line.Events, string(f))
		}
		out.Services = append(out.Services, line)
	}
	return out
}
