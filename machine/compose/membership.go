package compose

import (
	"slices"
	"strconv"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// Membership lists the participants of a bundle, and the steps that led to it.
type Membership struct {
	Epoch   uint64
	Members []string // sorted
	// Events are the steps taken, Executions the plans, Upgrades the runtime upgrades, all in order and
	// each at most 1,024, the oldest forgotten first.
	Events     []MembershipEvent
	Executions []PlanExecution
	Upgrades   []UpgradeExecution

	policy *MembershipPolicy
}

// maxHistory bounds each history of a membership.
const maxHistory = 1024

// MembershipEvent is one step.
type MembershipEvent struct {
	Artifact         string
	Epoch            uint64
	Previous, Next   []string
	Added, Removed   []string
	OverlapPreserved bool
	Policy           MembershipPolicy
}

// PlanExecution is a plan that was taken.
type PlanExecution struct {
	Plan             string
	FromEpoch, Epoch uint64
	Boundaries       []Boundaries
	HarmonyChecked   bool
}

// Boundaries are the kinds of boundary between the members after a step.
type Boundaries struct {
	Epoch uint64
	Kinds map[string]BoundaryKind
}

// BoundaryKind is the boundary that a message to a member crosses. The numbers are append-only.
type BoundaryKind uint8

// The kinds of boundary.
const (
	BoundaryInProcess    BoundaryKind = 1
	BoundarySharedMemory BoundaryKind = 2
	BoundaryNetwork      BoundaryKind = 3
)

// Placement says where a member runs: here, on the machine of another member, or at an endpoint elsewhere.
type Placement struct {
	Member string
	// Endpoint is set for one that runs elsewhere, Peer for one that shares the machine of another member;
	// with neither it runs here.
	Endpoint, Peer string
}

func (p Placement) kind() BoundaryKind {
	switch {
	case p.Endpoint != "":
		return BoundaryNetwork
	case p.Peer != "":
		return BoundarySharedMemory
	}
	return BoundaryInProcess
}

// Step is one change of members.
type Step struct {
	Next       []string
	Placements []Placement
	// Renames says which role a new member takes over; harmony is checked with it.
	Renames Renaming
}

// Plan is a change of members in steps that are taken all or not at all.
type Plan struct {
	ID    string
	Steps []Step
	// Protocol is the protocol that the members run; nil if the plan renames no role.
	Protocol choreo.Global
}

func newMembership(members []string, policy *MembershipPolicy) *Membership {
	return &Membership{Members: union(members, nil), policy: policy}
}

// Membership returns a copy of a bundle's membership.
func (r *Runtime) Membership(bundle string) (Membership, error) {
	m, ok := r.members[bundle]
	if !ok {
		return Membership{}, aura.Errorf("compose.Membership", aura.NotFound, "bundle %s is not here", bundle)
	}
	return *m.clone(), nil
}

// Reconfigure takes a plan. Every step is tried on a copy; the first one that does not hold refuses the
// whole plan, and nothing has changed.
func (r *Runtime) Reconfigure(bundle string, p Plan) (PlanExecution, error) {
	const op = "compose.Reconfigure"
	m, ok := r.members[bundle]
	if !ok {
		return PlanExecution{}, aura.Errorf(op, aura.NotFound, "bundle %s is not here", bundle)
	}
	next, exec, err := m.try(op, p)
	if err != nil {
		return PlanExecution{}, err
	}
	next.Executions = keep(next.Executions, exec)
	r.members[bundle] = next
	return exec, nil
}

// try takes a plan on a copy.
func (m *Membership) try(op aura.Op, p Plan) (*Membership, PlanExecution, error) {
	if len(p.Steps) == 0 {
		return nil, PlanExecution{}, aura.Errorf(op, aura.Invalid, "plan %s has no steps", p.ID)
	}
	next, g := m.clone(), p.Protocol
	exec := PlanExecution{Plan: p.ID, FromEpoch: m.Epoch}
	for i, s := range p.Steps {
		if err := next.step(op, p.ID+"/"+strconv.Itoa(i), s); err != nil {
			return nil, PlanExecution{}, err
		}
		if len(s.Renames) > 0 {
			if g == nil {
				return nil, PlanExecution{}, aura.Errorf(op, aura.Denied, "plan %s renames roles of no protocol", p.ID)
			}
			if err := Harmony(g, s.Renames); err != nil {
				return nil, PlanExecution{}, &aura.Error{Op: op, Kind: aura.Denied, Err: err}
			}
			g, exec.HarmonyChecked = renameGlobal(g, s.Renames, map[choreo.Global]choreo.Global{}), true
		}
		kinds := map[string]BoundaryKind{}
		for _, at := range s.Placements {
			kinds[at.Member] = at.kind()
		}
		exec.Boundaries = append(exec.Boundaries, Boundaries{Epoch: next.Epoch, Kinds: kinds})
	}
	exec.Epoch = next.Epoch
	return next, exec, nil
}

func (m *Membership) step(op aura.Op, artifact string, s Step) error {
	next := union(s.Next, nil)
	stays := slices.ContainsFunc(next, func(x string) bool { return slices.Contains(m.Members, x) })
	switch {
	case m.policy == nil || !m.policy.Dynamic:
		return aura.Errorf(op, aura.Denied, "%s: the members of this bundle do not change", artifact)
	case len(next) == 0:
		return aura.Errorf(op, aura.Invalid, "%s: no member would be left", artifact)
	case m.policy.Overlap && !stays:
		return aura.Errorf(op, aura.Denied, "%s: at least one member has to stay", artifact)
	}
	if err := placed(op, artifact, next, s.Placements); err != nil {
		return err
	}
	m.Epoch++
	m.Events = keep(m.Events, MembershipEvent{
		Artifact: artifact, Epoch: m.Epoch, Previous: m.Members, Next: next, Added: without(next, m.Members),
		Removed: without(m.Members, next), OverlapPreserved: stays, Policy: *m.policy,
	})
	m.Members = next
	return nil
}

// placed demands that the placements are exactly those of the members, and that a shared machine is that of
// another member.
func placed(op aura.Op, artifact string, members []string, list []Placement) error {
	seen := map[string]bool{}
	for _, p := range list {
		known := slices.Contains(members, p.Member) && !seen[p.Member]
		if !known || (p.Peer != "" && (p.Peer == p.Member || !slices.Contains(members, p.Peer) || p.Endpoint != "")) {
			return aura.Errorf(op, aura.Invalid, "%s: the placement of %s is not clear", artifact, p.Member)
		}
		seen[p.Member] = true
	}
	if len(seen) != len(members) {
		return aura.Errorf(op, aura.Invalid, "%s: %d of %d members have a place", artifact, len(seen), len(members))
	}
	return nil
}

func without(a, b []string) []string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

func (m *Membership) clone() *Membership {
	c := *m
	c.Members = slices.Clone(m.Members)
	c.Events, c.Executions, c.Upgrades = slices.Clone(m.Events), slices.Clone(m.Executions), slices.Clone(m.Upgrades)
	return &c
}

func keep[T any](list []T, x T) []T {
	if len(list) >= maxHistory {
		list = slices.Delete(list, 0, len(list)-maxHistory+1)
	}
	return append(list, x)
}
