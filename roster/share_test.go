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

// TestWhatNoDeviceHadIsThereFromTheNextEpochOn: two devices that do not know of each other give the same spare part to two
// others. In this epoch neither of these may spend it.
func TestWhatNoDeviceHadIsThereFromTheNextEpochOn(t *testing.T) {
	c := household(t)
	root := must(t, "root")
	add(t, c, root(roster.Enrol(c.State(at(0)), id("laptop"), device("tablet"))), at(1))
	add(t, c, root(roster.Enrol(c.State(at(1)), id("tablet"), device("desk"))), at(1))
	both := c.State(at(1))
	add(t, c, root(roster.GiveShare(both, id("phone"), id("tablet"), 4000)), at(2))
	add(t, c, root(roster.GiveShare(both, id("laptop"), id("tablet"), 4000)), at(2))
	add(t, c, root(roster.Settle(c.State(at(2)), id("laptop"))), at(2))
	settled := c.State(at(2))
	sum := uint32(0)
	for i := range settled.Devices {
		sum += settled.Devices[i].Share
	}
	if sum != roster.Whole-4000 {
		t.Fatalf("the devices have %d, want a part of 4000 to be no device's", sum)
	}
	for to, by := range map[string]string{"tablet": "phone", "desk": "laptop"} {
		one := roster.New(ada)
		for _, s := range c.Entries() {
			add(t, one, s.Entry, s.At)
		}
		share := func(began int) uint32 { return one.Share(id(to), at(began), at(5)) }
		before := share(3)
		add(t, one, root(roster.GiveShare(settled, id(by), id(to), 4000)), at(4))
		if got := share(3); got != before {
			t.Errorf("%s may spend %d in the epoch in which it was given, before %d", to, got, before)
		}
		if got := share(4); got != before+4000 {
			t.Errorf("%s may spend %d in the next epoch, want %d", to, got, before+4000)
		}
	}
}
