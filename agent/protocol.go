package agent

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/trace"
)

// deliveryID is the protocol of a channel between two devices that are linked.
const deliveryID = "aura.link.delivery"

// sessions returns the registry of the protocols that the agent runs, with what add adds unless it is nil.
func sessions(set *domain.Set, add func(*session.Registry) error) (*session.Registry, error) {
	r := session.NewRegistry()
	for _, e := range protocols.All() {
		if e.Defaults.ProtocolID == deliveryID {
			if err := addStream(r, e); err != nil {
				return nil, err
			}
			continue
		}
		if !slices.ContainsFunc(set.Modules(), func(m domain.Module) bool {
			return slices.ContainsFunc(m.Operations, func(o domain.Operation) bool { return o.Protocol == e.Package })
		}) {
			continue // nothing plays it
		}
		i, err := e.Instantiate()
		if err != nil {
			return nil, err
		}
		if err := r.Add(i, e.Defaults); err != nil {
			return nil, err
		}
	}
	if add == nil {
		return r, nil
	}
	return r, add(r)
}

func addStream(r *session.Registry, e protocols.Entry) error {
	i, err := e.Instantiate()
	if err != nil {
		return err
	}
	return r.AddStream(i, e.Defaults)
}

// told tells the steps of sessions to who watches the road.
func told(to trace.Func) func(choreo.Role, seen.Step) {
	return func(role choreo.Role, s seen.Step) {
		step := trace.Step{Stage: trace.StageSession, Kind: s.Label, From: string(role), To: s.Other, Bytes: s.Size, Received: !s.Sent}
		if step.Received {
			step.From, step.To = step.To, step.From
		}
		to.Tell(step)
	}
}

// checkProtocols checks the choreographies of modules, and that each ceremony names one. It returns aura.Invalid with
// the module and the problem: a half ceremony must not first be noticed when it runs.
func checkProtocols(set *domain.Set) error {
	const op = "agent.checkProtocols"
	known := map[string]bool{}
	for _, e := range protocols.All() {
		known[e.Package] = true
	}
	for i := range set.Modules() {
		m := &set.Modules()[i]
		own := map[string]bool{}
		for _, p := range m.Protocols {
			if _, problems := choreo.Load(p.Name+".tell", p.Text); len(problems) > 0 {
				return aura.Errorf(op, aura.Invalid, "module %s: %w", m.Name, problems)
			}
			own[p.Name] = true
		}
		for _, o := range m.Operations {
			if o.Category == domain.CategoryCeremony && !own[o.Protocol] && !known[o.Protocol] {
				return aura.Errorf(op, aura.Invalid, "module %s: the ceremony %s names no choreography that there is: %q", m.Name, o.Name, o.Protocol)
			}
		}
	}
	return nil
}
