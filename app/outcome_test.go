package app

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura/domain/builtin"
)

// TestEveryActionLeavesAFactThatSaysSo: an action whose answer did not come is found again by the fact that it
// left, or it would be shown as failed although it was done.
func TestEveryActionLeavesAFactThatSaysSo(t *testing.T) {
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range set.Modules() {
		for _, o := range m.Operations {
			if o.Internal {
				continue
			}
			if found, _, ok := set.Left(o.Leaves); !ok || found.Name != o.Name || !slices.Contains(set.Outcomes(), o.Leaves) {
				t.Errorf("no fact says that %s was done", o.Name)
			}
		}
	}
}
