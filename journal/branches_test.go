package journal_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// The model of a stream with branches: plain sets of facts, and every answer found by a look at all of them.

// node is a fact with all that it follows. A fact of the first format is a node in each row that has it.
type node struct {
	fact.Record
	follows []*node
	behind  map[fact.Place]bool // itself and everything before it, by their rows
}

func newNode(r fact.Record, follows []*node) *node {
	if r.Fact.Seq == 0 && len(follows) > 0 {
		r.Before = follows[0].Row().ID
	}
	n := &node{r, follows, nil}
	n.behind = map[fact.Place]bool{n.Row(): true}
	for _, p := range follows {
		maps.Copy(n.behind, p.behind)
	}
	return n
}

// plain reports whether a fact is of the first format.
func (n *node) plain() bool { return n.Fact.Seq == 0 }

// named returns the places that a fact behind some others names.
func named(preds []*node) (all []fact.Place) {
	for _, p := range preds {
		all = append(all, p.Row())
	}
	return all
}

// chained returns a fact of the device behind others, which may be none. A journal does not look at its proof.
func (d device) chained(ns fact.Namespace, preds []*node, logical aura.Logical, random *rand.Rand) *node {
	f := fact.Fact{
		Namespace: ns, Kind: "chat.message", Payload: fmt.Appendf(nil, "%x", random.Uint64()), Logical: logical,
		Order: aura.OrderToken{byte(random.Uint32())}, Author: d.author, Device: d.id, Seq: 1,
	}
	for _, p := range preds {
		f.Seq = max(f.Seq, p.Seq+1)
	}
	switch names := named(preds); len(names) {
	case 0:
	case 1:
		f.Prev = names[0].ID
	default:
		f.Merges = names
		slices.SortFunc(f.Merges[1:], fact.Place.Compare)
	}
	r := fact.NewRecord(f)
	r.Proof = fact.NewBatch([]aura.FactID{r.ID}).Proof(0, [64]byte{1})
	return newNode(r, preds)
}

// newest returns the nodes that no other one follows.
func newest(all []*node) (heads []*node) {
	for _, n := range all {
		if !slices.ContainsFunc(all, func(o *node) bool { return o != n && o.behind[n.Row()] }) {
			heads = append(heads, n)
		}
	}
	return heads
}

// home is one of the copies of a device's home.
type home struct {
	has map[fact.Place]bool
	tip *node // nil: nothing written yet
}

// modelStream is the facts of all copies of a device in a namespace, and those that the journal has.
type modelStream struct {
	device  device
	ns      fact.Namespace
	written []*node // everywhere; each behind what it follows
	byRow   map[fact.Place]*node
	homes   []*home

	arrived []*node // in the journal, in the order of their numbers
	tip     *node
	forked  bool

	void map[uint64]bool // by number, far beyond those that arrived

	fork    uint64 // the least place of a fact with which, or after which, several branches were open
	counted int    // how many of arrived fork considers
}

// forkedAt returns fork for all that arrived.
func (s *modelStream) forkedAt() uint64 {
	for ; s.counted < len(s.arrived); s.counted++ {
		if seq := s.arrived[s.counted].Seq; len(newest(s.arrived[:s.counted+1])) > 1 && (s.fork == 0 || seq < s.fork) {
			s.fork = seq
		}
	}
	return s.fork
}

func newModelStream(d device, ns fact.Namespace) *modelStream {
	return &modelStream{device: d, ns: ns, byRow: map[fact.Place]*node{}, homes: []*home{{has: map[fact.Place]bool{}}}}
}

func (s *modelStream) add(n *node) {
	s.written = append(s.written, n)
	s.byRow[n.Row()] = n
}

// begin lets the first copy write facts of the first format.
func (s *modelStream) begin(facts int) {
	for i := range facts {
		s.addPlain(s.device.record(s.ns, uint64(i+1), aura.Logical(2*i+1), fmt.Sprint("plain ", i)))
	}
}

// addPlain adds a fact of the first format to the first copy.
func (s *modelStream) addPlain(r fact.Record) *node {
	h := s.homes[0]
	n := newNode(r, nil)
	if h.tip != nil {
		n = newNode(r, []*node{h.tip})
	}
	s.add(n)
	h.tip = n
	h.has[n.Row()] = true
	return n
}

// write lets a copy write its next fact.
func (s *modelStream) write(h *home, random *rand.Rand, merging float64) {
	var has []*node
	for _, n := range s.written {
		if h.has[n.Row()] {
			has = append(has, n)
		}
	}
	heads := newest(has)
	var preds []*node
	if len(heads) > 0 {
		own := slices.IndexFunc(heads, func(n *node) bool { return h.tip != nil && n.behind[h.tip.Row()] })
		if own < 0 {
			own = random.IntN(len(heads))
		}
		preds = append(preds, heads[own])
		if random.Float64() < merging {
			for i, n := range heads {
				if i != own && len(preds) < fact.MaxHeads && random.IntN(4) > 0 {
					preds = append(preds, n)
				}
			}
		}
	}
	logical := aura.Logical(0)
	for _, p := range preds {
		logical = max(logical, p.Fact.Logical)
	}
	n := s.device.chained(s.ns, preds, logical+1+aura.Logical(random.IntN(3)), random)
	s.add(n)
	h.tip = n
	maps.Copy(h.has, n.behind)
}

// restore adds a copy that has what some older facts follow, which may be nothing at all.
func (s *modelStream) restore(random *rand.Rand) {
	h := &home{has: map[fact.Place]bool{}}
	for range random.IntN(3) {
		if len(s.written) > 0 {
			back := len(s.written) - 1 - random.IntN(min(len(s.written), 1+random.IntN(12)))
			maps.Copy(h.has, s.written[back].behind)
		}
	}
	if len(s.homes) > 3 {
		s.homes = s.homes[1:]
	}
	s.homes = append(s.homes, h)
}

// part lets copies write facts of the first format, apart from each other, and adds the rows of receivers that took any fact
// at the next place.
func (s *modelStream) part(facts int, random *rand.Rand) {
	for range facts {
		h := s.homes[random.IntN(len(s.homes))]
		switch random.IntN(4) {
		case 0: // a copy is made
			old := &home{tip: h.tip, has: map[fact.Place]bool{}}
			for back := random.IntN(4); back > 0 && old.tip != nil; back-- {
				if len(old.tip.follows) == 0 {
					old.tip = nil
				} else {
					old.tip = old.tip.follows[0]
				}
			}
			if old.tip != nil {
				maps.Copy(old.has, old.tip.behind)
			}
			s.homes = append(s.homes, old)
		case 1: // a receiver has a fact of one copy behind one of another
			if len(s.written) == 0 {
				continue
			}
			before, next := s.written[random.IntN(len(s.written))], s.written[random.IntN(len(s.written))]
			n := newNode(next.Record, []*node{before})
			if next.Seq == before.Seq+1 && next.Fact.Logical > before.Fact.Logical && s.byRow[n.Row()] == nil {
				s.add(n)
			}
		default:
			seq, logical := uint64(1), aura.Logical(0)
			var follows []*node
			if h.tip != nil {
				seq, logical, follows = h.tip.Seq+1, h.tip.Fact.Logical, []*node{h.tip}
			}
			r := s.device.record(s.ns, seq, logical+1+aura.Logical(random.IntN(3)), fmt.Sprintf("plain %x", random.Uint64()))
			n := newNode(r, follows)
			s.add(n)
			h.tip = n
			maps.Copy(h.has, n.behind)
		}
	}
}

func (s *modelStream) has(p fact.Place) bool {
	return slices.ContainsFunc(s.arrived, func(n *node) bool { return n.Row() == p })
}

// hasFact reports whether a fact is in the journal, in whatever row.
func (s *modelStream) hasFact(id aura.FactID) bool {
	return slices.ContainsFunc(s.arrived, func(n *node) bool { return n.ID == id })
}

// take is the arrival of a fact: what the journal must say of it.
func (s *modelStream) take(n *node) aura.Kind {
	if s.has(n.Row()) {
		return 0
	}
	after := aura.Logical(0)
	for _, p := range n.follows {
		if !s.has(p.Row()) || n.plain() && (!p.plain() || p.Seq+1 != n.Seq) {
			return aura.Unavailable
		}
		after = max(after, p.Fact.Logical)
	}
	if s.hasFact(n.ID) {
		again := 1
		for _, a := range s.arrived {
			if a.Again {
				again++
			}
		}
		if again > fact.MaxHeads*(len(s.arrived)+1-again) {
			return aura.Exhausted
		}
	}
	if n.Fact.Logical <= after {
		return aura.Invalid
	}
	all := append(slices.Clip(s.arrived), n)
	heads := len(newest(all))
	if heads > fact.MaxHeads {
		return aura.Exhausted
	}
	if s.tip == nil || slices.ContainsFunc(n.follows, func(p *node) bool { return p.Row() == s.tip.Row() }) {
		s.tip = n
	}
	n.Again = s.hasFact(n.ID)
	s.arrived, s.forked = all, s.forked || heads > 1
	return 0
}

// model is what a journal with several streams must say.
type model struct {
	t       *testing.T
	seed    uint64
	random  *rand.Rand
	voiding *rand.Rand // beside the other, which a test without void facts shares
	streams []*modelStream
	all     []*node // in the order of positions, but for those of snapshots
	step    int

	snapshots int
	left      int    // so many were collected
	revised   uint64 // eras that ended
}

func newModel(t *testing.T, seed uint64, streams ...*modelStream) *model {
	return &model{t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 7)), voiding: rand.New(rand.NewPCG(seed, 8)), streams: streams}
}

func (m *model) fatalf(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, step %d: %s", m.seed, m.step, fmt.Sprintf(format, args...))
}

// of returns the stream of a fact.
func (m *model) of(f *fact.Fact) *modelStream {
	for _, s := range m.streams {
		if s.device.id == f.Device && s.ns == f.Namespace {
			return s
		}
	}
	return nil
}

// accept plays an entry and its answer.
func (m *model) accept(e *journal.Entry, records []fact.Record, err error) {
	m.t.Helper()
	before := make([]modelStream, len(m.streams))
	for i, s := range m.streams {
		before[i] = *s
	}
	all := m.all
	for i := range e.Drafts {
		if err == nil {
			all = append(all, m.draft(&records[i]))
			continue
		}
		// A draft is never refused here, so it is a received fact behind it: any fact in its place will do.
		s := m.of(&fact.Fact{Namespace: e.Drafts[i].Namespace, Device: self.id})
		s.take(self.chained(s.ns, newest(s.arrived), 1<<20, m.random))
	}
	want := aura.Kind(0)
	for i := range e.Foreign {
		in := &e.Foreign[i]
		s := m.of(&in.Fact)
		n := s.byRow[in.Row()]
		was := len(s.arrived)
		if want = s.take(n); want != 0 {
			break
		}
		if len(s.arrived) > was {
			all = append(all, n)
		}
	}
	var gap *journal.GapError
	if errors.As(err, &gap) != (want == aura.Unavailable) {
		m.fatalf("the answer is %v, want %v", err, want)
	}
	if aura.KindOf(err) != want {
		m.fatalf("the answer is %v, want %v", err, want)
	}
	if err != nil {
		for i, s := range m.streams {
			*s = before[i]
		}
		return
	}
	for i := range e.Void {
		m.setVoid(&e.Void[i])
	}
	for i, n := range all[len(m.all):] {
		if n.Again {
			continue
		}
		if len(records) == 0 || records[0].ID != n.ID || records[0].Position != fact.Position(len(m.all)+m.snapshots+i+1) {
			m.fatalf("the new records are %v, want first %v", records, n)
		}
		records = records[1:]
	}
	if len(records) > 0 {
		m.fatalf("%d records too many are new", len(records))
	}
	m.all = all
}

// draft plays an own fact that the journal made: it follows all heads, its own branch first.
func (m *model) draft(r *fact.Record) *node {
	m.t.Helper()
	s := m.of(&r.Fact)
	heads := newest(s.arrived)
	want := named(heads)
	got := slices.Clone(r.Fact.Merges)
	if got == nil && r.Fact.Seq > 1 {
		got = []fact.Place{{Seq: r.Fact.Seq - 1, ID: r.Fact.Prev}}
	}
	if len(got) > 1 && got[0] != s.tip.Row() {
		m.fatalf("the own fact at place %d goes on with %v, the own branch is %v", r.Seq, got[0], s.tip.Row())
	}
	slices.SortFunc(got, fact.Place.Compare)
	slices.SortFunc(want, fact.Place.Compare)
	if !slices.Equal(got, want) {
		m.fatalf("the own fact at place %d follows %v, want %v", r.Seq, got, want)
	}
	n := newNode(*r, heads)
	s.add(n)
	if kind := s.take(n); kind != 0 {
		m.fatalf("the own fact at place %d is %v", r.Seq, kind)
	}
	return n
}

// check compares all answers of a journal.
func (m *model) check(tc task.Context, j opened) {
	m.t.Helper()
	if j.Head() != fact.Position(len(m.all)) {
		m.fatalf("the head is %d, want %d", j.Head(), len(m.all))
	}
	for _, s := range m.streams {
		m.checkHeads(j, s)
		m.checkBehind(j, s)
		m.checkThrough(j, s)
		m.checkHeld(j, s)
		m.checkEvidence(j, s)
		m.checkFacts(j, s)
		m.checkBeyond(j, s)
	}
	if got := j.Era(); got != 1+m.revised {
		m.fatalf("era %d, want %d", got, 1+m.revised)
	}
	m.checkReads(tc, j)
}

func (m *model) checkHeads(j opened, s *modelStream) {
	m.t.Helper()
	if n := j.Count(s.ns, s.device.id); n != uint64(len(s.arrived)) {
		m.fatalf("%d facts, want %d", n, len(s.arrived))
	}
	if j.Branched(s.ns, s.device.id) != s.forked {
		m.fatalf("branched: %v", !s.forked)
	}
	heads, err := j.Heads(s.ns, s.device.id)
	if err != nil {
		m.fatalf("heads: %v", err)
	}
	var want []fact.Place
	for _, n := range newest(s.arrived) {
		want = append(want, n.Row())
	}
	if len(heads) > 0 && heads[0] != s.tip.Row() {
		m.fatalf("the first head is %v, the branch that went on last is %v", heads[0], s.tip.Row())
	}
	slices.SortFunc(heads, fact.Place.Compare)
	slices.SortFunc(want, fact.Place.Compare)
	if !slices.Equal(heads, want) {
		m.fatalf("heads %v, want %v", heads, want)
	}
}

// shown reports whether two facts that name what they follow, of those that came, follow one fact both, or none.
func (s *modelStream) shown() bool {
	for i, a := range s.arrived {
		for _, b := range s.arrived[:i] {
			if !a.plain() && !b.plain() && haveCommon(a, b) {
				return true
			}
		}
	}
	return false
}

func haveCommon(a, b *node) bool {
	return len(a.follows)+len(b.follows) == 0 || slices.ContainsFunc(named(a.follows), func(p fact.Place) bool {
		return slices.Contains(named(b.follows), p)
	})
}

// checkEvidence: a stream has two facts that show a fork as soon as there are such.
func (m *model) checkEvidence(j opened, s *modelStream) {
	m.t.Helper()
	e, found, err := j.Evidence(s.ns, s.device.id)
	if err != nil || found != s.shown() {
		m.fatalf("evidence of a fork: %v, %v, want %v", found, err, s.shown())
	}
	if !found {
		return
	}
	var pair []*node
	for _, n := range s.arrived {
		if p := e.Places(); n.Place() == p[0] || n.Place() == p[1] {
			pair = append(pair, n)
		}
	}
	if len(pair) != 2 || pair[0].behind[pair[1].Row()] || pair[1].behind[pair[0].Row()] {
		m.fatalf("the evidence has %d facts of the stream, or one is behind the other", len(pair))
	}
	if !haveCommon(pair[0], pair[1]) {
		m.fatalf("the two facts of the evidence follow no fact both")
	}
}

func (m *model) checkBehind(j opened, s *modelStream) {
	m.t.Helper()
	for range 8 {
		var named, unknown []fact.Place
		union := map[fact.Place]bool{}
		for range m.random.IntN(5) {
			switch {
			case m.random.IntN(5) == 0:
				p := fact.Place{Seq: uint64(m.random.IntN(len(s.arrived) + 3)), ID: [16]byte{byte(m.random.Uint32()), 1}}
				named, unknown = append(named, p), append(unknown, p)
			case len(s.written) > 0: // the newer the likelier
				n := s.written[len(s.written)-1-m.random.IntN(1+m.random.IntN(len(s.written)))]
				if named = append(named, n.Row()); s.has(n.Row()) {
					maps.Copy(union, n.behind)
				} else {
					unknown = append(unknown, n.Row())
				}
			}
		}
		want := 0
		for want < len(s.arrived) && union[s.arrived[want].Row()] {
			want++
		}
		got, others, err := j.Behind(s.ns, s.device.id, named)
		if err != nil || got != uint64(want) || !slices.Equal(others, unknown) {
			m.fatalf("behind %v: %d and unknown %v, %v; want %d and %v", named, got, others, err, want, unknown)
		}
	}
	all, err := j.Heads(s.ns, s.device.id)
	if err != nil {
		m.fatalf("heads: %v", err)
	}
	if got, unknown, err := j.Behind(s.ns, s.device.id, all); err != nil || got != uint64(len(s.arrived)) || unknown != nil {
		m.fatalf("behind all heads: %d, %v, %v", got, unknown, err)
	}
}

// exactStretches is how many stretches with one head a stream may have so that Through is exact at their ends.
const exactStretches = 32

func (m *model) checkThrough(j opened, s *modelStream) {
	m.t.Helper()
	stretches, calm := 1, true // of the facts up to n
	for n := 0; n <= len(s.arrived)+1; n++ {
		known := min(n, len(s.arrived))
		if n > 0 && n <= len(s.arrived) {
			was := calm
			if calm = len(newest(s.arrived[:n])) == 1; calm && !was {
				stretches++
			}
		}
		want := uint64(0) // the greatest place that no later fact has
		if n > 0 {
			for _, a := range s.arrived {
				want = max(want, a.Seq)
			}
			for _, a := range s.arrived[known:] {
				want = min(want, a.Seq-1)
			}
		}
		got, err := j.Through(s.ns, s.device.id, uint64(n))
		if err != nil || got.Seq > want || got.Seq < want && calm && stretches <= exactStretches {
			m.fatalf("through %d: place %d, %v; want %d, calm %v", n, got.Seq, err, want, calm)
		}
		var last fact.Place
		for _, a := range s.arrived[:known] {
			if a.Seq == got.Seq {
				last = a.Place()
			}
		}
		if got != last {
			m.fatalf("through %d: %v, the last one at its place is %v", n, got, last)
		}
	}
}

func (m *model) checkHeld(j opened, s *modelStream) {
	m.t.Helper()
	seqs := make([]uint64, m.random.IntN(5))
	var want []fact.Place
	for i := range seqs {
		seqs[i] = uint64(m.random.IntN(len(s.arrived) + 3))
		for _, a := range s.arrived {
			if a.Seq == seqs[i] {
				want = append(want, a.Row())
			}
		}
	}
	got, err := j.Held(s.ns, s.device.id, seqs)
	if err != nil || !slices.Equal(got, want) {
		m.fatalf("held at %v: %v, %v; want %v", seqs, got, err, want)
	}
}

func (m *model) checkFacts(j opened, s *modelStream) {
	m.t.Helper()
	from, limit := 1+m.random.IntN(len(s.arrived)+2), 1+m.random.IntN(2+len(s.arrived))
	got, err := j.ByAuthor(s.ns, s.device.id, uint64(from), limit)
	if err != nil {
		m.fatalf("facts from %d: %v", from, err)
	}
	want := s.arrived[min(from-1, len(s.arrived)):min(from-1+limit, len(s.arrived))]
	for i := range want {
		if len(got) != len(want) || got[i].ID != want[i].ID || got[i].Seq != want[i].Seq || got[i].Number != uint64(from+i) ||
			got[i].Void != s.void[got[i].Number] {
			m.fatalf("facts from %d, at most %d: %v", from, limit, got)
		}
		if before, err := j.Before(&got[i]); err != nil || want[i].plain() && before != want[i].Before || got[i].Again != want[i].Again {
			m.fatalf("fact %d is behind %x, again %v, %v; want %x, %v", from+i, before, got[i].Again, err, want[i].Before, want[i].Again)
		}
	}
	var counting []uint64
	for i := range s.arrived {
		if n := uint64(i + 1); !s.void[n] {
			counting = append(counting, n)
		}
	}
	newest, err := j.Newest(s.ns, s.device.id, limit)
	numbers := make([]uint64, len(newest))
	for i := range newest {
		numbers[i] = newest[i].Number
	}
	if counting = counting[max(0, len(counting)-limit):]; err != nil || !slices.Equal(numbers, counting) {
		m.fatalf("the newest %d that count are %v, %v; want %v", limit, numbers, err, counting)
	}
	if len(s.written) > 0 {
		n := s.written[m.random.IntN(len(s.written))]
		if r, ok, err := j.Fact(n.ID); err != nil || ok != s.hasFact(n.ID) || ok && r.ID != n.ID {
			m.fatalf("fact at place %d: found %v, %v", n.Seq, ok, err)
		}
		if has, err := j.Has(s.ns, s.device.id, n.Place()); err != nil || has != slices.ContainsFunc(s.arrived, func(a *node) bool { return a.Place() == n.Place() && !a.Again }) {
			m.fatalf("has the fact at place %d: %v, %v", n.Seq, has, err)
		}
		if has, err := j.Has(s.ns, s.device.id, n.Row()); err != nil || has != s.has(n.Row()) {
			m.fatalf("has the row through place %d: %v, %v", n.Seq, has, err)
		}
	}
}

// checkReads compares the newest facts in causal order, and a plain read.
func (m *model) checkReads(tc task.Context, j opened) {
	m.t.Helper()
	for _, last := range []int{1, 1 + m.random.IntN(6), 1 + m.random.IntN(len(m.all)+2), len(m.all) + 1} {
		sel := fact.Selection{Namespaces: []fact.Namespace{pair}, Last: last, Causal: true}
		if m.random.IntN(2) == 0 {
			sel.After = fact.Position(m.random.IntN(len(m.all) + 1))
		}
		if m.random.IntN(2) == 0 {
			sel.Through = fact.Position(1 + m.random.IntN(len(m.all)+1))
		}
		var want []fact.Record
		for i, n := range m.all {
			r := n.Record
			r.Position, r.Void = fact.Position(i+1), false
			if !r.Again && sel.Selects(&r) && !m.isVoid(n) {
				want = append(want, r)
			}
		}
		slices.SortFunc(want, func(a, b fact.Record) int { return fact.Compare(&a, &b) })
		want = want[max(0, len(want)-last):]
		slices.SortFunc(want, func(a, b fact.Record) int { return cmp.Compare(a.Position, b.Position) })
		if got := j.read(m.t, tc, sel); !slices.Equal(places(got), places(want)) {
			m.fatalf("the newest %d after %d through %d are %v, want %v", last, sel.After, sel.Through, places(got), places(want))
		}
	}
	m.checkRead(j.read(m.t, tc, fact.Selection{}), slices.DeleteFunc(m.records(), m.isVoid))
	last := 1 + m.voiding.IntN(len(m.all)+2)
	want := slices.DeleteFunc(m.records(), m.isVoid)
	m.checkRead(j.read(m.t, tc, fact.Selection{Last: last}), want[max(0, len(want)-last):])
	var stored []fact.Record
	if _, err := j.ReadStored(tc, fact.Selection{}, func(r fact.Record) error {
		stored = append(stored, r)
		return nil
	}); err != nil {
		m.fatalf("%v", err)
	}
	m.checkRead(stored, m.records())
}

// records returns the facts that came, each once.
func (m *model) records() []*node {
	return slices.DeleteFunc(slices.Clone(m.all), func(n *node) bool { return n.Again })
}

func (m *model) checkRead(got []fact.Record, want []*node) {
	m.t.Helper()
	if len(got) != len(want) {
		m.fatalf("%d records are read, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].ID != want[i].ID || got[i].Void != m.isVoid(want[i]) {
			m.fatalf("record %d is %v, void %v; want %v", i+1, got[i].ID, got[i].Void, want[i].ID)
		}
		m.checkMarks(&got[i])
	}
}

// checkMarks compares what a record says about the branches of its stream.
func (m *model) checkMarks(r *fact.Record) {
	m.t.Helper()
	s := m.of(&r.Fact)
	if !s.forked {
		if r.Fork != 0 || r.Sole {
			m.fatalf("the record at %d of a stream with one branch says %d, %v", r.Position, r.Fork, r.Sole)
		}
		return
	}
	fork, sole := s.forkedAt(), true
	for _, n := range s.arrived[:r.Number] {
		sole = sole && s.arrived[r.Number-1].behind[n.Row()]
	}
	if r.Fork != fork || r.Sole && !sole || sole && !r.Sole && len(s.arrived) <= exactStretches {
		m.fatalf("the record at %d says %d, %v; want %d, %v", r.Position, r.Fork, r.Sole, fork, sole)
	}
}

// habits say what the copies and the way between them do, as shares of one.
type habits struct {
	restoring float64 // a copy is made, per step
	learning  float64 // a copy gets the facts of another, per step
	merging   float64 // a fact joins most heads that its copy has
	spoiled   float64 // an entry has a fact that is refused
	voiding   float64 // an entry says anew which facts are void
	sorted    bool    // facts arrive as they were written
	steps     int
}

// write lets copies be made, learn and write.
func (m *model) write(h *habits) {
	for _, s := range m.streams {
		if m.random.Float64() < h.restoring {
			s.restore(m.random)
		}
		if m.random.Float64() < h.learning {
			into, from := s.homes[m.random.IntN(len(s.homes))], s.homes[m.random.IntN(len(s.homes))]
			maps.Copy(into.has, from.has)
		}
		for range m.random.IntN(3) {
			s.write(s.homes[m.random.IntN(len(s.homes))], m.random, h.merging)
		}
	}
}

// entry returns an entry of drafts and of facts that arrive, whole or spoiled.
func (m *model) entry(h *habits) *journal.Entry {
	e := &journal.Entry{}
	for range m.random.IntN(6) - 3 {
		e.Drafts = append(e.Drafts, draft(pair, "chat.message", fmt.Sprint(m.random.Uint64())))
	}
	// The facts that the entry before would bring are not known here, so this is a guess, and some are gaps.
	s := m.streams[m.random.IntN(len(m.streams))]
	for _, n := range s.written {
		if s.has(n.Row()) {
			if m.random.IntN(20) == 0 {
				e.Foreign = append(e.Foreign, n.Record)
			}
			continue
		}
		behind := !slices.ContainsFunc(s.written, func(p *node) bool {
			return p != n && n.behind[p.Row()] && !s.has(p.Row()) && !slices.ContainsFunc(e.Foreign, func(r fact.Record) bool { return r.Row() == p.Row() })
		})
		if behind && (h.sorted || m.random.IntN(3) > 0) || m.random.Float64() < h.spoiled/20 {
			e.Foreign = append(e.Foreign, n.Record)
		}
		if len(e.Foreign) > 12 || h.sorted && m.random.IntN(4) == 0 {
			break
		}
	}
	if len(s.written) > 0 && m.random.Float64() < h.spoiled {
		e.Foreign = append(e.Foreign, m.spoiled(s))
	}
	if len(s.arrived) > 0 && m.voiding.Float64() < h.voiding {
		e.Void = append(e.Void, journal.Void{Namespace: s.ns, Device: s.device.id, Ranges: m.ranges()})
	}
	return e
}

// spoiled returns a fact that mostly must be refused: it follows one that is nowhere, it is not later than the one before it, it
// is of the first format and follows one that is not. One that is said to be at another place than before is no harm.
func (m *model) spoiled(s *modelStream) fact.Record {
	before := s.written[m.random.IntN(len(s.written))]
	var n *node
	switch m.random.IntN(4) {
	case 0:
		absent := *before
		absent.ID[0] ^= 0x55
		n = s.device.chained(s.ns, []*node{&absent}, before.Fact.Logical+1, m.random)
	case 1:
		n = s.device.chained(s.ns, []*node{before}, before.Fact.Logical, m.random)
	case 2:
		other := s.written[m.random.IntN(len(s.written))]
		if other.plain() && before.plain() {
			moved := other.Record
			moved.Seq = before.Seq + 1
			n = newNode(moved, []*node{before})
			break
		}
		fallthrough
	default:
		n = newNode(s.device.record(s.ns, before.Seq, before.Fact.Logical, "another"), before.follows[:min(1, len(before.follows))])
	}
	s.byRow[n.Row()] = n
	return n.Record
}

// play runs one world: copies write, facts arrive in groups of entries, and the journal is closed and crashes. It returns
// the disk.
func (m *model) play(tc task.Context, h *habits, disk *journal.Faulty) *journal.Faulty {
	m.t.Helper()
	j := open(m.t, tc, disk)
	for m.step = range h.steps {
		m.write(h)
		m.bound(tc, j, h)
		var waiting []*journal.Pending
		var entries []*journal.Entry
		for range 1 + m.random.IntN(3) {
			e := m.entry(h)
			p, err := j.Submit(tc, e)
			if err != nil {
				m.fatalf("submit: %v", err)
			}
			waiting, entries = append(waiting, p), append(entries, e)
		}
		for i, p := range waiting {
			records, err := p.Await(tc)
			m.accept(entries[i], records, err)
		}
		m.check(tc, j)
		switch m.random.IntN(8) {
		case 0:
			j.close(m.t, tc)
			disk = disk.Crash()
			j = open(m.t, tc, disk)
			m.check(tc, j)
		case 1:
			disk = disk.Crash()
			if err := j.group.Close(tc, time.Minute); err != nil {
				m.fatalf("the writer ends: %v", err)
			}
			j = open(m.t, tc, disk)
			m.check(tc, j)
		}
	}
	j.close(m.t, tc)
	return disk.Crash()
}

// TestBranchesAreThoseOfTheModel lets copies of two devices write, one of them that of the journal itself, and brings
// their facts in any order that puts each behind those that it follows. Duplicates, gaps and facts with other
// predecessors are among them. After each step all that the journal says of its streams is what the model says.
func TestBranchesAreThoseOfTheModel(t *testing.T) {
	for name, h := range map[string]habits{
		"own clone":       {spoiled: 0.2, sorted: true, steps: 20},
		"two live copies": {restoring: 0.05, learning: 0.5, merging: 0.8, spoiled: 0.2, sorted: true, steps: 40},
		"restored often":  {restoring: 0.5, learning: 0.5, merging: 1, spoiled: 0.1, sorted: true, steps: 60},
		"any order":       {restoring: 0.3, learning: 0.3, merging: 0.5, spoiled: 0.3, steps: 40},
		"never joined":    {restoring: 0.7, learning: 0.1, merging: 0.02, spoiled: 0.1, steps: 40},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range soak(8) {
				m := newModel(t, seed, newModelStream(peer, pair), newModelStream(self, pair))
				if seed%2 == 1 {
					m.streams[0].begin(int(seed))
					m.streams[0].part(4*int(seed), m.random)
				}
				if seed%4 == 3 {
					m.streams[1].part(12, m.random)
				}
				simulate(t, seed, func(tc task.Context) { m.play(tc, &h, journal.NewFaulty(entropy(seed), journal.Faults{})) })
			}
		})
	}
}

// TestAJournalOfFormat1GoesOnAsTheModel continues the streams that a program of the first format left, with clones of
// both devices.
func TestAJournalOfFormat1GoesOnAsTheModel(t *testing.T) {
	h := habits{restoring: 0.1, learning: 0.5, merging: 0.8, spoiled: 0.4, steps: 20}
	for seed := range soak(4) {
		m := newModel(t, seed)
		for _, ns := range []fact.Namespace{pair, crew, own} {
			m.streams = append(m.streams, newModelStream(self, ns))
		}
		m.streams = append(m.streams, newModelStream(peer, pair))
		simulate(t, seed, func(tc task.Context) {
			disk := formatOne(t, tc).(*journal.Faulty)
			j := open(t, tc, disk)
			for _, r := range j.read(t, tc, fact.Selection{}) {
				m.all = append(m.all, m.of(&r.Fact).addPlain(r))
			}
			for _, s := range m.streams {
				s.arrived, s.tip = s.written, s.homes[0].tip
			}
			m.check(tc, j)
			j.close(t, tc)
			m.play(tc, &h, disk.Crash())
		})
	}
}

// soak returns how many seeds a test runs: n, unless the environment asks for more.
func soak(n uint64) uint64 {
	if more, err := strconv.ParseUint(os.Getenv("JOURNAL_TEST_SEEDS"), 10, 64); err == nil {
		return more
	}
	return n
}

// TestCollectedBranchesStayCollected replaces the facts up to some position by a snapshot, wherever that cuts the branches.
// The rest is read as before, replaced facts do not come back, and every branch goes on.
func TestCollectedBranchesStayCollected(t *testing.T) {
	h := habits{restoring: 0.2, learning: 0.5, merging: 0.6, steps: 12}
	for seed := range soak(40) {
		m := newModel(t, seed, newModelStream(peer, pair), newModelStream(self, pair))
		simulate(t, seed, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(seed), journal.Faults{})
			disk = m.play(tc, &h, disk)
			j := open(t, tc, disk)
			for range 3 {
				m.collect(tc, j)
				m.step++
				var last []*node
				for _, s := range m.streams {
					for _, n := range newest(s.arrived) {
						next := s.device.chained(s.ns, []*node{n}, n.Fact.Logical+1, m.random)
						s.add(next)
						last = append(last, next)
					}
				}
				e := entryOf(last...)
				records, err := j.Append(tc, e)
				m.accept(e, records, err)
				m.checkLeft(tc, j)
				j.close(t, tc)
				disk = disk.Crash()
				j = open(t, tc, disk)
				m.checkLeft(tc, j)
			}
			j.close(t, tc)
		})
	}
}

// collect replaces some of the facts by a snapshot.
func (m *model) collect(tc task.Context, j opened) {
	m.t.Helper()
	there := j.read(m.t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}})
	last := there[m.random.IntN(len(there))]
	through := slices.IndexFunc(m.all, func(n *node) bool { return n.ID == last.ID }) + 1
	d, err := j.Snapshot(tc, pair, last.Position, nil)
	if err != nil {
		m.fatalf("snapshot through %d: %v", through, err)
	}
	e := &journal.Entry{Drafts: []fact.Draft{d}}
	records := j.append(m.t, tc, e)
	m.snapshots++
	if _, err := j.Collect(tc, records[0].ID); err != nil {
		m.fatalf("collect through %d: %v", through, err)
	}
	m.left = through
	m.checkLeft(tc, j)
}

// checkLeft compares the facts that are left, and brings all facts again.
func (m *model) checkLeft(tc task.Context, j opened) {
	m.t.Helper()
	var want []fact.Record
	for _, n := range m.all[m.left:] {
		want = append(want, n.Record)
	}
	slices.SortFunc(want, func(a, b fact.Record) int { return fact.Compare(&a, &b) })
	for _, last := range []int{1, 1 + m.random.IntN(len(want)+1), len(want) + 5} {
		got := j.read(m.t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}, Last: last, Causal: true})
		slices.SortFunc(got, func(a, b fact.Record) int { return fact.Compare(&a, &b) })
		same := slices.EqualFunc(got, want[max(0, len(want)-last):], func(a, b fact.Record) bool { return a.ID == b.ID })
		if !same {
			m.fatalf("the newest %d of %d after %d were collected: %d records", last, len(want), m.left, len(got))
		}
	}
	for _, s := range m.streams {
		if got, want := j.heads(m.t, s.ns, s.device), placesOf(newest(s.arrived)...); len(got) != len(want) {
			m.fatalf("heads %v, want %v", got, want)
		}
		for _, n := range s.arrived {
			if records, err := j.Append(tc, entryOf(n)); err != nil || len(records) > 0 {
				m.fatalf("the fact at place %d again, after %d were collected: %d new, %v", n.Seq, m.left, len(records), err)
			}
		}
	}
}
