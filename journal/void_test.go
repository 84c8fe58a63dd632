package journal_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// endless is how far the model of void facts goes, where a journal knows no end.
const endless = 2000

// numbers returns the numbers of ranges, one by one.
func numbers(ranges []journal.Range) map[uint64]bool {
	all := map[uint64]bool{}
	for _, r := range ranges {
		if r.To == 0 {
			r.To = endless
		}
		for n := r.From; n <= r.To; n++ {
			all[n] = true
		}
	}
	return all
}

func (m *model) isVoid(n *node) bool {
	s := m.of(&n.Fact)
	return s.void[uint64(1+slices.IndexFunc(s.arrived, func(a *node) bool { return a.ID == n.ID }))]
}

// setVoid plays what an entry says of a stream.
func (m *model) setVoid(v *journal.Void) {
	s := m.of(&fact.Fact{Namespace: v.Namespace, Device: v.Device})
	void := numbers(v.Ranges)
	for n := range s.arrived {
		if void[uint64(n+1)] != s.void[uint64(n+1)] {
			m.revised++
			break
		}
	}
	s.void = void
}

// ranges returns some ranges that ascend.
func (m *model) ranges() (all []journal.Range) {
	from := uint64(1 + m.voiding.IntN(8))
	for range m.voiding.IntN(4) {
		r := journal.Range{From: from, To: from + uint64(m.voiding.IntN(4))}
		if all = append(all, r); m.voiding.IntN(4) == 0 {
			all[len(all)-1].To = 0
			break
		}
		from = r.To + 2 + uint64(m.voiding.IntN(6))
	}
	return all
}

// bounds returns heads as a bound may name them: facts that are here, that are elsewhere, or that are nowhere.
func (m *model) bounds(s *modelStream) (named []fact.Place) {
	for range 1 + m.voiding.IntN(3) {
		if m.voiding.IntN(6) == 0 || len(s.written) == 0 {
			named = append(named, fact.Place{Seq: uint64(1 + m.voiding.IntN(len(s.arrived)+3)), ID: [16]byte{byte(m.voiding.Uint32()), 1}})
			continue
		}
		named = append(named, s.written[m.voiding.IntN(len(s.written))].Row())
	}
	return named
}

// beyond returns the numbers of the facts that are not at or behind any of some heads, by a look at each, and whether
// later facts can be.
func (s *modelStream) beyond(heads []fact.Place) (void map[uint64]bool, open bool) {
	void = map[uint64]bool{}
	for i, n := range s.arrived {
		within := false
		for _, row := range s.arrived {
			if row != n && (n.Again || row.ID != n.ID) {
				continue
			}
			for _, h := range heads {
				at := slices.IndexFunc(s.arrived, func(a *node) bool { return a.Row() == h })
				switch {
				case at >= 0:
					within = within || s.arrived[at].behind[row.Row()]
				case row.Seq < h.Seq:
					within, open = true, true // it may be behind it
				default:
					open = true
				}
			}
		}
		if !within {
			void[uint64(i+1)] = true
		}
	}
	return void, open
}

// checkBeyond compares which facts are beyond a bound.
func (m *model) checkBeyond(j opened, s *modelStream) {
	m.t.Helper()
	if len(s.arrived) == 0 {
		return
	}
	for range 4 {
		heads := m.bounds(s)
		got, err := j.Beyond(s.ns, s.device.id, heads)
		if err != nil {
			m.fatalf("beyond %v: %v", heads, err)
		}
		want, open := s.beyond(heads)
		if !open {
			for n := uint64(len(s.arrived) + 1); n <= endless; n++ {
				want[n] = true
			}
		}
		if !maps.Equal(numbers(got), want) {
			m.fatalf("beyond %v are %v, want %d numbers, open %v", heads, got, len(want), open)
		}
	}
}

// bound lets an entry make the facts beyond one or two bounds void.
func (m *model) bound(tc task.Context, j opened, h *habits) {
	m.t.Helper()
	s := m.streams[m.voiding.IntN(len(m.streams))]
	if len(s.arrived) == 0 || m.voiding.Float64() >= h.voiding {
		return
	}
	var lists [][]journal.Range
	for range 1 + m.voiding.IntN(2) {
		ranges, err := j.Beyond(s.ns, s.device.id, m.bounds(s))
		if err != nil {
			m.fatalf("beyond: %v", err)
		}
		lists = append(lists, ranges)
	}
	e := &journal.Entry{Void: []journal.Void{{Namespace: s.ns, Device: s.device.id, Ranges: journal.Join(lists...)}}}
	both := map[uint64]bool{}
	for _, l := range lists {
		maps.Copy(both, numbers(l))
	}
	if !maps.Equal(numbers(e.Void[0].Ranges), both) {
		m.fatalf("%v together are %v", lists, e.Void[0].Ranges)
	}
	records, err := j.Append(tc, e)
	m.accept(e, records, err)
}

// TestVoidFactsAreThoseOfTheModel makes facts of branched streams void and lets them count again while others arrive, with
// crashes after any commit.
func TestVoidFactsAreThoseOfTheModel(t *testing.T) {
	for name, h := range map[string]habits{
		"one branch":   {spoiled: 0.1, sorted: true, voiding: 0.4, steps: 30},
		"two copies":   {restoring: 0.05, learning: 0.5, merging: 0.8, sorted: true, voiding: 0.4, steps: 30},
		"any order":    {restoring: 0.3, learning: 0.3, merging: 0.5, spoiled: 0.2, voiding: 0.4, steps: 30},
		"never joined": {restoring: 0.7, learning: 0.1, merging: 0.02, voiding: 0.4, steps: 30},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range soak(6) {
				m := newModel(t, seed, newModelStream(peer, pair), newModelStream(self, pair))
				if seed%3 == 1 {
					m.streams[0].begin(int(seed))
					m.streams[0].part(4*int(seed), m.random)
				}
				simulate(t, seed, func(tc task.Context) { m.play(tc, &h, journal.NewFaulty(entropy(seed), journal.Faults{})) })
			}
		})
	}
}

// row returns facts of a peer's device, each behind the one before.
func row(n int) (all []*node) {
	s := newModelStream(peer, pair)
	m := newModel(nil, 1, s)
	for range n {
		s.write(s.homes[0], m.random, 0)
	}
	return s.written
}

func voids(from, to uint64) []journal.Void {
	return []journal.Void{{Namespace: pair, Device: peer.id, Ranges: []journal.Range{{From: from, To: to}}}}
}

// TestVoidSurvivesACrashAfterEveryWrite: facts and what makes them void are durable together, and so is the era.
func TestVoidSurvivesACrashAfterEveryWrite(t *testing.T) {
	facts := row(6)
	with := func(v []journal.Void, n ...*node) *journal.Entry {
		e := &journal.Entry{Void: v}
		for _, n := range n {
			e.Foreign = append(e.Foreign, n.Record)
		}
		return e
	}
	entries := []*journal.Entry{
		with(nil, facts[:3]...), with(voids(3, 0)), with(nil, facts[3]), with(voids(4, 0), facts[4]),
		with([]journal.Void{{Namespace: pair, Device: peer.id}}), with(voids(6, 0), facts[5]),
	}
	want := []struct {
		there string
		era   uint64
	}{{"1 2 3", 1}, {"1 2", 2}, {"1 2", 2}, {"1 2 3", 3}, {"1 2 3 4 5", 4}, {"1 2 3 4 5", 5}}
	for cut := range entries {
		simulate(t, 1, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(1), journal.Faults{})
			j := open(t, tc, disk)
			check := func(step int) {
				t.Helper()
				there := ""
				for _, r := range j.read(t, tc, fact.Selection{}) {
					there += fmt.Sprint(" ", r.Number)
				}
				if there != " "+want[step].there || j.Era() != want[step].era || len(j.heads(t, pair, peer)) != 1 {
					t.Errorf("cut %d, step %d: facts%s in era %d, want %v", cut, step, there, j.Era(), want[step])
				}
			}
			for i, e := range entries {
				j.append(t, tc, e)
				check(i)
				if i == cut {
					disk = disk.Crash()
					j.group.Cancel()
					j = open(t, tc, disk)
					check(i)
				}
			}
			j.close(t, tc)
		})
	}
}

// revisions counts how often a sink was told of a new era.
type revisions struct {
	told    int
	records []fact.Record
}

func (r *revisions) Committed(records []fact.Record) { r.records = append(r.records, records...) }
func (r *revisions) Revised()                        { r.told++ }

// TestSinksLearnWhatIsVoid: a fact that is void when it comes says so, and an era is told when facts that were there change.
func TestSinksLearnWhatIsVoid(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		facts := row(4)
		j := open(t, tc, journal.NewFaulty(entropy(1), journal.Faults{}))
		sink := &revisions{}
		j.Attach(sink)
		j.append(t, tc, entryOf(facts[:2]...))
		j.append(t, tc, &journal.Entry{Void: voids(3, 0)})
		if sink.told != 0 || j.Era() != 1 {
			t.Errorf("no fact changed, and %d eras began", sink.told)
		}
		j.append(t, tc, entryOf(facts[2]))
		if last := sink.records[len(sink.records)-1]; !last.Void {
			t.Error("a fact that comes behind the bound counts")
		}
		j.append(t, tc, &journal.Entry{Void: voids(2, 0)})
		j.append(t, tc, &journal.Entry{Void: voids(2, 0)})
		if sink.told != 1 || j.Era() != 2 {
			t.Errorf("%d eras were told, era %d", sink.told, j.Era())
		}
		if got := j.Voids(); len(got) != 1 || !slices.Equal(got[0].Ranges, voids(2, 0)[0].Ranges) {
			t.Errorf("void are %v", got)
		}
		for name, e := range map[string]*journal.Entry{
			"no fact":     {Void: []journal.Void{{Namespace: crew, Device: peer.id}}},
			"zero":        {Void: voids(0, 3)},
			"backwards":   {Void: voids(3, 2)},
			"overlapping": {Void: []journal.Void{{Namespace: pair, Device: peer.id, Ranges: []journal.Range{{From: 1, To: 4}, {From: 4, To: 5}}}}},
			"touching":    {Void: []journal.Void{{Namespace: pair, Device: peer.id, Ranges: []journal.Range{{From: 1, To: 4}, {From: 5, To: 5}}}}},
			"endless":     {Void: []journal.Void{{Namespace: pair, Device: peer.id, Ranges: []journal.Range{{From: 1}, {From: 7, To: 9}}}}},
		} {
			if _, err := j.Append(tc, e); aura.KindOf(err) != aura.Invalid && aura.KindOf(err) != aura.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		j.close(t, tc)
	})
}

// TestVoidFactsCostTheNewestOnesNothing: a device that was removed may have written as much as it likes.
func TestVoidFactsCostTheNewestOnesNothing(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		s := newModelStream(peer, pair)
		s.begin(600)
		j.append(t, tc, entryOf(s.written...))
		j.append(t, tc, &journal.Entry{Void: voids(101, 0)})
		j.close(t, tc)
		store := &reads{Store: disk.Crash()}
		j = open(t, tc, store)
		before := store.n
		got, err := j.Newest(pair, peer.id, 20)
		if err != nil || len(got) != 20 || got[0].Number != 81 || got[19].Number != 100 {
			t.Errorf("the newest are %v, %v", got, err)
		}
		if n := store.n - before; n > 100 {
			t.Errorf("%d reads for 20 facts", n)
		}
		j.close(t, tc)
	})
}

// TestTheRangesOfAStreamAreBounded: beyond the bound everything is void.
func TestTheRangesOfAStreamAreBounded(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(1), journal.Faults{}))
		j.append(t, tc, entryOf(row(1)...))
		v := voids(2, 2)
		for n := uint64(4); n < 20000; n += 2 {
			v[0].Ranges = append(v[0].Ranges, journal.Range{From: n, To: n})
		}
		j.append(t, tc, &journal.Entry{Void: v})
		got := j.Voids()[0].Ranges
		if len(got) != 4096 || got[4095] != (journal.Range{From: 8192}) {
			t.Errorf("%d ranges, the last is %v", len(got), got[len(got)-1])
		}
		j.close(t, tc)
	})
}

// TestACheckpointOfAnotherEraIsNotRestored: a fold starts anew when other facts counted at its checkpoint.
func TestACheckpointOfAnotherEraIsNotRestored(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(1), journal.Faults{})
		j := open(t, tc, disk)
		facts := row(80)
		fold := func() (*journal.Fold, *tally) {
			s := &tally{}
			f := journal.NewFold("test.fold", fact.Selection{Kinds: []string{"chat.*"}}, s, new(task.Mutex))
			if err := f.Load(tc, j.Journal); err != nil {
				t.Fatal(err)
			}
			return f, s
		}
		f, _ := fold()
		j.Attach(f)
		j.append(t, tc, entryOf(facts...))
		c, due, err := f.Due()
		if err != nil || !due {
			t.Fatal(due, err)
		}
		j.append(t, tc, &journal.Entry{Checkpoints: []journal.Checkpoint{c}})
		j.append(t, tc, &journal.Entry{Void: voids(71, 0)})
		if _, s := fold(); s.facts != 70 {
			t.Errorf("%d facts were folded, 70 count", s.facts)
		}
		j.append(t, tc, &journal.Entry{Void: []journal.Void{{Namespace: pair, Device: peer.id}}})
		if _, s := fold(); s.facts != 80 {
			t.Errorf("%d facts were folded, 80 count again", s.facts)
		}
		j.close(t, tc)
	})
}

// tally is a [journal.Folder] that counts.
type tally struct{ facts int }

func (c *tally) Apply(*fact.Record)    { c.facts++ }
func (c *tally) Version() int          { return 1 }
func (c *tally) Save() ([]byte, error) { return fact.Marshal(c.facts) }
func (c *tally) Restore(b []byte) error {
	return fact.Unmarshal(b, &c.facts)
}
