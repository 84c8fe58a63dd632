package journal_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// A row is facts of the first format from place 1 on. None of them signs its predecessor, and an earlier build took any
// fact at the next place, so a receiver of two copies can have a row that no copy has.

// plainAfter returns a fact of the first format behind another one, which may be nil.
func plainAfter(before *node, text string) *node {
	seq, logical, follows := uint64(1), aura.Logical(1), []*node(nil)
	if before != nil {
		seq, logical, follows = before.Seq+1, before.Fact.Logical+1, []*node{before}
	}
	return newNode(peer.record(pair, seq, logical, text), follows)
}

// parted is a stream of which two copies wrote apart: both have the first three facts, each has two more, and the receiver
// has taken the fourth of the one and the fifth of the other.
type parted struct {
	common        []*node
	ours, theirs  []*node // behind the common ones
	mixed         *node   // the last of ours behind the first of theirs
	firstOfTheirs *node
}

func part() (p parted) {
	var last *node
	for i := range 3 {
		last = plainAfter(last, fmt.Sprint("both ", i))
		p.common = append(p.common, last)
	}
	for i, row := range []*[]*node{&p.ours, &p.theirs} {
		before := last
		for k := range 2 {
			before = plainAfter(before, fmt.Sprint("copy ", i, " ", k))
			*row = append(*row, before)
		}
	}
	p.firstOfTheirs = p.theirs[0]
	p.mixed = newNode(p.ours[1].Record, p.theirs[:1])
	return p
}

// TestAFactInTwoRowsIsThereOnce: a journal that has facts of two copies in one row gets the rows of both, and then what both say
// behind them. A head stands for its row, and not for all that has the same last fact.
func TestAFactInTwoRowsIsThereOnce(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		p := part()
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		j.append(t, tc, entryOf(append(p.common, p.firstOfTheirs, p.mixed)...))
		c := newChain(peer, pair)
		ours, theirs := c.after(p.ours[1]), c.after(p.theirs[0])
		if _, err := j.Append(tc, entryOf(ours)); !errors.Is(err, aura.Unavailable) {
			t.Errorf("a fact behind a row that is not here: %v", err)
		}
		check := func(heads []*node, facts, behindMixed, behindOurs int) {
			t.Helper()
			for _, from := range []string{"memory", "the store"} {
				got, want := j.heads(t, pair, peer), placesOf(heads...)
				slices.SortFunc(got, fact.Place.Compare)
				slices.SortFunc(want, fact.Place.Compare)
				if !slices.Equal(got, want) {
					t.Errorf("%s: heads %v, want %v", from, got, want)
				}
				if all := j.read(t, tc, fact.Selection{}); len(all) != facts {
					t.Errorf("%s: %d facts are read, want %d", from, len(all), facts)
				}
				newest := j.read(t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}, Last: 100, Causal: true})
				if len(newest) != facts {
					t.Errorf("%s: the newest facts are %d, want %d", from, len(newest), facts)
				}
				for what, of := range map[*node]int{p.mixed: behindMixed, p.ours[1]: behindOurs} {
					n, unknown, err := j.Behind(pair, peer.id, placesOf(what))
					if err != nil || n != uint64(of) || len(unknown) > 0 != (of == 0) {
						t.Errorf("%s: behind %v are %d facts, unknown %v, %v; want %d", from, what.Row(), n, unknown, err, of)
					}
				}
				if has, err := j.Has(pair, peer.id, p.ours[1].Place()); !has || err != nil {
					t.Errorf("%s: has the fact by its identity: %v, %v", from, has, err)
				}
				j.close(t, tc)
				disk = disk.Crash()
				j = open(t, tc, disk)
			}
		}
		check([]*node{p.mixed}, 5, 5, 0)
		if n := len(j.append(t, tc, entryOf(p.ours...))); n != 1 {
			t.Errorf("%d facts of the other row are new, want 1", n)
		}
		check([]*node{p.mixed, p.ours[1]}, 6, 5, 3)
		j.append(t, tc, entryOf(ours, theirs))
		check([]*node{p.mixed, ours, theirs}, 8, 5, 3)
		if e, found, err := j.Evidence(pair, peer.id); found || err != nil {
			t.Errorf("evidence of facts that name nothing: %v, %v", e, err)
		}
		joined := c.after(ours, theirs, p.mixed)
		j.append(t, tc, entryOf(joined))
		check([]*node{joined}, 9, 5, 3)
		one, two := c.after(joined), c.after(joined)
		j.append(t, tc, entryOf(one, two))
		check([]*node{one, two}, 11, 5, 3)
		e, found, err := j.Evidence(pair, peer.id)
		places, want := e.Places(), placesOf(one, two)
		slices.SortFunc(places[:], fact.Place.Compare)
		slices.SortFunc(want, fact.Place.Compare)
		if err != nil || !found || !slices.Equal(places[:], want) {
			t.Errorf("evidence of the fork behind those that name nothing: %v, %v, %v", places, found, err)
		}
		j.close(t, tc)
	})
}

// TestRowsOfOneFactAreBounded: a device can have its facts in as many rows as it likes, and a journal keeps 16 more numbers for each
// fact, on the whole. The stream goes on.
func TestRowsOfOneFactAreBounded(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		c := newChain(peer, pair)
		var row []*node
		var last *node
		for i := range 100 {
			last = plainAfter(last, fmt.Sprint(i))
			row = append(row, last)
		}
		root := c.after(last)
		j.append(t, tc, entryOf(append(row, root)...))
		refused := 0
		for i := range 40 {
			branch := []*node{plainAfter(nil, fmt.Sprint("another first ", i))}
			for _, n := range row[1:] {
				branch = append(branch, newNode(n.Record, branch[len(branch)-1:]))
			}
			if _, err := j.Append(tc, entryOf(branch...)); errors.Is(err, aura.Exhausted) {
				refused++
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			root = c.after(root, branch[len(branch)-1])
			j.append(t, tc, entryOf(root))
		}
		numbers, facts := int(j.Count(pair, peer.id)), len(j.read(t, tc, fact.Selection{}))
		if refused == 0 || numbers > (fact.MaxHeads+1)*facts {
			t.Errorf("%d numbers for %d facts, %d rows were refused", numbers, facts, refused)
		}
		j.append(t, tc, entryOf(c.after(root)))
		j.close(t, tc)
	})
}

// TestAStreamGoesOnBehindCollectedFactsOfTheFirstFormat: the digest of all of them outlives them.
func TestAStreamGoesOnBehindCollectedFactsOfTheFirstFormat(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		p := part()
		j.append(t, tc, entryOf(append(p.common, p.ours...)...))
		j.close(t, tc)
		disk = disk.Crash()
		j = open(t, tc, disk)
		snapshot, err := commitSnapshot(tc, j, pair)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := j.Collect(tc, snapshot); err != nil || n != 5 {
			t.Fatalf("collected %d, %v", n, err)
		}
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		if got := j.heads(t, pair, peer); !slices.Equal(got, placesOf(p.ours[1])) {
			t.Errorf("heads %v", got)
		}
		j.append(t, tc, entryOf(newChain(peer, pair).after(p.ours[1])))
		j.close(t, tc)
	})
}

// TestAHeadThatWasNeverAskedForOutlivesItsFacts: an earlier build kept no head of a stream of the first format, and a collection is
// the last time at which it can be found.
func TestAHeadThatWasNeverAskedForOutlivesItsFacts(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, formatOne(t, tc))
		want := j.heads(t, pair, peer)
		j.close(t, tc)
		disk := formatOne(t, tc).(*journal.Faulty)
		j = open(t, tc, disk)
		snapshot, err := commitSnapshot(tc, j, pair)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := j.Collect(tc, snapshot); err != nil || n == 0 {
			t.Fatalf("collected %d, %v", n, err)
		}
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		if got := j.heads(t, pair, peer); len(want) != 1 || !slices.Equal(got, want) {
			t.Errorf("heads %v, want %v", got, want)
		}
		j.close(t, tc)
	})
}

// TestTheDigestOfARowGoesWithItsFacts: a fact of the first format behind collected ones cannot be named to others, and is not said
// to begin the stream. The head can, as before.
func TestTheDigestOfARowGoesWithItsFacts(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		p := part()
		all := append(p.common, p.ours...)
		j.append(t, tc, entryOf(all...))
		d, err := j.Snapshot(tc, pair, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Collect(tc, j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{d}})[0].ID); err != nil {
			t.Fatal(err)
		}
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		last := all[len(all)-1]
		held, err := j.Held(pair, peer.id, []uint64{3, last.Seq})
		if err != nil || !slices.Equal(held, placesOf(last)) {
			t.Errorf("held: %v, %v; want %v", held, err, placesOf(last))
		}
		records, err := j.ByAuthor(pair, peer.id, 3, 10)
		if err != nil || len(records) != len(all)-2 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		for i := range records {
			if before, err := j.Before(&records[i]); !errors.Is(err, aura.NotFound) {
				t.Errorf("the fact at place %d is said to be behind %x, %v", records[i].Seq, before, err)
			}
		}
		j.close(t, tc)
	})
}
