package compose

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// Snapshot is the membership of all bundles, for a delegation witness or a restart.
type Snapshot struct {
	Bundles []BundleSnapshot
}

// BundleSnapshot is the membership of one bundle.
type BundleSnapshot struct {
	Bundle     string
	Membership Membership
}

// Snapshot returns a copy of the state, bundles by name.
func (r *Runtime) Snapshot() Snapshot {
	var s Snapshot
	for _, id := range r.Bundles() {
		s.Bundles = append(s.Bundles, BundleSnapshot{Bundle: id, Membership: *r.members[id].clone()})
	}
	return s
}

// Restore puts the memberships of a snapshot in place, all or none: for bundles that are admitted, with
// epochs that rise by one, each step following from the one before, and the last one leading to the present
// members. It returns aura.Corrupt otherwise.
func (r *Runtime) Restore(s Snapshot) error {
	const op = "compose.Restore"
	for _, b := range s.Bundles {
		if r.members[b.Bundle] == nil {
			return aura.Errorf(op, aura.NotFound, "bundle %s is not here", b.Bundle)
		}
		if !b.Membership.sound() {
			return aura.Errorf(op, aura.Corrupt, "the history of bundle %s does not hold together", b.Bundle)
		}
	}
	for _, b := range s.Bundles {
		m := b.Membership.clone()
		m.policy = r.bundles[b.Bundle].Policy
		r.members[b.Bundle] = m
	}
	return nil
}

func (m *Membership) sound() bool {
	if !slices.IsSorted(m.Members) || len(m.Events) > maxHistory || len(m.Executions) > maxHistory || len(m.Upgrades) > maxHistory {
		return false
	}
	for i, e := range m.Events {
		if i > 0 && (e.Epoch != m.Events[i-1].Epoch+1 || !slices.Equal(e.Previous, m.Events[i-1].Next)) {
			return false
		}
	}
	if n := len(m.Events); n > 0 {
		return m.Events[n-1].Epoch == m.Epoch && slices.Equal(m.Events[n-1].Next, m.Members)
	}
	return m.Epoch == 0
}
