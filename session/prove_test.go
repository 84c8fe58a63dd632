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
		tried, families := unlike(p.instance.Global, roles), map[string]int{}
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

// TestAMemberThatATextNamesAloneIsTried: it plays another part than those beside it.
func TestAMemberThatATextNamesAloneIsTried(t *testing.T) {
	const text = `
module round exposing (Round)

protocol Round =
  roles Chair, Voter[N]
  Chair { guard_capability : "chat:send", flow_cost : 1 } -> Voter[*] : Ask
  Voter[3] { guard_capability : "chat:send", flow_cost : 1 } -> Chair : Say
`
	p, problems := choreo.Load("test.tell", text)
	if err := problems.Err("test"); err != nil {
		t.Fatal(err)
	}
	i, err := p.Instantiate(choreo.Binding{"N": 8})
	if err != nil {
		t.Fatal(err)
	}
	roles := choreo.RolesOf(i.Global)
	slices.SortFunc(roles, choreo.Role.Compare)
	want := []choreo.Role{"Chair", "Voter[0]", "Voter[1]", "Voter[3]", "Voter[4]", "Voter[7]"}
	if tried := unlike(i.Global, roles); !slices.Equal(tried, want) {
		t.Errorf("it tries %q, want %q", tried, want)
	}
}
