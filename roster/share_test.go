package roster_test

import (
	"testing"

	"github.com/aura-runtime/aura/roster"
)

// TestAnEpochHasTheSharesOfItsBeginning: a share is freed by a removal from the next epoch on, and one that was given away
// is there at once.
func TestAnEpochHasTheSharesOfItsBeginning(t *testing.T) {
	c := household(t)
	add(t, c, must(t, "root")(roster.Enrol(c.State(at(0)), id("laptop"), device("tablet"))), at(1))
	add(t, c, must(t, "root")(roster.GiveShare(c.State(at(1)), id("phone"), id("tablet"), 768)), at(2))
	add(t, c, must(t, "root")(roster.Remove(c.State(at(2)), id("phone"), id("laptop"))), at(4))
	for began, want := range map[int]map[string]uint32{
		0: {"phone": 32000, "laptop": 0, "tablet": 0},
		1: {"phone": 32000, "laptop": 0, "tablet": 16384},
		3: {"phone": 32000, "laptop": 0, "tablet": 17152},
		4: {"phone": 48384, "laptop": 0, "tablet": 17152},
		9: {"phone": 48384, "laptop": 0, "tablet": 17152},
	} {
		for name, share := range want {
			if got := c.Share(id(name), at(began), at(5)); got != share {
				t.Errorf("in an epoch that began on day %d, %s may spend %d, want %d", began, name, got, share)
			}
		}
	}
	if got := founded(t).Share(id("phone"), 0, at(5)); got != roster.Whole {
		t.Errorf("an only device may spend %d", got)
	}
}
