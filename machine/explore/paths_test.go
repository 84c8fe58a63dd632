package explore_test

import (
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/explore"
)

// All branches of a choice are run by the machine itself, though they join in the same end.
func TestEveryBranchIsRunBothWays(t *testing.T) {
	names := []string{"One", "Two", "Three"}
	var sends, receives []choreo.LocalBranch
	for _, name := range names {
		sends = append(sends, choreo.LocalBranch{Label: choreo.Label{Name: name}, Next: recv("B", "Well", end)})
		receives = append(receives, choreo.LocalBranch{Label: choreo.Label{Name: name}, Next: send("A", "Well", end)})
	}
	im := compile(t,
		machine.Part{Role: "A", Local: &choreo.LocalSend{Partner: "B", Branches: sends}},
		machine.Part{Role: "B", Local: &choreo.LocalRecv{Partner: "A", Branches: receives}})
	for want, o := range map[int]explore.Options{len(names): {}, 2: {Paths: 2}} {
		r, err := explore.Image(im, o)
		if err != nil || r.Counterexample != nil {
			t.Fatal(err, r.Counterexample)
		}
		if r.Ends != 1 || r.Paths != want {
			t.Errorf("%d ends, %d paths of %d", r.Ends, r.Paths, want)
		}
	}
}
