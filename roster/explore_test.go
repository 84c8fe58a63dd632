package roster_test

import (
	"flag"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster"
)

// The exploration begins with a household: phone and laptop, guardians set long ago. Ada holds the root key at her phone,
// a thief holds it at her laptop, the guardians hold the recovery key, and the phone that they recover has a root
// key of its own. The thief may also set a recovery key of his. Each of them acts on every set of entries that
// can have reached it.

// story is one set of entries that the makers have made, in an order in which they can have been made.
type story struct {
	entries []roster.Entry
	before  []int                 // for each entry the set of those that it builds on
	chains  map[int]*roster.Chain // what a peer with a set of them has; only for sets that need no other entry
	by      []string
}

const now = 100 // days: every change is settled

// maker is one who can make entries.
type maker struct {
	name, key string
	act       func(c *roster.Chain, s *roster.State) []attempt
}

type attempt struct {
	e   roster.Entry
	err error
}

// GoString keeps what rapid prints short.
func (a attempt) GoString() string {
	return fmt.Sprintf("entry %d by %s, %v", a.e.Number, aura.Short(a.e.Maker), a.err)
}

// GoString keeps what rapid prints short.
func (m maker) GoString() string { return m.name }

func try(e roster.Entry, err error) attempt { return attempt{e, err} }

func settle(s *roster.State, by string) []attempt {
	if len(s.Heads) < 2 {
		return nil
	}
	list := []attempt{try(roster.Settle(s, id(by)))}
	var all []aura.DeviceID
	for i := range s.Waiting {
		all = append(all, s.Waiting[i].ID())
	}
	if len(all) > 0 {
		list = append(list, try(roster.Settle(s, id(by), all...)))
	}
	return list
}

func recovery(c *roster.Chain, key [32]byte, names ...string) (list []attempt) {
	s, err := c.At(c.Under(key)...)
	if err != nil || len(s.Heads) == 0 {
		return nil
	}
	for _, name := range names {
		list = append(list, try(roster.Recover(s, device(name), public(name+" root"))))
	}
	return list
}

var thieves = roster.Recovery{Key: public("thieves"), Threshold: 2, Guardians: 3}

func makers() []maker {
	return []maker{
		{"ada", "root", func(_ *roster.Chain, s *roster.State) []attempt {
			return append(settle(s, "phone"), try(roster.Enrol(s, id("phone"), device("tablet"))), try(roster.Remove(s, id("phone"), id("laptop"))),
				try(roster.GiveShare(s, id("phone"), id("laptop"), 768)))
		}},
		{"thief", "root", func(_ *roster.Chain, s *roster.State) []attempt {
			return append(settle(s, "laptop"), try(roster.Enrol(s, id("laptop"), device("thief"))), try(roster.Remove(s, id("laptop"), id("phone"))),
				try(roster.SetRecovery(s, id("laptop"), thieves)), try(roster.SetRecovery(s, id("laptop"), roster.Recovery{})))
		}},
		{"guardians", "guardians", func(c *roster.Chain, _ *roster.State) []attempt {
			return recovery(c, guardians.Key, "new", "new 2")
		}},
		{"thieves", "thieves", func(c *roster.Chain, _ *roster.State) []attempt { return recovery(c, thieves.Key, "thief 2") }},
		{"new", "new root", func(_ *roster.Chain, s *roster.State) []attempt {
			return append(settle(s, "new"), try(roster.Enrol(s, id("new"), device("desk"))))
		}},
	}
}

func begin(t testing.TB) *story { return &story{chains: map[int]*roster.Chain{0: household(t)}} }

// next returns the entries that some maker can make when it has any of the sets that hold its own entries.
func (y *story) next() (list []attempt, by []string) {
	seen := map[roster.Hash]bool{}
	for i := range y.entries {
		seen[y.entries[i].Hash()] = true
	}
	for _, m := range makers() {
		own := 0
		for i, name := range y.by {
			if name == m.name {
				own |= 1 << i
			}
		}
		for set := range 1 << len(y.entries) {
			c := y.chains[set]
			if c == nil || set&own != own {
				continue
			}
			for _, a := range m.act(c, c.State(at(now))) {
				if a.err != nil || seen[a.e.Hash()] {
					continue
				}
				a.e = a.e.Sign(signer(m.key))
				if c.Clone().Add(a.e, at(0)) != nil {
					continue // a key that is not in force there, a maker that was removed
				}
				seen[a.e.Hash()] = true
				list, by = append(list, a), append(by, m.name)
			}
		}
	}
	return list, by
}

// with returns the story with one entry more.
func (y *story) with(t testing.TB, e roster.Entry, by string) *story {
	n := len(y.entries)
	z := &story{append(slices.Clip(y.entries), e), slices.Clip(y.before), map[int]*roster.Chain{}, append(slices.Clip(y.by), by)}
	below := 0
	for i := range y.entries {
		if slices.Contains(e.Previous, y.entries[i].Hash()) {
			below |= y.before[i] | 1<<i
		}
	}
	z.before = append(z.before, below)
	for set, c := range y.chains {
		z.chains[set] = c
		if set&below == below {
			more := c.Clone()
			add(t, more, e, at(0))
			z.chains[set|1<<n] = more
		}
	}
	return z
}

func (y *story) String() string {
	var b strings.Builder
	for i := range y.entries {
		e := &y.entries[i]
		fmt.Fprintf(&b, "\n%d: by %s, on %0*b, rank %s, recovery %x:", i, y.by[i], len(y.entries), y.before[i], e.Rank, e.Recovery.Key[:2])
		for _, name := range []string{"phone", "laptop", "tablet", "thief", "thief 2", "new", "new 2", "desk"} {
			if slices.ContainsFunc(e.Devices, func(d roster.Device) bool { return d.Signing == public(name) }) {
				b.WriteString(" " + name)
			}
		}
	}
	return b.String()
}

// check holds every set of entries that a peer can have to the invariants.
func (y *story) check(t *testing.T) {
	last := len(y.entries) - 1
	for set, c := range y.chains {
		if set>>last == 0 {
			continue // checked with the story before
		}
		s := c.State(at(now))
		y.checkUnique(t, set, c, s)
		for i := range y.entries {
			if smaller := y.chains[set&^(1<<i)]; set>>i&1 == 1 && smaller != nil {
				y.checkRemoved(t, smaller, i, s)
			}
		}
	}
	y.checkRecovery(t)
	y.checkTimes(t)
	y.checkOrders(t)
}

// checkUnique: the chain is unique or contested, and as the oracle says.
func (y *story) checkUnique(t *testing.T, set int, c *roster.Chain, s *roster.State) {
	if heads := newOracle(c.Entries(), at(now)).heads(); !slices.Equal(heads, s.Heads) {
		t.Fatalf("set %b has heads %.2x, the oracle says %.2x%v", set, s.Heads, heads, y)
	}
	lists := map[string]bool{}
	for _, h := range s.Heads {
		one, err := c.At(h)
		if err != nil {
			t.Fatal(err)
		}
		lists[fmt.Sprint(one.Devices, one.Root, one.Recovery)] = true
		for i := range s.Devices {
			d, err := one.Device(s.Devices[i].ID())
			if err != nil || s.Devices[i].Share > d.Share {
				t.Fatalf("set %b: a device counts that one head does not list, or with more%v", set, y)
			}
		}
	}
	if s.Contested != (len(lists) > 1) || !s.Contested && len(s.Devices) == 0 || len(s.Heads) == 0 {
		t.Fatalf("set %b has %d lists and %d heads, contested %v%v", set, len(lists), len(s.Heads), s.Contested, y)
	}
}

// checkRemoved: a device that was removed does not count again by an entry of the same rank, or a lower one.
func (y *story) checkRemoved(t *testing.T, before *roster.Chain, i int, after *roster.State) {
	s := before.State(at(now))
	for _, e := range before.Current(at(now)) {
		for _, r := range e.Removed {
			if r.Number != e.Number || e.Rank < y.entries[i].Rank {
				continue
			}
			for k := range after.Devices {
				d := after.Devices[k].ID()
				if _, err := s.Device(d); r.Is(d) && err != nil {
					t.Fatalf("entry %d lets a removed device count again%v", i, y)
				}
			}
		}
	}
}

// checkRecovery: an entry of the guardians ends every contest.
func (y *story) checkRecovery(t *testing.T) {
	c := y.chains[1<<len(y.entries)-1].Clone()
	for _, a := range recovery(c, guardians.Key, "last resort") {
		if a.err != nil {
			t.Fatalf("%v%v", a.err, y)
		}
		add(t, c, a.e.Sign(signer("guardians")), at(0))
		s := c.State(at(now))
		if s.Contested || len(s.Devices) != 1 || s.Devices[0].ID() != id("last resort") {
			t.Fatalf("the guardians did not end the contest: %v%v", names(s), y)
		}
	}
}

// checkTimes: peers that saw the same entries at different times never have two different uncontested lists, as long as
// one saw them at most 14 days before the other.
func (y *story) checkTimes(t *testing.T) {
	recovered := slices.ContainsFunc(y.entries, func(e roster.Entry) bool { return e.Rank == roster.RankRecovery })
	if !recovered {
		return
	}
	var peers []*roster.Chain
	for _, late := range []int{0, 14, 28, 42} {
		c := y.chains[0].Clone()
		for i := range y.entries {
			seen := at(0)
			if y.entries[i].Rank == roster.RankRecovery {
				seen = at(late)
			}
			add(t, c, y.entries[i], seen)
		}
		peers = append(peers, c)
	}
	for i := range peers[1:] {
		y.checkAgreement(t, peers[i].State(at(now)), peers[i+1].State(at(now)))
	}
	// One for whom every change is pending, and one who saw the changes 14 days earlier.
	y.checkAgreement(t, peers[0].State(at(13)), peers[0].State(at(now)))
}

func (y *story) checkAgreement(t *testing.T, a, b *roster.State) {
	if !a.Contested && !b.Contested && (a.Root != b.Root || !slices.Equal(a.Devices, b.Devices)) {
		t.Fatalf("two peers have the lists %v and %v, both uncontested%v", names(a), names(b), y)
	}
}

// checkOrders: the order in which entries come changes nothing.
func (y *story) checkOrders(t *testing.T) {
	want := y.chains[1<<len(y.entries)-1].State(at(now))
	orders := permutations(len(y.entries))
	if len(orders) > 6 {
		orders = [][]int{orders[0], orders[len(orders)-1]} // forwards and backwards
	}
	for _, order := range orders {
		c := y.chains[0].Clone()
		for _, i := range order {
			add(t, c, y.entries[i], at(0))
		}
		if diff := sameState(want, c.State(at(now))); diff != "" {
			t.Fatalf("order %v differs:\n%s%v", order, diff, y)
		}
	}
}

func permutations(n int) (list [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for i := n - 1; i >= 0; i-- {
			list = append(list, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return list
}

var depth = flag.Int("entries", 3, "length of the stories of the exploration; 4 takes minutes")

// TestEveryStoryOfThreeEntriesIsSafe explores all sets of up to three entries that five makers can make after the
// household, each on every set of entries that can have reached it, and for each set of entries all orders, all
// subsets that a peer can have, and four peers that saw the recoveries at different times.
func TestEveryStoryOfThreeEntriesIsSafe(t *testing.T) {
	stories := []*story{begin(t)}
	for n := 1; n <= *depth; n++ {
		known := map[string]bool{}
		var longer []*story
		contested := 0
		for _, y := range stories {
			list, by := y.next()
			for k, a := range list {
				hashes := []string{}
				for _, e := range append(slices.Clip(y.entries), a.e) {
					h := e.Hash()
					hashes = append(hashes, string(h[:]))
				}
				slices.Sort(hashes)
				if name := strings.Join(hashes, ""); !known[name] {
					known[name] = true
					z := y.with(t, a.e, by[k])
					z.check(t)
					longer = append(longer, z)
					if z.chains[1<<n-1].State(at(now)).Contested {
						contested++
					}
				}
			}
		}
		sets := 0
		for _, z := range longer {
			for set := range z.chains {
				sets += bits.Len(uint(set >> (n - 1)))
			}
		}
		t.Logf("%d entries: %d stories, %d of them contested at the end, %d new sets of a peer", n, len(longer), contested, sets)
		if contested == 0 && n > 1 || contested == len(longer) {
			t.Errorf("%d of %d stories are contested: the exploration does not see both", contested, len(longer))
		}
		stories = longer
	}
}
