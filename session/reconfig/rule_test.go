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

// TestAScopeOnlyNarrows (runtime document, "Delegate Boundary"): a request states whether its scope moves intact or attenuated. One that attenuates
// names fewer fragments than the owner has, with that of the role; a protocol without bundles has nothing narrower.
func TestAScopeOnlyNarrows(t *testing.T) {
	linked := view.Rule{Bundle: "x"}
	x, y := "bundle:x", "bundle:y"
	for what, c := range map[string]struct {
		rule      view.Rule
		has       own.Scope
		extent    view.Extent
		fragments []string
		want      own.Scope // empty: it is denied
	}{
		"the whole":                        {linked, own.Whole(), view.ExtentIntact, nil, own.Whole()},
		"what has no bundle":               {view.Rule{}, own.Whole(), view.ExtentIntact, nil, own.Whole()},
		"what was narrowed before":         {linked, own.Fragments(x), view.ExtentIntact, nil, own.Fragments(x)},
		"the whole to one bundle":          {linked, own.Whole(), view.ExtentAttenuated, []string{x}, own.Fragments(x)},
		"two bundles to one":               {linked, own.Fragments(x, y), view.ExtentAttenuated, []string{x}, own.Fragments(x)},
		"one bundle to itself":             {linked, own.Fragments(x), view.ExtentAttenuated, []string{x}, own.Scope{}},
		"one bundle to two":                {linked, own.Fragments(x), view.ExtentAttenuated, []string{x, y}, own.Scope{}},
		"to the bundle of another":         {linked, own.Whole(), view.ExtentAttenuated, []string{y}, own.Scope{}},
		"to nothing":                       {linked, own.Whole(), view.ExtentAttenuated, nil, own.Scope{}},
		"what has no bundle to a part":     {view.Rule{}, own.Whole(), view.ExtentAttenuated, []string{x}, own.Scope{}},
		"the whole, and names a bundle":    {linked, own.Whole(), view.ExtentIntact, []string{x}, own.Scope{}},
		"what is not stated":               {linked, own.Whole(), 0, nil, own.Scope{}},
		"what is not stated, to a bundle":  {linked, own.Whole(), 0, []string{x}, own.Scope{}},
		"what a later build may have said": {linked, own.Whole(), 3, nil, own.Scope{}},
	} {
		to, err := extent(&c.rule, c.has, &view.MoveIntent{Extent: c.extent, Fragments: c.fragments}, x)
		if denied := aura.KindOf(err) == aura.Denied; denied != c.want.Empty() || !denied && (err != nil || !to.Equal(c.want)) {
			t.Errorf("%s: %v, %v", what, to, err)
		}
	}
}
