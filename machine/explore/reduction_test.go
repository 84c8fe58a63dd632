package explore_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/explore"
)

var roles = []choreo.Role{"A", "B", "C"}

// drawLocal draws the steps of one role, without regard to those of the others.
func drawLocal(t *rapid.T, self, depth int, loop bool) choreo.Local {
	if depth == 0 {
		if loop && rapid.Bool().Draw(t, "again") {
			return choreo.LocalVar{Var: "x"}
		}
		return choreo.LocalEnd{}
	}
	if !loop && rapid.IntRange(0, 3).Draw(t, "loop") == 0 {
		return &choreo.LocalRec{Var: "x", Body: drawAction(t, self, depth, true)}
	}
	return drawAction(t, self, depth, loop)
}

func drawAction(t *rapid.T, self, depth int, loop bool) choreo.Local {
	peer := roles[(self+rapid.IntRange(1, len(roles)-1).Draw(t, "peer"))%len(roles)]
	var branches []choreo.LocalBranch
	for i := range rapid.IntRange(1, 2).Draw(t, "branches") {
		label := choreo.Label{Name: fmt.Sprintf("m%d", i)}
		branches = append(branches, choreo.LocalBranch{Label: label, Next: drawLocal(t, self, depth-1, loop)})
	}
	if rapid.Bool().Draw(t, "sends") {
		return &choreo.LocalSend{Partner: peer, Branches: branches}
	}
	return &choreo.LocalRecv{Partner: peer, Branches: branches}
}

// Of conversations in which nothing need fit, the reduction finds something wrong exactly where walking
// everything does, and a run to it as short.
func TestTheReductionMissesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts []machine.Part
		for i, role := range roles {
			parts = append(parts, machine.Part{Role: role, Local: drawLocal(t, i, rapid.IntRange(0, 3).Draw(t, "depth"), false)})
		}
		im, err := machine.Compile("drawn", parts, machine.CompileOptions{})
		if err != nil {
			t.Skip("a loop that does nothing")
		}
		o := explore.Options{Capacity: rapid.IntRange(1, 2).Draw(t, "capacity"), Paths: 2, States: 5000}
		reduced, err := explore.Image(im, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Everything = true
		whole, err := explore.Image(im, o)
		if err != nil || !whole.Complete {
			t.Skip("too large")
		}
		a, b := reduced.Counterexample, whole.Counterexample
		if (a == nil) != (b == nil) {
			t.Fatalf("the reduction found %v, everything %v", a, b)
		}
		if a != nil && a.Problem != explore.ProblemNoEnd && b.Problem != explore.ProblemNoEnd && len(a.Steps) != len(b.Steps) {
			t.Fatalf("the reduction found %v, everything %v", a, b)
		}
	})
}
