package roster_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// stream is what a peer holds of one device's facts: for each place the one before it.
type stream map[fact.Place]fact.Place

// streams are the facts of devices that a peer holds in one context.
type streams map[aura.DeviceID]stream

// place returns the place of the fact with a letter.
func place(seq uint64, letter byte) fact.Place {
	return fact.Place{Seq: seq, ID: [16]byte{letter, byte(seq)}}
}

// line adds facts, each after the one before it.
func (s streams) line(device string, places ...fact.Place) streams {
	of := s[id(device)]
	if of == nil {
		of = stream{}
		s[id(device)] = of
	}
	before := fact.Place{}
	for i, p := range places {
		if i > 0 || p.Seq == 1 {
			of[p] = before
		}
		before = p
	}
	return s
}

// below is [roster.Below] over the facts that are held.
func (s streams) below(device aura.DeviceID, place, head fact.Place) (below, known bool) {
	for at := head; ; {
		if at.Seq <= place.Seq {
			return at == place, true
		}
		before, held := s[device][at]
		if !held {
			return false, false
		}
		at = before
	}
}

// closed returns the fact in which a device says a bound.
func closed(by, device string, e roster.Entry, at fact.Place, heads ...fact.Place) roster.ClosedFact {
	return roster.ClosedFact{Closed: roster.Closed{Device: id(device), Entry: e.Hash(), Heads: heads}, By: id(by), At: at}
}

func wantStandings(t *testing.T, what string, b *roster.Bounds, device string, want map[fact.Place]roster.Standing) {
	t.Helper()
	for p, standing := range want {
		if got := b.Standing(id(device), p); got != standing || b.Void(id(device), p) != (standing == roster.StandingVoid) {
			t.Errorf("%s: fact %d%c of the %s is %s, want %s", what, p.Seq, p.ID[0], device, got, standing)
		}
	}
}

// three is a household with a tablet; the shares are of no matter here.
func three(t testing.TB) *roster.Chain {
	t.Helper()
	c := household(t)
	add(t, c, must(t, "root")(roster.Enrol(c.State(at(0)), id("phone"), device("tablet"))), 0)
	return c
}

// TestARemovedDeviceCountsUpToItsBound removes a laptop whose home was copied: its stream has the branches a and b.
func TestARemovedDeviceCountsUpToItsBound(t *testing.T) {
	c := three(t)
	held := streams{}.line("laptop", place(1, 'a'), place(2, 'a'), place(3, 'a'), place(4, 'a')).
		line("laptop", place(2, 'a'), place(3, 'b'), place(4, 'b'), place(5, 'b'))
	everything := map[fact.Place]roster.Standing{}
	for p := range held[id("laptop")] {
		everything[p] = roster.StandingCounts
	}
	wantStandings(t, "listed", c.State(at(0)).Bounds(nil, held.below), "laptop", everything)

	removal := must(t, "root")(roster.Remove(c.State(at(0)), id("phone"), id("laptop")))
	add(t, c, removal, at(0))
	s := c.State(at(0))
	for p := range everything {
		everything[p] = roster.StandingOpen
	}
	open := s.Bounds(nil, held.below)
	wantStandings(t, "no bound is said", open, "laptop", everything)
	if got := open.Unsaid(id("phone")); len(got) != 1 || got[0].Device != id("laptop") || got[0].Entry != removal.Hash() || open.Unsaid(id("tablet")) != nil {
		t.Errorf("the phone has to say %v, the tablet %v", got, open.Unsaid(id("tablet")))
	}
	wantStandings(t, "the tablet made no entry", s.Bounds([]roster.ClosedFact{closed("tablet", "laptop", removal, place(1, 't'))}, held.below), "laptop", everything)
	wantStandings(t, "the phone is listed", s.Bounds([]roster.ClosedFact{closed("phone", "tablet", removal, place(1, 'p'))}, held.below), "tablet",
		map[fact.Place]roster.Standing{place(9, 't'): roster.StandingCounts})

	said := closed("phone", "laptop", removal, place(1, 'p'), place(3, 'a'))
	bounds := s.Bounds([]roster.ClosedFact{said}, held.below)
	wantStandings(t, "one head", bounds, "laptop", map[fact.Place]roster.Standing{
		place(1, 'a'): roster.StandingCounts, place(2, 'a'): roster.StandingCounts, place(3, 'a'): roster.StandingCounts, place(4, 'a'): roster.StandingVoid,
		// On the other branch a smaller number says nothing.
		place(3, 'b'): roster.StandingVoid, place(4, 'b'): roster.StandingVoid, place(2, 'b'): roster.StandingVoid,
	})
	if bounds.Unsaid(id("phone")) != nil {
		t.Error("the phone has said all")
	}
	wantStandings(t, "said by two copies of the phone", s.Bounds([]roster.ClosedFact{said, closed("phone", "laptop", removal, place(1, 'q'), place(4, 'b'))}, held.below),
		"laptop", map[fact.Place]roster.Standing{
			place(3, 'a'): roster.StandingCounts, place(4, 'a'): roster.StandingVoid, place(4, 'b'): roster.StandingCounts, place(5, 'b'): roster.StandingVoid,
		})
	wantStandings(t, "nothing was held", s.Bounds([]roster.ClosedFact{closed("phone", "laptop", removal, place(1, 'p'))}, held.below), "laptop",
		map[fact.Place]roster.Standing{place(1, 'a'): roster.StandingVoid})
	few := streams{}.line("laptop", place(1, 'a'), place(2, 'a'))
	wantStandings(t, "the bound is not here", s.Bounds([]roster.ClosedFact{said}, few.below), "laptop", map[fact.Place]roster.Standing{
		place(1, 'a'): roster.StandingOpen, place(2, 'a'): roster.StandingOpen, place(3, 'a'): roster.StandingCounts,
		place(3, 'b'): roster.StandingVoid, place(4, 'a'): roster.StandingVoid,
	})
	wantStandings(t, "never listed", bounds, "desk", map[fact.Place]roster.Standing{place(1, 'd'): roster.StandingWaiting})
	wantStandings(t, "no roster", roster.New(ada).State(0).Bounds(nil, held.below), "phone", map[fact.Place]roster.Standing{place(1, 'p'): roster.StandingWaiting})
}

// TestBothSidesOfAContestBound lets phone and laptop remove each other and the tablet.
func TestBothSidesOfAContestBound(t *testing.T) {
	c := three(t)
	s := c.State(at(0))
	one := must(t, "root")(roster.Remove(s, id("phone"), id("laptop"), id("tablet")))
	other := must(t, "root")(roster.Remove(s, id("laptop"), id("phone"), id("tablet")))
	added := must(t, "root")(roster.Enrol(s, id("laptop"), device("desk")))
	for _, e := range []roster.Entry{one, other, added} {
		add(t, c, e, at(0))
	}
	held := streams{}
	for _, name := range []string{"phone", "laptop", "tablet"} {
		held.line(name, place(1, 'a'), place(2, 'a'), place(3, 'a'), place(4, 'a'))
	}
	// Each says its bounds in a fact that is beyond the bound which the other says.
	said := []roster.ClosedFact{
		closed("phone", "laptop", one, place(3, 'a'), place(2, 'a')), closed("phone", "tablet", one, place(4, 'a'), place(2, 'a')),
		closed("laptop", "phone", other, place(3, 'a'), place(1, 'a')), closed("laptop", "tablet", other, place(4, 'a'), place(3, 'a')),
	}
	b := c.State(at(0)).Bounds(said, held.below)
	for name, last := range map[string]uint64{"phone": 1, "laptop": 2, "tablet": 2} {
		wantStandings(t, "contested", b, name, map[fact.Place]roster.Standing{
			place(last, 'a'): roster.StandingCounts, place(last+1, 'a'): roster.StandingVoid,
		})
	}
	wantStandings(t, "an addition", b, "desk", map[fact.Place]roster.Standing{place(1, 'd'): roster.StandingWaiting})

	// Rank recovery lists the tablet again and drops what the laptop said.
	s, err := c.At(one.Hash())
	if err != nil {
		t.Fatal(err)
	}
	back := must(t, "guardians")(roster.Recover(s, device("new"), public("root 2")))
	add(t, c, back, at(0))
	b = c.State(at(0)).Bounds(said, held.below)
	wantStandings(t, "recovered", b, "laptop", map[fact.Place]roster.Standing{place(2, 'a'): roster.StandingCounts, place(3, 'a'): roster.StandingVoid})
	wantStandings(t, "recovered", b, "tablet", map[fact.Place]roster.Standing{place(2, 'a'): roster.StandingCounts, place(3, 'a'): roster.StandingVoid})
	wantStandings(t, "recovered", b, "phone", map[fact.Place]roster.Standing{place(9, 'a'): roster.StandingOpen}) // the new device has to say it
	wantStandings(t, "recovered", b, "desk", map[fact.Place]roster.Standing{place(1, 'd'): roster.StandingVoid})

	relisted := back
	relisted.Devices = append(slices.Clone(back.Devices), device("tablet"))
	relisted.Devices[0].Share -= 100
	slices.SortFunc(relisted.Devices, func(a, b roster.Device) int { return slices.Compare(a.Signing[:], b.Signing[:]) })
	relisted.Removed = slices.DeleteFunc(slices.Clone(back.Removed), func(r roster.Removed) bool { return r.Is(id("tablet")) })
	c = three(t)
	add(t, c, one, at(0))
	add(t, c, relisted.Sign(signer("guardians")), at(0))
	wantStandings(t, "listed again", c.State(at(0)).Bounds(said, held.below), "tablet", map[fact.Place]roster.Standing{place(4, 'a'): roster.StandingCounts})
}

// TestABoundBeyondABoundIsVoid removes the device that said a bound: what it says afterwards does not move the bound.
func TestABoundBeyondABoundIsVoid(t *testing.T) {
	c := three(t)
	first := must(t, "root")(roster.Remove(c.State(at(0)), id("laptop"), id("tablet")))
	add(t, c, first, at(0))
	second := must(t, "root")(roster.Remove(c.State(at(0)), id("phone"), id("laptop")))
	add(t, c, second, at(0))
	held := streams{}.line("tablet", place(1, 'a'), place(2, 'a'), place(3, 'a')).line("laptop", place(1, 'a'), place(2, 'a'))
	said := []roster.ClosedFact{
		closed("laptop", "tablet", first, place(1, 'a'), place(1, 'a')),
		closed("phone", "laptop", second, place(1, 'p'), place(1, 'a')),
		closed("laptop", "tablet", first, place(2, 'a'), place(3, 'a')), // by a thief of the laptop
	}
	for _, order := range permutations(len(said)) {
		var list []roster.ClosedFact
		for _, i := range order {
			list = append(list, said[i])
		}
		wantStandings(t, fmt.Sprint(order), c.State(at(0)).Bounds(list, held.below), "tablet", map[fact.Place]roster.Standing{
			place(1, 'a'): roster.StandingCounts, place(2, 'a'): roster.StandingVoid, place(3, 'a'): roster.StandingVoid,
		})
	}
}

// TestADeviceBoundsItself removes the device that makes the entry.
func TestADeviceBoundsItself(t *testing.T) {
	c := three(t)
	e := must(t, "root")(roster.Remove(c.State(at(0)), id("tablet"), id("tablet")))
	add(t, c, e, at(0))
	held := streams{}.line("tablet", place(1, 'a'), place(2, 'a'))
	b := c.State(at(0)).Bounds([]roster.ClosedFact{closed("tablet", "tablet", e, place(2, 'a'), place(1, 'a'))}, held.below)
	wantStandings(t, "by itself", b, "tablet", map[fact.Place]roster.Standing{place(1, 'a'): roster.StandingCounts, place(2, 'a'): roster.StandingVoid})
}

// boundOracle says the same as [roster.Bounds], slowly: it asks for each fact anew.
type boundOracle struct {
	*oracle
	heads  []roster.Hash
	closed []roster.ClosedFact
	held   streams
}

func (o *boundOracle) lists(h roster.Hash, d aura.DeviceID) bool {
	e := o.entries[h].Entry
	return slices.ContainsFunc(e.Devices, func(l roster.Device) bool { return l.ID() == d })
}

func (o *boundOracle) counts(h roster.Hash) bool {
	return slices.ContainsFunc(o.heads, func(head roster.Hash) bool { return o.buildsOn(head, h) })
}

func (o *boundOracle) removes(h roster.Hash, d aura.DeviceID) bool {
	drops := !o.lists(h, d) && slices.ContainsFunc(o.entries[h].Entry.Previous, func(p roster.Hash) bool { return o.lists(p, d) })
	return drops && slices.ContainsFunc(o.heads, func(head roster.Hash) bool {
		for k := range o.entries {
			if o.buildsOn(head, k) && o.buildsOn(k, h) && o.lists(k, d) {
				return false
			}
		}
		return o.buildsOn(head, h)
	})
}

// removed returns how a fact stands by the removals in entries that build on one, or in all.
func (o *boundOracle) removed(d aura.DeviceID, p fact.Place, on *roster.Hash) roster.Standing {
	standing := roster.StandingCounts
	for h := range o.entries {
		if !o.removes(h, d) || on != nil && (h == *on || !o.buildsOn(h, *on)) {
			continue
		}
		said, in, unknown := false, false, false
		for _, c := range o.closed {
			if c.Entry != h || c.Device != d || c.By != o.entries[h].Entry.Maker || o.removed(c.By, c.At, &h) == roster.StandingVoid {
				continue
			}
			said = true
			for _, head := range c.Heads {
				below, known := p == head, true
				if p.Seq < head.Seq {
					below, known = o.held.below(d, p, head)
				}
				in, unknown = in || below, unknown || !known
			}
		}
		switch {
		case said && !in && !unknown:
			return roster.StandingVoid
		case !said || !in:
			standing = roster.StandingOpen
		}
	}
	return standing
}

func (o *boundOracle) standing(s *roster.State, d aura.DeviceID, p fact.Place) roster.Standing {
	listed, counted, dropped := false, false, false
	for h := range o.entries {
		listed = listed || o.lists(h, d)
		counted = counted || o.counts(h) && o.lists(h, d)
		dropped = dropped || o.removes(h, d)
	}
	_, err := s.Device(d)
	switch {
	case err == nil:
		return roster.StandingCounts
	case dropped:
		return o.removed(d, p, nil)
	case counted || !listed:
		return roster.StandingWaiting
	}
	return roster.StandingVoid
}

// TestAnyOrderOfBoundsIsOneBound draws stories, streams with branches and bounds by makers and by others, and compares
// every fact with the oracle, for a peer that holds all or not.
func TestAnyOrderOfBoundsIsOneBound(t *testing.T) {
	base := three(t).Entries()
	seen := map[roster.Standing]int{}
	all := []string{"phone", "laptop", "tablet", "thief", "thief 2", "new", "new 2", "desk"}
	rapid.Check(t, func(t *rapid.T) {
		y := &drawn{t: t, base: base}
		for range rapid.IntRange(1, 7).Draw(t, "steps") {
			y.step(rapid.SampledFrom(makers()).Draw(t, "maker"))
		}
		c := y.chain(1<<len(y.entries) - 1)
		s := c.State(at(now))

		places, held := map[string][]fact.Place{}, streams{}
		for _, name := range all {
			list := []fact.Place{place(1, 'a')}
			held.line(name, list[0])
			for letter := range byte(rapid.IntRange(0, 4).Draw(t, "facts")) {
				before := rapid.SampledFrom(list).Draw(t, "before")
				next := place(before.Seq+1, 'b'+letter)
				list = append(list, next)
				if rapid.IntRange(0, 5).Draw(t, "held") > 0 {
					held.line(name, before, next)
				}
			}
			places[name] = list
		}
		var said []roster.ClosedFact
		for _, e := range c.Entries() {
			for _, r := range e.Entry.Removed {
				if r.Number != e.Entry.Number {
					continue
				}
				of := all[slices.IndexFunc(all, func(name string) bool { return r.Is(id(name)) })]
				for range rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "bounds") {
					by := all[slices.IndexFunc(all, func(name string) bool { return id(name) == e.Entry.Maker })]
					if rapid.IntRange(0, 7).Draw(t, "by another") == 0 {
						by = rapid.SampledFrom(all).Draw(t, "by")
					}
					heads := rapid.SliceOfNDistinct(rapid.SampledFrom(places[of]), 0, 2, rapid.ID).Draw(t, "heads")
					said = append(said, closed(by, of, e.Entry, rapid.SampledFrom(places[by]).Draw(t, "at"), heads...))
				}
			}
		}
		one, other := s.Bounds(said, held.below), s.Bounds(rapid.Permutation(said).Draw(t, "order"), held.below)
		o := &boundOracle{newOracle(c.Entries(), at(now)), s.Heads, said, held}
		for _, name := range all {
			for _, p := range places[name] {
				got := one.Standing(id(name), p)
				if want := o.standing(s, id(name), p); got != want || other.Standing(id(name), p) != want {
					t.Fatalf("fact %d%c of the %s is %s, in another order %s, the oracle says %s", p.Seq, p.ID[0], name, got, other.Standing(id(name), p), want)
				}
				seen[got]++
			}
		}
	})
	for _, want := range []roster.Standing{roster.StandingCounts, roster.StandingOpen, roster.StandingWaiting, roster.StandingVoid} {
		if seen[want] == 0 {
			t.Errorf("no fact is %s", want)
		}
	}
	t.Logf("%v", seen)
}
