package reconfig

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/machine/own"
)

// TestTheManifestSaysWhichRolesMove (runtime document, "Delegate Boundary"): a path without a rule is refused.
func TestTheManifestSaysWhichRolesMove(t *testing.T) {
	free := choreo.Manifest{ProtocolID: "free", RoleNames: []string{"A", "B"}}
	bound := choreo.Manifest{ProtocolID: "bound", RoleNames: []string{"A", "B", "C"}, DelegationConstraints: []choreo.DelegationConstraint{
		{FromRole: "A", ToRole: "B", RequiredBundleID: "x"}, {FromRole: "C", ToRole: "A"},
	}}
	for _, c := range []struct {
		m        *choreo.Manifest
		role     choreo.Role
		fragment string
		want     view.Rule
		denied   bool
	}{
		{&free, "A", "protocol:free", view.Rule{}, false},
		{&free, "A", "bundle:x", view.Rule{Bundle: "x"}, false},
		{&free, "D", "protocol:free", view.Rule{}, true},
		{&free, "A", "", view.Rule{}, true},
		{&bound, "A", "bundle:x", view.Rule{Bundle: "x", FromRole: "A", ToRole: "B"}, false},
		{&bound, "A", "bundle:y", view.Rule{}, true},
		{&bound, "A", "protocol:bound", view.Rule{}, true},
		{&bound, "B", "bundle:x", view.Rule{}, true},
		{&bound, choreo.Member("C", 2), "protocol:bound", view.Rule{FromRole: "C", ToRole: "A"}, false},
	} {
		switch rule, err := RuleOf(c.m, c.role, c.fragment); {
		case c.denied && aura.KindOf(err) != aura.Denied:
			t.Errorf("%s in %q of %s: %v", c.role, c.fragment, c.m.ProtocolID, err)
		case !c.denied && (err != nil || rule != c.want):
			t.Errorf("%s in %q of %s moves by %+v, %v", c.role, c.fragment, c.m.ProtocolID, rule, err)
		}
	}
}

// TestAScopeOnlyNarrows: a request that states to attenuate names fewer fragments than the owner has, with that of the role. A
// protocol without bundles has nothing narrower.
func TestAScopeOnlyNarrows(t *testing.T) {
	linked := view.Rule{Bundle: "x"}
	x, y := "bundle:x", "bundle:y"
	for what, c := range map[string]struct {
		rule      view.Rule
		has       own.Scope
		fragments []string
		narrows   bool
	}{
		"the whole to one bundle":      {linked, own.Whole(), []string{x}, true},
		"two bundles to one":           {linked, own.Fragments(x, y), []string{x}, true},
		"one bundle to itself":         {linked, own.Fragments(x), []string{x}, false},
		"one bundle to two":            {linked, own.Fragments(x), []string{x, y}, false},
		"to the bundle of another":     {linked, own.Whole(), []string{y}, false},
		"to nothing":                   {linked, own.Whole(), nil, false},
		"what has no bundle to a part": {view.Rule{}, own.Whole(), []string{x}, false},
	} {
		to, err := narrow(&c.rule, c.has, c.fragments, x)
		if c.narrows && (err != nil || !to.Within(c.has) || to.Equal(c.has)) || !c.narrows && aura.KindOf(err) != aura.Denied {
			t.Errorf("%s: %v, %v", what, to, err)
		}
	}
}
