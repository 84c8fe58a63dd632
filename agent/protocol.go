package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
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
		if !slices.Contains(played, e.Package) && !slices.ContainsFunc(set.Modules(), func(m domain.Module) bool {
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
	modules := set.Modules()
	for i := range modules {
		for j := range modules[i].Protocols {
			if err := addProtocol(r, &modules[i], &modules[i].Protocols[j]); err != nil {
				return nil, err
			}
		}
	}
	if add == nil {
		return r, nil
	}
	return r, add(r)
}

// addProtocol makes a protocol known that a module plays.
func addProtocol(r *session.Registry, m *domain.Module, p *domain.Protocol) error {
	const op = "agent.sessions"
	if !p.Runs() {
		return nil
	}
	for _, version := range texts(p) {
		text, problems := choreo.Load(p.Name+".tell", version)
		if len(problems) > 0 {
			return aura.Errorf(op, aura.Invalid, "module %s: %w", m.Name, problems)
		}
		i, err := text.Instantiate(nil)
		if err != nil {
			return aura.Errorf(op, aura.Invalid, "module %s, protocol %s: %w", m.Name, p.Name, err)
		}
		if err := r.Add(i, choreo.Defaults{ProtocolID: p.ID(m)}); err != nil {
			return aura.Errorf(op, aura.KindOf(err), "module %s: %w", m.Name, err)
		}
	}
	return nil
}

// texts returns all texts of a protocol: the first is the one with which sessions begin.
func texts(p *domain.Protocol) []string { return append([]string{p.Text}, p.Earlier...) }

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
		for j := range m.Protocols {
			p := &m.Protocols[j]
			for n, version := range texts(p) {
				text, problems := choreo.Load(p.Name+".tell", version)
				if len(problems) > 0 {
					return aura.Errorf(op, aura.Invalid, "module %s, protocol %s%s: %w", m.Name, p.Name, earlier(n), problems)
				}
				if err := checkPlayed(set.Registry(), p, text); err != nil {
					return aura.Errorf(op, aura.Invalid, "module %s, protocol %s%s: %w", m.Name, p.Name, earlier(n), err)
				}
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

// earlier names a text of a protocol in an error.
func earlier(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", earlier text %d", n)
}

// checkPlayed returns why agents could not run a protocol that its module plays: each of its two roles needs a play, and each name that
// it asks the guard for must be one of a module.
func checkPlayed(names *fact.Registry, p *domain.Protocol, text *choreo.Protocol) error {
	if !p.Runs() {
		return nil
	}
	m := text.Manifest(choreo.Defaults{})
	if len(m.RoleNames) != 2 {
		return fmt.Errorf("it has %d roles, and a module plays protocols of two", len(m.RoleNames))
	}
	for _, role := range m.RoleNames {
		if p.Roles[role] == nil {
			return fmt.Errorf("nothing plays the role %s: add it to Roles", role)
		}
	}
	if len(p.Roles) != len(m.RoleNames) {
		return fmt.Errorf("its plays are of %d roles, and the text has %s", len(p.Roles), strings.Join(m.RoleNames, " and "))
	}
	for _, name := range m.GuardCapabilities {
		if !slices.Contains(names.Capabilities(), name) {
			return fmt.Errorf("no module has the capability %s: add it to Capabilities", name)
		}
	}
	return checkFacts(names, text)
}

// checkFacts returns which message of a protocol commits facts of a kind that no module has: no play could make one.
func checkFacts(names *fact.Registry, text *choreo.Protocol) error {
	i, err := text.Instantiate(nil)
	if err != nil {
		return err
	}
	for _, role := range i.Roles {
		local, err := i.Local(role)
		if err != nil {
			return err
		}
		table, err := choreo.NewTable(local)
		if err != nil {
			return err
		}
		for _, s := range table.States {
			for _, e := range s.Edges {
				if s.Kind != choreo.StateSend || e.Site == 0 {
					continue
				}
				if why := checkKinds(names, i.Site(e.Site)); why != "" {
					return fmt.Errorf("the message %s of %s to %s %s", e.Label.Name, role, s.Partner, why)
				}
			}
		}
	}
	return nil
}

// checkKinds returns why no module could make the facts that a message demands; "": one can.
func checkKinds(names *fact.Registry, site *choreo.Site) string {
	for _, r := range site.Requirements {
		facts, are := r.(choreo.RequireFacts)
		if !are {
			continue
		}
		for kind := range strings.SplitSeq(facts.Facts, ",") {
			if _, known := names.Kind(strings.TrimSpace(kind)); !known {
				return fmt.Sprintf("has journal_facts %q, a kind that no module has: correct the text, or add the kind to Kinds", strings.TrimSpace(kind))
			}
		}
	}
	return ""
}
