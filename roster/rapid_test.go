package roster_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster"
)

// drawn is a longer story, whose makers are drawn, and the entries that each of them has.
type drawn struct {
	t       *rapid.T
	base    []roster.Seen
	entries []roster.Entry
	by      []string
}

// chain returns what a peer has that got the entries of a set at one time, and whether none of them waits.
func (y *drawn) chain(set int) *roster.Chain {
	c := roster.New(ada)
	for _, s := range y.base {
		add(y.t, c, s.Entry, s.At)
	}
	for i := range y.entries {
		if set>>i&1 == 1 {
			_ = c.Add(y.entries[i], at(0))
		}
	}
	return c
}

// knowing draws a set of entries that holds those of a maker and all that each of them needs.
func (y *drawn) knowing(maker string) int {
	set := rapid.IntRange(0, 1<<len(y.entries)-1).Draw(y.t, "knows")
	for i := len(y.entries) - 1; i >= 0; i-- {
		if y.by[i] == maker {
			set |= 1 << i
		}
		for k := range i {
			if set>>i&1 == 1 && slices.Contains(y.entries[i].Previous, y.entries[k].Hash()) {
				set |= 1 << k
			}
		}
	}
	return set
}

// step lets a maker make an entry, if it can.
func (y *drawn) step(m maker) {
	c := y.chain(y.knowing(m.name))
	list := m.act(c, c.State(at(now)))
	if len(list) == 0 {
		return
	}
	a := rapid.SampledFrom(list).Draw(y.t, "action")
	if a.err != nil {
		return
	}
	a.e = a.e.Sign(signer(m.key))
	known := slices.ContainsFunc(y.entries, func(e roster.Entry) bool { return e.Hash() == a.e.Hash() })
	if !known && c.Add(a.e, at(0)) == nil {
		y.entries, y.by = append(y.entries, a.e), append(y.by, m.name)
	}
}

func TestAnySetInAnyOrderIsOneRoster(t *testing.T) {
	base := household(t).Entries()
	rapid.Check(t, func(t *rapid.T) {
		y := &drawn{t: t, base: base}
		all := makers()
		for range rapid.IntRange(1, 14).Draw(t, "steps") {
			y.step(rapid.SampledFrom(all).Draw(t, "maker"))
		}
		// Entries may be missing, come twice, and be seen at any time.
		var seen []roster.Seen
		for _, s := range base {
			seen = append(seen, roster.Seen{Entry: s.Entry, At: aura.Instant(0)})
		}
		for i := range y.entries {
			for range rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 0, 2}).Draw(t, "copies") {
				seen = append(seen, roster.Seen{Entry: y.entries[i], At: at(rapid.IntRange(0, 60).Draw(t, "day"))})
			}
		}
		today := at(rapid.IntRange(60, 90).Draw(t, "today"))
		one, other := roster.New(ada), roster.New(ada)
		for _, s := range seen {
			add(t, one, s.Entry, s.At)
		}
		for _, s := range rapid.Permutation(seen).Draw(t, "order") {
			add(t, other, s.Entry, s.At)
		}
		if diff := sameState(one.State(today), other.State(today)); diff != "" {
			t.Fatalf("two orders differ:\n%s", diff)
		}
		again := roster.New(ada)
		for _, s := range other.Entries() {
			add(t, again, s.Entry, s.At)
		}
		if diff := sameState(one.State(today), again.State(today)); diff != "" {
			t.Fatalf("built again it differs:\n%s", diff)
		}
		verified := one.Entries()[:one.Len()]
		if heads := newOracle(verified, today).heads(); !slices.Equal(heads, one.State(today).Heads) {
			t.Fatalf("heads %.2x, the oracle says %.2x", one.State(today).Heads, heads)
		}
		given := roster.New(ada)
		for _, e := range one.Current(today) {
			i := slices.IndexFunc(verified, func(s roster.Seen) bool { return s.Entry.Hash() == e.Hash() })
			add(t, given, e, verified[i].At)
		}
		if !slices.Equal(given.State(today).Heads, one.State(today).Heads) {
			t.Fatalf("the current entries give other heads")
		}
	})
}

// TestSharesSumToOneWhole lets devices give, enrol, remove and settle within one budget epoch, each on the entries that have
// reached it. For all sets of entries that they can have, together they may spend no more than the whole.
func TestSharesSumToOneWhole(t *testing.T) {
	c := household(t)
	add(t, c, must(t, "root")(roster.Enrol(c.State(at(0)), id("laptop"), device("tablet"))), 0)
	whole := c.Entries()
	// Or there are four devices, and a part is no device's since a contest of phone and laptop was settled.
	add(t, c, must(t, "root")(roster.Enrol(c.State(at(now)), id("tablet"), device("desk"))), 0)
	given := c.State(at(now))
	add(t, c, must(t, "root")(roster.GiveShare(given, id("phone"), id("tablet"), 4000)), 0)
	add(t, c, must(t, "root")(roster.GiveShare(given, id("laptop"), id("tablet"), 4000)), 0)
	add(t, c, must(t, "root")(roster.Settle(c.State(at(now)), id("laptop"))), 0)
	bases := [][]roster.Seen{whole, c.Entries()}
	all := []string{"phone", "laptop", "tablet", "desk", "thief"}
	spender := func(name string) maker {
		return maker{name, "root", func(_ *roster.Chain, s *roster.State) []attempt {
			list := settle(s, name)
			for _, to := range all {
				if to != name {
					list = append(list, try(roster.GiveShare(s, id(name), id(to), 4000)), try(roster.Remove(s, id(name), id(to))))
				}
			}
			return append(list, try(roster.Enrol(s, id(name), device("desk"))), try(roster.Enrol(s, id(name), device("thief"))))
		}}
	}
	contests := 0
	rapid.Check(t, func(t *rapid.T) {
		y := &drawn{t: t, base: rapid.SampledFrom(bases).Draw(t, "base")}
		began := y.chain(0).State(at(now))
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			y.step(spender(rapid.SampledFrom(all[:3]).Draw(t, "maker")))
		}
		sum := uint32(0)
		for _, name := range all {
			s := y.chain(y.knowing(name)).State(at(now))
			sum += s.Usable(began, id(name))
			if s.Contested {
				contests++
			}
		}
		if sum > roster.Whole {
			t.Fatalf("together they may spend %d of %d", sum, roster.Whole)
		}
	})
	if contests == 0 {
		t.Error("no device saw a contest")
	}
}

// TestPeersNeverTrustTwoLists gives two peers the same entries, each at most 14 days earlier or later than the other: they
// never have two different uncontested lists.
func TestPeersNeverTrustTwoLists(t *testing.T) {
	base := household(t).Entries()
	decided := 0
	rapid.Check(t, func(t *rapid.T) {
		y := &drawn{t: t, base: base}
		all := makers()
		for range rapid.IntRange(2, 8).Draw(t, "steps") {
			y.step(rapid.SampledFrom(all).Draw(t, "maker"))
		}
		one, other := y.chain(0), y.chain(0)
		for i := range y.entries {
			day := rapid.IntRange(0, 60).Draw(t, "day")
			add(t, one, y.entries[i], at(day))
			add(t, other, y.entries[i], at(day+rapid.IntRange(0, 14).Draw(t, "later")))
		}
		today := at(rapid.IntRange(75, 100).Draw(t, "today"))
		a, b := one.State(today), other.State(today)
		if a.Contested || b.Contested {
			return
		}
		decided++
		if a.Root != b.Root || !slices.Equal(a.Devices, b.Devices) {
			t.Fatalf("one has %v, the other %v", names(a), names(b))
		}
	})
	if decided == 0 {
		t.Error("every drawn roster is contested")
	}
}
