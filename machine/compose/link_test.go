package compose_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/compose"
)

func message(from, to choreo.Role, label string, next choreo.Global) choreo.Global {
	return &choreo.GlobalComm{From: from, To: to, Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: label}, Next: next}}}
}

// vote goes from a chair to two voters and back, and is heard by a clerk at its end.
var vote = message("Chair", "Voter[0]", "Ask", message("Voter[0]", "Chair", "Ballot", message("Chair", "Clerk", "Result", choreo.GlobalEnd{})))

func link(role, bundle string, exports, imports []string) choreo.LinkSpec {
	return choreo.LinkSpec{Role: role, BundleID: bundle, Exports: exports, Imports: imports}
}

func names(all ...string) []string { return all }

// TestLinkJoinsWhatIsDisjointAndFits (runtime document, "Link Boundary"): bundles are disjoint and share only what they state, and a message
// goes from one to another only where a name joins them.
func TestLinkJoinsWhatIsDisjointAndFits(t *testing.T) {
	chair, voter := link("Chair", "chair", names("question"), names("ballot")), link("Voter", "voters", names("ballot"), names("question"))
	for what, c := range map[string]struct {
		links []choreo.LinkSpec
		want  aura.Kind
	}{
		"none":                                {nil, 0},
		"one bundle in its surroundings":      {[]choreo.LinkSpec{link("Chair", "chair", names("question"), names("ballot"))}, 0},
		"two that fit":                        {[]choreo.LinkSpec{chair, voter}, 0},
		"all in one":                          {[]choreo.LinkSpec{link("Chair", "a", nil, nil), link("Voter", "a", nil, nil), link("Clerk", "a", nil, nil)}, 0},
		"an interface in two parts":           {[]choreo.LinkSpec{link("Chair", "chair", names("question"), nil), link("Chair", "chair", nil, names("ballot")), voter}, 0},
		"a role of two bundles":               {[]choreo.LinkSpec{chair, voter, link("Chair", "voters", nil, nil)}, aura.Conflict},
		"a name of two bundles":               {[]choreo.LinkSpec{chair, link("Voter", "voters", names("ballot", "question"), nil)}, aura.Conflict},
		"two that no name joins":              {[]choreo.LinkSpec{link("Chair", "chair", names("question"), nil), link("Voter", "voters", names("ballot"), nil)}, aura.Denied},
		"three of which one is not joined":    {[]choreo.LinkSpec{chair, voter, link("Clerk", "clerk", names("minutes"), nil)}, aura.Denied},
		"three of which two never speak":      {[]choreo.LinkSpec{chair, voter, link("Clerk", "clerk", nil, names("question"))}, 0},
		"an import that has no export":        {[]choreo.LinkSpec{chair, voter, link("Clerk", "clerk", nil, names("question", "minutes"))}, aura.Denied},
		"an import that is the own export":    {[]choreo.LinkSpec{chair, voter, link("Clerk", "clerk", names("minutes"), names("question", "minutes"))}, aura.Denied},
		"an import, and roles without a link": {[]choreo.LinkSpec{link("Chair", "chair", names("question"), names("ballot", "minutes")), voter}, 0},
	} {
		if _, err := compose.Link(c.links, vote); aura.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// TestACompositionSaysWhichRouteIsOpen: also where the protocol has no message, so that one that a peer made up is known for what it is.
func TestACompositionSaysWhichRouteIsOpen(t *testing.T) {
	c, err := compose.Link([]choreo.LinkSpec{
		link("Chair", "chair", names("question"), names("ballot")), link("Voter", "voters", names("ballot"), names("question")), link("Clerk", "clerk", nil, names("question")),
	}, vote)
	if err != nil || !c.Linked() {
		t.Fatal(err)
	}
	for _, r := range []struct {
		from, to choreo.Role
		open     bool
	}{
		{"Chair", "Voter[0]", true}, {"Voter[0]", "Chair", true}, {"Chair", "Clerk", true}, {"Clerk", "Chair", true},
		{"Voter[0]", "Voter[1]", true}, {"Voter[0]", "Clerk", false}, {"Clerk", "Voter[1]", false}, {"Clerk", "Guest", true},
	} {
		if c.Joins(r.from, r.to) != r.open {
			t.Errorf("a route from %s to %s is open: %t", r.from, r.to, !r.open)
		}
	}
	if c.Bundle("Voter[7]") != "voters" || c.Bundle("Guest") != "" {
		t.Errorf("a voter is in %q, a guest in %q", c.Bundle("Voter[7]"), c.Bundle("Guest"))
	}
}

// TestHarmonyIsThatProjectionFollowsTheChange: another player of a role changes its part alone, and two roles never become one.
func TestHarmonyIsThatProjectionFollowsTheChange(t *testing.T) {
	for what, c := range map[string]struct {
		renames compose.Renaming
		holds   bool
	}{
		"nothing":              {nil, true},
		"another voter":        {compose.Renaming{"Voter[0]": "Voter[1]"}, true},
		"two exchanged":        {compose.Renaming{"Chair": "Clerk", "Clerk": "Chair"}, true},
		"two become one":       {compose.Renaming{"Chair": "Clerk"}, false},
		"one becomes the next": {compose.Renaming{"Chair": "Clerk", "Clerk": "Guest"}, true},
	} {
		if err := compose.Harmony(vote, c.renames); (err == nil) != c.holds || err != nil && aura.KindOf(err) != aura.Denied {
			t.Errorf("%s: %v", what, err)
		}
	}
}
