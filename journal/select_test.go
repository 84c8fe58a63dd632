package journal_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// anySelection draws a selection of a journal with so many facts.
func anySelection(facts int) *rapid.Generator[fact.Selection] {
	position := func(t *rapid.T, name string) fact.Position {
		if rapid.Bool().Draw(t, name+"?") {
			return 0
		}
		return fact.Position(rapid.IntRange(1, facts+2).Draw(t, name))
	}
	return rapid.Custom(func(t *rapid.T) fact.Selection {
		sel := fact.Selection{
			Namespaces: rapid.SliceOfNDistinct(rapid.SampledFrom([]fact.Namespace{own, pair, crew}), 0, 2, rapid.ID).Draw(t, "namespaces"),
			Kinds:      rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"chat.message", "chat.read", "chat.*", "contact.added", "*", "nobody.writes"}), 0, 2, rapid.ID).Draw(t, "kinds"),
			After:      position(t, "after"), Before: position(t, "before"), Through: position(t, "through"),
			Last: rapid.SampledFrom([]int{0, 0, 1, 2, 7, 300, 100_000}).Draw(t, "last"),
		}
		if rapid.Bool().Draw(t, "author?") {
			sel.Author = rapid.SampledFrom([]aura.AuthorityID{self.author, peer.author}).Draw(t, "author")
			sel.Operation = rapid.SampledFrom([]aura.OperationID{{}, {1}, {2}, {3}, {99}}).Draw(t, "operation")
		}
		sel.Causal = rapid.Bool().Draw(t, "causal")
		sel.Causal = sel.Causal && sel.Check() == nil
		return sel
	})
}

// A read gives the same as a look at each record, whether the facts are in memory, in the store, or some
// here and some there.
// TestAReadEndsWithItsCaller: a fact that was not read is not taken for an absent one.
func TestAReadEndsWithItsCaller(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		for i := range uint64(30) {
			j.append(t, tc, &journal.Entry{Foreign: []fact.Record{peer.record(pair, i+1, aura.Logical(i+1), "hi")}})
		}
		for _, place := range []string{"memory", "the store"} {
			if place == "the store" {
				j.close(t, tc)
				j = open(t, tc, disk.Crash())
			}
			for name, sel := range map[string]fact.Selection{
				"all": {}, "a context": {Namespaces: []fact.Namespace{pair}}, "a kind": {Kinds: []string{"chat.*"}},
			} {
				read := 0
				var ended error
				g := task.NewGroup(tc, "reader")
				g.Go("read", func(tc task.Context) error {
					_, ended = j.Read(tc, sel, func(fact.Record) error {
						read++
						g.Cancel()
						return nil
					})
					return nil
				})
				if err := g.Wait(tc); err != nil {
					t.Fatal(err)
				}
				if read != 1 || !errors.Is(ended, aura.Cancelled) {
					t.Errorf("%s from %s: %d records after the caller was cancelled, %v", name, place, read-1, ended)
				}
			}
		}
		j.close(t, tc)
	})
}

func TestAReadIsTheSelectionOfAllFacts(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		// Stretches in which a namespace or a kind is rare, and in which it is all there is.
		var all []fact.Record
		for i := range 60 {
			e := &journal.Entry{}
			for k := range 40 {
				ns, kind := pair, "chat.message"
				switch n := 40*i + k; {
				case i/10 == 1 || n%97 == 0:
					ns = crew
				case i/10 == 2 || n%101 == 0:
					ns, kind = own, "contact.added"
				case n%53 == 0:
					kind = "chat.read"
				}
				d := draft(ns, kind, fmt.Sprint(i, k))
				if n := 40*i + k; n%300 < 3 || n%7 == 0 { // some actions leave several facts, and some of them late
					d.Operation = aura.OperationID{byte(n/300 + 1)}
				}
				e.Drafts = append(e.Drafts, d)
			}
			if i%5 == 4 { // an old fact of a peer comes late
				for range 10 {
					seq := j.Count(pair, peer.id) + 1
					e.Foreign = append(e.Foreign, peer.recordOf(aura.OperationID{1}, pair, seq+uint64(len(e.Foreign)), aura.Logical(10*i+len(e.Foreign)+1), "late"))
				}
			}
			all = append(all, j.append(t, tc, e)...)
		}
		check := func(from string) {
			rapid.Check(t, func(t *rapid.T) {
				sel := anySelection(len(all)).Draw(t, "selection")
				var got []fact.Record
				through, err := j.Read(tc, sel, func(r fact.Record) error {
					got = append(got, r)
					return nil
				})
				if err != nil || through != max(sel.After, fact.Position(len(all))) {
					t.Fatalf("%s: read up to %d, %v", from, through, err)
				}
				if diff := cmp.Diff(brief(sel.Of(all)), brief(got)); diff != "" {
					t.Fatalf("%s (-want +got):\n%.1000s", from, diff)
				}
			})
		}
		check("memory and store")
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		check("store")
		j.close(t, tc)
	})
}

func TestAReadThatIsStoppedSaysHowFarItWas(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		for i := range 10 {
			j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", fmt.Sprint(i))}})
		}
		for _, sel := range []fact.Selection{{}, {Last: 4}, {Namespaces: []fact.Namespace{pair}, Before: 9}} {
			stop := aura.Errorf("test", aura.Cancelled, "enough")
			through, err := j.Read(tc, sel, func(r fact.Record) error {
				if r.Position == 8 {
					return stop
				}
				return nil
			})
			if err != error(stop) || through != 7 {
				t.Errorf("%+v: stopped at 8, after %d, with %v", sel, through, err)
			}
		}
		j.close(t, tc)
	})
}

// The newest of a thread cost as much as the part shown, however long the thread is, how many others there are, and
// how the kinds lie in it.
func TestTheNewestCostWhatIsShown(t *testing.T) {
	filled := func(facts int) (disk *journal.Faulty) {
		simulate(t, 1, func(tc task.Context) {
			disk = journal.NewFaulty(entropy(2), journal.Faults{})
			j := open(t, tc, disk)
			for at := 0; at < facts; {
				e := &journal.Entry{}
				for range 500 {
					ns, kind := pair, "chat.message"
					switch {
					case at >= facts/2: // the pair has said nothing for long
						ns = crew
					case at%20 == 0:
						kind = "chat.read"
					}
					e.Drafts = append(e.Drafts, draft(ns, kind, fmt.Sprint(at)))
					at++
				}
				j.append(t, tc, e)
			}
			j.close(t, tc)
		})
		return disk
	}
	touched := func(disk *journal.Faulty, sel fact.Selection, want int) (values int) {
		simulate(t, 1, func(tc task.Context) {
			store := &counter{Store: disk.Crash()}
			j := open(t, tc, store)
			store.values = 0
			if got := j.read(t, tc, sel); len(got) != want {
				t.Errorf("%+v gave %d facts", sel, len(got))
			}
			values = store.values
			j.close(t, tc)
		})
		return values
	}
	short, long := filled(4_000), filled(16_000)
	thread := []fact.Namespace{pair}
	for _, c := range []struct {
		name string
		sel  fact.Selection
		want int
	}{
		{"newest messages", fact.Selection{Namespaces: thread, Kinds: []string{"chat.message"}, Last: 20}, 20},
		{"older messages", fact.Selection{Namespaces: thread, Kinds: []string{"chat.message"}, Last: 20, Before: 500}, 20},
		{"newest read mark", fact.Selection{Namespaces: thread, Kinds: []string{"chat.read"}, Last: 1}, 1},
		{"newest messages in causal order", fact.Selection{Namespaces: thread, Kinds: []string{"chat.message"}, Last: 20, Causal: true}, 20},
		{"as it was in causal order", fact.Selection{Namespaces: thread, Last: 20, Causal: true, Through: 500}, 20},
		{"as it was", fact.Selection{Namespaces: thread, Last: 20, Through: 500}, 20},
		{"nothing there", fact.Selection{Namespaces: []fact.Namespace{own}, Kinds: []string{"chat.*"}, Last: 20}, 0},
	} {
		few, many := touched(short, c.sel, c.want), touched(long, c.sel, c.want)
		if many > 2*few+16 { // a page of each index at least: of runs, these are few
			t.Errorf("%s: %d values of 4,000 facts, %d of 16,000", c.name, few, many)
		}
	}
}

func TestDenseSelectionsAreReadInPositionOrder(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		for i := range 40 {
			j.append(t, tc, &journal.Entry{Drafts: slices.Repeat([]fact.Draft{draft(pair, "chat.message", fmt.Sprint(i))}, 50)})
		}
		j.close(t, tc)
		store := &counter{Store: disk.Crash()}
		j = open(t, tc, store)
		store.values, store.gets = 0, 0
		if got := j.read(t, tc, fact.Selection{Kinds: []string{"chat.message"}}); len(got) != 2000 || store.gets > 10+40 { // one proof for each group
			t.Errorf("%d facts were looked up %d times", len(got), store.gets)
		}
		j.close(t, tc)
	})
}
