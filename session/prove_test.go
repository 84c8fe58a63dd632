package session

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/compose"
)

// TestMembersInTheMiddleAreLikeTheirNeighbours: the evidence of a reconfiguration tries the members of a family that stand at its edges. In Aura's
// ceremonies the others say the same, one by one.
func TestMembersInTheMiddleAreLikeTheirNeighbours(t *testing.T) {
	ceremonies(t, func(t *testing.T, p *Protocol) {
		roles := p.image.Roles()
		tried, families := atTheEdges(roles), map[string]int{}
		for _, role := range roles {
			family, _ := role.Family()
			families[family]++
			commutes := compose.Harmony(p.instance.Global, compose.Renaming{role: "Successor"}) == nil
			if !commutes {
				t.Errorf("%s has no successor", role)
			}
		}
		want := 0
		for _, n := range families {
			want += min(n, 3)
		}
		if len(tried) != want || !slices.IsSortedFunc(tried, choreo.Role.Compare) {
			t.Errorf("of %q it tries %q", roles, tried)
		}
	})
}
