package reconfig

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
)

// RuleOf returns the rule of a protocol's manifest by which a role may go to another device. A manifest that constrains no delegation lets each role
// go, as the fragment that it is. One that does lets only those roles go that it names, each with the bundle that it requires: aura.Denied
// otherwise.
func RuleOf(m *choreo.Manifest, role choreo.Role, fragment string) (view.Rule, error) {
	const op = "reconfig.RuleOf"
	bundle, _ := strings.CutPrefix(fragment, bundlePrefix)
	if bundle == fragment {
		bundle = ""
	}
	rule := view.Rule{Bundle: bundle}
	family, _ := role.Family()
	if !slices.Contains(m.RoleNames, family) || fragment == "" {
		return rule, aura.Errorf(op, aura.Denied, "protocol %s has no role %s", m.ProtocolID, role)
	}
	if len(m.DelegationConstraints) == 0 {
		return rule, nil
	}
	at := slices.IndexFunc(m.DelegationConstraints, func(d choreo.DelegationConstraint) bool {
		return (d.FromRole == string(role) || d.FromRole == family) && (d.RequiredBundleID == "" || d.RequiredBundleID == bundle)
	})
	if at < 0 {
		return rule, aura.Errorf(op, aura.Denied, "protocol %s says which roles may be handed over, and %s in the fragment %s is none of them", m.ProtocolID, role, fragment)
	}
	rule.FromRole, rule.ToRole = m.DelegationConstraints[at].FromRole, m.DelegationConstraints[at].ToRole
	return rule, nil
}
