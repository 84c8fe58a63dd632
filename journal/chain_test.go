package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// chain is a writer of one device's facts for a test that says itself what follows what.
type chain struct {
	device device
	ns     fact.Namespace
	random *rand.Rand
}

func newChain(d device, ns fact.Namespace) *chain {
	return &chain{d, ns, rand.New(rand.NewPCG(1, 1))}
}

// after returns the fact behind some others, one tick later.
func (c *chain) after(preds ...*node) *node {
	logical := aura.Logical(1)
	for _, p := range preds {
		logical = max(logical, p.Fact.Logical+1)
	}
	return c.device.chained(c.ns, preds, logical, c.random)
}

// row returns n facts, each behind the one before, the first one behind preds.
func (c *chain) row(n int, preds ...*node) (all []*node) {
	for range n {
		all = append(all, c.after(preds...))
		preds = all[len(all)-1:]
	}
	return all
}

func entryOf(nodes ...*node) *journal.Entry {
	e := &journal.Entry{}
	for _, n := range nodes {
		e.Foreign = append(e.Foreign, n.Record)
	}
	return e
}

// placesOf returns the places that mean facts with all before them.
func placesOf(nodes ...*node) []fact.Place { return named(nodes) }

func (o opened) heads(t testing.TB, ns fact.Namespace, d device) []fact.Place {
	t.Helper()
	all, err := o.Heads(ns, d.id)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAChainBehindTheFirstFormatNamesAllOfIt: the first fact that signs its place names the digest of all facts before
// it, and goes on where they end. One that names another digest, or the last of them alone, follows a fact that is missing.
func TestAChainBehindTheFirstFormatNamesAllOfIt(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		s := newModelStream(peer, pair)
		s.begin(5)
		j.append(t, tc, entryOf(s.written...))
		last := s.written[4]
		if got := j.heads(t, pair, peer); !slices.Equal(got, placesOf(last)) {
			t.Errorf("heads %v", got)
		}
		c := newChain(peer, pair)
		first := c.after(last)
		second := c.after(first)

		other := newModelStream(peer, pair)
		other.begin(5)
		other.written[1] = newNode(peer.record(pair, 2, 3, "another second one"), other.written[:1])
		for i := 2; i < 5; i++ {
			other.written[i] = newNode(other.written[i].Record, other.written[i-1:i])
		}
		alone := first.Fact
		alone.Prev = last.Place().ID
		for what, r := range map[string]fact.Record{
			"the digest of other facts": c.after(other.written[4]).Record, "the last fact alone": peer.signed(alone),
		} {
			if _, err := j.Append(tc, &journal.Entry{Foreign: []fact.Record{r}}); !errors.Is(err, aura.Unavailable) {
				t.Errorf("%s: got %v, want that a fact is missing", what, err)
			}
		}
		if _, err := j.Append(tc, entryOf(second)); !errors.Is(err, aura.Unavailable) {
			t.Errorf("a gap behind the first format: got %v", err)
		}
		j.append(t, tc, entryOf(first, first, second))
		check := func() {
			t.Helper()
			if got := j.heads(t, pair, peer); !slices.Equal(got, placesOf(second)) || j.Branched(pair, peer.id) || j.Count(pair, peer.id) != 7 {
				t.Errorf("heads %v of %d facts, branched: %v", got, j.Count(pair, peer.id), j.Branched(pair, peer.id))
			}
			if n := len(j.append(t, tc, entryOf(append(slices.Clip(s.written), first, second)...))); n != 0 {
				t.Errorf("%d facts came twice", n)
			}
			// The digest names the facts that it is of, also for a peer that names it as a head.
			byDigest := fact.Place{Seq: 5, ID: first.Fact.Prev}
			if n, unknown, err := j.Behind(pair, peer.id, []fact.Place{byDigest, {Seq: 5, ID: [16]byte{9}}}); n != 5 || len(unknown) != 1 || err != nil {
				t.Errorf("behind the digest are %d facts, unknown %v, %v", n, unknown, err)
			}
		}
		check()
		// Another copy that went on behind the same facts is a branch.
		branch := c.row(2, last)
		j.close(t, tc)
		disk = disk.Crash()
		j = open(t, tc, disk)
		check()
		if _, err := j.Append(tc, entryOf(newNode(peer.record(pair, 6, 99, "plain again"), []*node{second}))); !errors.Is(err, aura.Unavailable) {
			t.Errorf("the first format behind a fact that signs its place: got %v", err)
		}
		j.append(t, tc, entryOf(branch...))
		if got := j.heads(t, pair, peer); !slices.Equal(got, placesOf(second, branch[1])) {
			t.Errorf("heads %v", got)
		}
		j.close(t, tc)
	})
}

// TestOneBranchTooManyIsRefusedAlone: a device has at most 16 live branches. One more is refused with a remedy, and
// nothing else is; when branches were joined there is room again.
func TestOneBranchTooManyIsRefusedAlone(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		c := newChain(peer, pair)
		root := c.after()
		j.append(t, tc, entryOf(root))
		var heads []*node
		for range fact.MaxHeads {
			branch := c.row(2, root)
			j.append(t, tc, entryOf(branch...))
			heads = append(heads, branch[1])
		}
		for _, begin := range []*node{c.after(root), c.after(), c.after(heads[0].follows...)} {
			_, err := j.Append(tc, entryOf(begin))
			refused, ok := errors.AsType[*journal.BranchError](err)
			if !errors.Is(err, aura.Exhausted) || !ok || refused.Device != peer.id || !strings.Contains(err.Error(), "branch 17") {
				t.Fatalf("one branch too many: %v", err)
			}
		}
		// Every branch goes on, also in the entry that another device is in.
		for i := range heads {
			heads[i] = c.after(heads[i])
		}
		j.append(t, tc, entryOf(heads...))
		j.close(t, tc)
		disk = disk.Crash()
		j = open(t, tc, disk)
		if got := j.heads(t, pair, peer); !slices.Equal(got, placesOf(heads...)) || j.Count(pair, peer.id) != 1+3*16 {
			t.Errorf("%d facts, heads %v", j.Count(pair, peer.id), got)
		}
		// A fact that joins two makes room for one.
		joined, late := c.after(heads[0], heads[15]), c.after(root)
		j.append(t, tc, entryOf(joined, late))
		if _, err := j.Append(tc, entryOf(c.after(root))); !errors.Is(err, aura.Exhausted) {
			t.Errorf("one branch too many again: %v", err)
		}
		all := c.after(append(heads[1:15:15], joined, late)...)
		j.append(t, tc, entryOf(all))
		if got := j.heads(t, pair, peer); !slices.Equal(got, placesOf(all)) {
			t.Errorf("heads %v after all were joined", got)
		}
		j.close(t, tc)
	})
}

// TestTheOwnDeviceHasOneBranchMore: a peer has 16 branches of this device and no room for that of this home. All of them are
// taken back. The next own fact joins as many as a fact can name, the one after it the rest.
func TestTheOwnDeviceHasOneBranchMore(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		clones := newChain(self, crew)
		root := clones.after()
		j.append(t, tc, entryOf(root))
		write := func(text string) *node {
			return newNode(j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(crew, "chat.message", text)}})[0], nil)
		}
		mine, others := write("of this home"), []*node(nil)
		for i := range fact.MaxHeads {
			branch := clones.row(1+i, root) // the last one is the longest
			j.append(t, tc, entryOf(branch...))
			others = append(others, branch[i])
		}
		if _, err := j.Append(tc, entryOf(clones.after(root))); !errors.Is(err, aura.Exhausted) || !strings.Contains(err.Error(), "branch 18") {
			t.Errorf("one branch too many: %v", err)
		}
		j.close(t, tc)
		disk = disk.Crash()
		j = open(t, tc, disk)
		if got := j.heads(t, crew, self); !slices.Equal(got, placesOf(append([]*node{mine}, others...)...)) {
			t.Errorf("heads %v", got)
		}
		last := others[fact.MaxHeads-1]
		next := write("the next one")
		if want := placesOf(append([]*node{mine}, others[:fact.MaxHeads-1]...)...); !slices.Equal(next.Fact.Merges, want) {
			t.Errorf("the next own fact joins %v, want %v", next.Fact.Merges, want)
		}
		if got := j.heads(t, crew, self); !slices.Equal(got, placesOf(next, last)) {
			t.Errorf("heads %v behind it", got)
		}
		if rest := write("the rest"); !slices.Equal(rest.Fact.Merges, placesOf(next, last)) {
			t.Errorf("the rest is joined by %v", rest.Fact.Merges)
		}
		j.close(t, tc)
	})
}

// TestAHomeMayBeRestoredAThousandTimes: each copy writes, learns of the facts that it had lost, and joins them with its
// next fact. The journals of the device and of its peer keep no more about the branches each time, and go on
// to answer rightly.
func TestAHomeMayBeRestoredAThousandTimes(t *testing.T) {
	const lives = 1000
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		c := newChain(peer, pair)
		clones := newChain(self, crew)
		var all []*node
		var before, clone *node // in the own stream
		tip := c.after()
		all = append(all, tip)
		j.append(t, tc, entryOf(tip))
		for life := range lives {
			lost := c.row(1+life%3, tip)      // written, then lost with the disk
			found := c.row(1+(life/3)%2, tip) // written by the copy before it learned of them
			tip = c.after(found[len(found)-1], lost[len(lost)-1])
			nodes := slices.Concat(lost, found, []*node{tip})
			if life%2 == 1 {
				nodes = slices.Concat(found, lost, []*node{tip})
			}
			all = append(all, nodes...)
			switch life % 4 {
			case 0: // all in one entry
				j.append(t, tc, entryOf(nodes...))
			case 1: // in several, in one group
				var waiting []*journal.Pending
				for _, n := range nodes {
					p, err := j.Submit(tc, entryOf(n))
					if err != nil {
						t.Fatal(err)
					}
					waiting = append(waiting, p)
				}
				for _, p := range waiting {
					if _, err := p.Await(tc); err != nil {
						t.Fatal(err)
					}
				}
			default: // one after the other
				for _, n := range nodes {
					j.append(t, tc, entryOf(n))
				}
			}
			// The own home lives through the same: a copy of what it was before this fact writes another one.
			mine := newNode(j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(crew, "chat.message", fmt.Sprint(life))}})[0], nil)
			if clone != nil && !slices.Equal(mine.Fact.Merges, placesOf(before, clone)) {
				t.Fatalf("life %d: the own fact joins %v, want %v", life, mine.Fact.Merges, placesOf(before, clone))
			}
			if clone = clones.after(); before != nil {
				clone = clones.after(before)
			}
			before = mine
			j.append(t, tc, entryOf(clone))
			if life%100 == 99 {
				j.close(t, tc)
				disk = disk.Crash()
				j = open(t, tc, disk)
			}
			if got := j.heads(t, pair, peer); !slices.Equal(got, placesOf(tip)) {
				t.Fatalf("life %d: heads %v", life, got)
			}
		}
		checkLives(t, tc, j, all)
		// All that is known of a stream and its branches is in one value of the store.
		for key, value := range dump(t, disk) {
			if key[0] == tableStream && len(value) > 2048 {
				t.Errorf("the state of a stream has %d bytes", len(value))
			}
		}
		j.close(t, tc)
	})
}

// checkLives asks about some facts of a long stream, old and new, and compares with sets.
func checkLives(t *testing.T, tc task.Context, j opened, all []*node) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 3))
	for range 60 {
		n := all[random.IntN(len(all))]
		want := 0
		for want < len(all) && n.behind[all[want].Row()] {
			want++
		}
		if got, unknown, err := j.Behind(pair, peer.id, []fact.Place{n.Place()}); err != nil || unknown != nil || got != uint64(want) {
			t.Fatalf("behind place %d are %d, %v; want %d", n.Seq, got, err, want)
		}
	}
	for range 200 {
		n := random.IntN(len(all)) + 1
		got, err := j.Through(pair, peer.id, uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		for _, later := range all[n:] {
			if later.Seq <= got.Seq {
				t.Fatalf("through %d: place %d, and a later fact has %d", n, got.Seq, later.Seq)
			}
		}
	}
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b *node) int { return fact.Compare(&a.Record, &b.Record) })
	for _, last := range []int{1, 7, 100, 1500, 4096} {
		got := j.read(t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}, Last: last, Causal: true})
		want := map[aura.FactID]bool{}
		for _, n := range sorted[len(sorted)-last:] {
			want[n.ID] = true
		}
		for _, r := range got {
			delete(want, r.ID)
		}
		if len(got) != last || len(want) != 0 {
			t.Errorf("the newest %d: %d are read, %d are missing", last, len(got), len(want))
		}
	}
}

// TestTheNewestFactsOfManyBranchesAreCheap: a device that was restored in old times, with much between, and that runs
// twice now. A question about its newest facts costs those and not all that came since it runs twice.
func TestTheNewestFactsOfManyBranchesAreCheap(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		c := newChain(peer, pair)
		tip := c.after()
		j.append(t, tc, entryOf(tip))
		both := func(after []*node) {
			one, two := c.after(tip), c.after(tip)
			tip = c.after(one, two)
			j.append(t, tc, entryOf(append(after, one, two, tip)...))
		}
		for range 40 {
			calm := c.row(60, tip)
			tip = calm[59]
			both(calm)
		}
		for range 500 {
			both(nil)
		}
		j.close(t, tc)
		store := &counter{Store: disk.Crash()}
		j = open(t, tc, store)
		store.values = 0
		sel := fact.Selection{Namespaces: []fact.Namespace{pair}, Last: 20, Causal: true}
		if n := len(j.read(t, tc, sel)); n != 20 || store.values > 200 {
			t.Errorf("the newest %d facts touched %d values", n, store.values)
		}
		store.values = 0
		number := j.Count(pair, peer.id)
		if n, _, err := j.Behind(pair, peer.id, placesOf(tip.follows[1])); err != nil || n != number-3 || store.values > 20 {
			t.Errorf("behind one of the newest are %d of %d facts, which touched %d values, %v", n, number, store.values, err)
		}
		j.close(t, tc)
	})
}

// reads counts the values that are read from a store.
type reads struct {
	journal.Store
	n int
}

// Get implements [journal.Store].
func (s *reads) Get(key []byte) ([]byte, bool, error) {
	s.n++
	return s.Store.Get(key)
}

// TestFactsOfTheFirstFormatAreHashedOnce: a peer that names digests of them again and again costs nothing more.
func TestFactsOfTheFirstFormatAreHashedOnce(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		s := newModelStream(peer, pair)
		s.begin(500)
		j.append(t, tc, entryOf(s.written...))
		j.close(t, tc)
		store := &reads{Store: disk.Crash()}
		j = open(t, tc, store)
		named := func(n byte) int {
			before := store.n
			through, unknown, err := j.Behind(pair, peer.id, []fact.Place{{Seq: 400, ID: [fact.ShortID]byte{n}}})
			if err != nil || through != 0 || len(unknown) != 1 {
				t.Errorf("behind a digest that is none are %d facts, unknown %v, %v", through, unknown, err)
			}
			return store.n - before
		}
		if first, again := named(1), named(2); first < 500 || again > 10 {
			t.Errorf("%d reads for the first digest, %d for the next", first, again)
		}
		j.append(t, tc, entryOf(newChain(peer, pair).after(s.written[499])))
		j.close(t, tc)
	})
}

// TestALateSearchForAHeadIsForgotten: the stream grows while a session looks for its head. The head that the
// session finds then is not written over the newer one.
func TestALateSearchForAHeadIsForgotten(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, formatOne(t, tc))
		search := j.SearchHead(pair, self.id)
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}})
		newest := j.heads(t, pair, self)
		if err := search(); err != nil {
			t.Fatal(err)
		}
		j.append(t, tc, &journal.Entry{Meta: []journal.KV{{Key: "another", Value: []byte{1}}}})
		if heads := j.heads(t, pair, self); !slices.Equal(heads, newest) {
			t.Errorf("heads %v, want %v", heads, newest)
		}
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "y")}})
		if heads := j.heads(t, pair, self); len(heads) != 1 || heads[0].Seq != newest[0].Seq+1 {
			t.Errorf("heads %v behind %v", heads, newest)
		}
		j.close(t, tc)
	})
}

// TestTheHeadOfAStreamOfTheFirstFormatIsKept: each start asks for the head of every stream, and reads no facts for it. A head that
// an earlier build did not keep is found once.
func TestTheHeadOfAStreamOfTheFirstFormatIsKept(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		long := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, long)
		s := newModelStream(peer, pair)
		s.begin(500)
		j.append(t, tc, entryOf(s.written...))
		j.close(t, tc)
		for name, disk := range map[string]*journal.Faulty{"of this build": long.Crash(), "of an earlier build": formatOne(t, tc).(*journal.Faulty)} {
			heads := placesOf(s.written[499])
			for start := range 3 {
				store := &reads{Store: disk}
				j := open(t, tc, store)
				before := store.n
				first := j.heads(t, pair, peer)
				if n := store.n - before; n > 0 && (name == "of this build" || start > 0) {
					t.Errorf("%s, start %d: %d reads for a head", name, start+1, n)
				}
				if name != "of this build" && start == 0 {
					if heads = first; store.n == before {
						t.Error("the head of an earlier build is not looked for")
					}
				}
				if !slices.Equal(first, heads) {
					t.Errorf("%s, start %d: heads %v, want %v", name, start+1, first, heads)
				}
				j.append(t, tc, &journal.Entry{Meta: []journal.KV{{Key: "another", Value: []byte{byte(start)}}}})
				j.close(t, tc)
				disk = disk.Crash()
			}
		}
		disk := long.Crash()
		j = open(t, tc, disk)
		j.append(t, tc, entryOf(newChain(peer, pair).after(s.written[499])))
		j.close(t, tc)
		store := &reads{Store: disk.Crash()}
		j = open(t, tc, store)
		before := store.n
		if n, unknown, err := j.Behind(pair, peer.id, placesOf(s.written[499])); n != 500 || err != nil || store.n-before > 10 {
			t.Errorf("behind the last one are %d, unknown %v, %v, %d reads", n, unknown, err, store.n-before)
		}
		j.close(t, tc)
	})
}

// TestAnExpectationSeesPlacesAsTheEntriesBeforeItLeaveThem: a commit that names a place can tell that a branch came before
// it in the same group.
func TestAnExpectationSeesPlacesAsTheEntriesBeforeItLeaveThem(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		defer j.close(t, tc)
		c := newChain(peer, pair)
		one := c.row(6)
		j.append(t, tc, entryOf(one...))
		expects := func(number uint64, want fact.Place) *journal.Entry {
			return &journal.Entry{Meta: []journal.KV{{Key: "note", Value: []byte{1}}}, Expect: func(v journal.View) error {
				if got, err := v.Through(pair, peer.id, number); err != nil || got != want {
					t.Errorf("through %d: %v, %v; want %v", number, got, err, want)
				}
				return nil
			}}
		}
		var all []*journal.Pending
		for _, e := range []*journal.Entry{
			expects(5, one[4].Place()), entryOf(c.after(one[2])), expects(5, one[2].Place()), expects(2, one[1].Place()),
		} {
			p, err := j.Submit(tc, e)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
		before := j.Commits()
		for _, p := range all {
			if _, err := p.Await(tc); err != nil {
				t.Error(err)
			}
		}
		if n := j.Commits() - before; n != 1 {
			t.Errorf("the entries are in %d groups", n)
		}
		if at, err := j.Through(pair, peer.id, 5); err != nil || at != one[2].Place() {
			t.Errorf("through 5: %v, %v; want %v", at, err, one[2].Place())
		}
	})
}

// visits counts the entries that are offered in reading a store by rows.
type visits struct {
	journal.Store
	n int
}

// Iterate implements [journal.Store].
func (s *visits) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	return s.Store.Iterate(start, end, func(key, value []byte) error {
		s.n++
		return fn(key, value)
	})
}

// TestAnotherForkAtOnePlaceCostsNoMore: a device forks again and again behind one old fact, and joins the branches each time.
// To take another one costs no more than the first did.
func TestAnotherForkAtOnePlaceCostsNoMore(t *testing.T) {
	const forks, most = 600, 40
	simulate(t, 1, func(tc task.Context) {
		store := &visits{Store: journal.NewFaulty(entropy(2), journal.Faults{})}
		j := open(t, tc, store)
		c := newChain(peer, pair)
		first := c.after()
		tip := c.after(first)
		j.append(t, tc, entryOf(first, tip))
		var all []*node
		for i := range forks {
			branch := c.after(first)
			next := c.after(tip, branch)
			store.n = 0
			j.append(t, tc, entryOf(branch))
			j.append(t, tc, entryOf(next))
			j.append(t, tc, entryOf(branch)) // it comes again
			for _, n := range []*node{branch, next} {
				if here, err := j.Has(pair, peer.id, n.Place()); err != nil || !here {
					t.Fatalf("fork %d: %v, %v", i, here, err)
				}
			}
			if store.n > most {
				t.Fatalf("fork %d: %d entries were read, the most is %d", i, store.n, most)
			}
			tip = next
			all = append(all, branch)
		}
		held, err := j.Held(pair, peer.id, []uint64{2})
		if err != nil || len(held) != forks+1 || !slices.Equal(held[1:], placesOf(all...)) {
			t.Errorf("%d facts at a place, %v", len(held), err)
		}
		j.close(t, tc)
	})
}
