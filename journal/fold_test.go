package journal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// tableCheckpoint is the first byte of the store keys of checkpoints.
const tableCheckpoint = 0x0b

var messages = fact.Selection{Kinds: []string{"chat.message"}}

// keep appends the checkpoint of a fold, which must be due.
func keep(t *testing.T, tc task.Context, j opened, f *journal.Fold) {
	t.Helper()
	c, due, err := f.Due()
	if err != nil || !due {
		t.Fatalf("a checkpoint of %s is due: %v, %v", f.Name(), due, err)
	}
	j.append(t, tc, &journal.Entry{Checkpoints: []journal.Checkpoint{c}})
}

func say(t *testing.T, tc task.Context, j opened, from, n int) {
	t.Helper()
	for i := range n {
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", fmt.Sprint(from+i))}})
	}
}

func TestFoldStartsFromItsCheckpoint(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		store := &counter{Store: journal.NewFaulty(entropy(2), journal.Faults{})}
		j := open(t, tc, store)
		say(t, tc, j, 0, 100)
		_, f, err := loaded(tc, j, "view.words", messages)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, tc, j, f)
		say(t, tc, j, 100, 1)
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.noted", "of no registered kind")}})
		store.values = 0
		got, _, err := loaded(tc, j, "view.words", messages)
		if err != nil {
			t.Fatal(err)
		}
		if store.values > 10 {
			t.Errorf("a fold with a checkpoint read %d values for two facts", store.values)
		}
		want, _, err := loaded(tc, j, "", messages)
		if err != nil || got.text() != want.text() {
			t.Errorf("from the checkpoint %q, from the start %q, %v", got.text(), want.text(), err)
		}
		j.close(t, tc)
	})
}

// reworded is what another version of the program makes of the same facts.
type reworded struct {
	words
	version int
}

func (w reworded) Version() int         { return w.version }
func (w reworded) Apply(r *fact.Record) { w.words[strings.ToUpper(string(r.Fact.Payload))] = true }

func TestCheckpointOfAnotherFoldIsNotRestored(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		for range 70 {
			j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x"), draft(pair, "chat.starred", "star")}})
		}
		_, f, err := loaded(tc, j, "view.words", messages)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, tc, j, f)

		for version, want := range map[int]string{1: "x", 2: "X"} {
			w := reworded{words{}, version}
			if err := journal.NewFold("view.words", messages, w, new(task.Mutex)).Load(tc, j.Journal); err != nil || w.text() != want {
				t.Errorf("version %d folded %q, %v; want %q", version, w.text(), err, want)
			}
		}
		w, _, err := loaded(tc, j, "view.words", fact.Selection{Kinds: []string{"chat.*"}})
		if err != nil || w.text() != "star\nx" {
			t.Errorf("a fold of more kinds has %q, %v", w.text(), err)
		}
		_, f, err = loaded(tc, j, "view.stars", fact.Selection{Kinds: []string{"chat.*"}})
		if err != nil {
			t.Fatal(err)
		}
		keep(t, tc, j, f)
		j.close(t, tc)

		// A program that knows one more kind, which facts on the disk have already.
		o := options()
		if err := o.Registry.Register(fact.Domain{Name: "stars", Kinds: []fact.Kind{{Name: "chat.starred"}}}); err != nil {
			t.Fatal(err)
		}
		store := &counter{Store: disk.Crash()}
		j, err = tryOpen(tc, store, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := loaded(tc, j, "view.stars", fact.Selection{Kinds: []string{"chat.*"}}); err != nil {
			t.Fatal(err)
		}
		if store.values < 140 {
			t.Errorf("a checkpoint from before the kind was known was restored: %d values read", store.values)
		}
		j.close(t, tc)
	})
}

// TestAKindThatBecomesKnownConcernsTheFoldsThatSelectIt: a program learns a kind of which facts are on the disk.
// Folds that select it, by name, by pattern or because they select everything, read the facts anew; the others
// go on from their checkpoints.
func TestAKindThatBecomesKnownConcernsTheFoldsThatSelectIt(t *testing.T) {
	for name, c := range map[string]struct {
		selection fact.Selection
		anew      bool
	}{
		"everything":          {fact.Selection{}, true},
		"one namespace":       {fact.Selection{Namespaces: []fact.Namespace{pair}}, true},
		"its domain":          {fact.Selection{Kinds: []string{"chat.*"}}, true},
		"another kind":        {messages, false},
		"kinds of no program": {fact.Selection{Kinds: []string{"chat.message", "poll.*"}}, false},
	} {
		simulate(t, 1, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			j := open(t, tc, disk)
			for range 70 {
				j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x"), draft(pair, "chat.starred", "star")}})
			}
			_, f, err := loaded(tc, j, "view", c.selection)
			if err != nil {
				t.Fatal(err)
			}
			keep(t, tc, j, f)
			j.close(t, tc)

			o := options()
			if err := o.Registry.Register(fact.Domain{Name: "stars", Kinds: []fact.Kind{{Name: "chat.starred"}}}); err != nil {
				t.Fatal(err)
			}
			store := &counter{Store: disk.Crash()}
			if j, err = tryOpen(tc, store, o); err != nil {
				t.Fatal(err)
			}
			store.values = 0
			if _, _, err := loaded(tc, j, "view", c.selection); err != nil {
				t.Fatal(err)
			}
			if anew := store.values >= 70; anew != c.anew {
				t.Errorf("a fold of %s read %d values: anew is %t", name, store.values, anew)
			}
			j.close(t, tc)
		})
	}
}

func TestDamagedCheckpointIsFoldedAnew(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		say(t, tc, j, 0, 100)
		_, f, err := loaded(tc, j, "view.words", messages)
		if err != nil {
			t.Fatal(err)
		}
		want := fold(t, tc, j, "", pair)
		keep(t, tc, j, f)
		var key, sealed []byte
		if err := disk.Iterate([]byte{tableCheckpoint}, []byte{tableCheckpoint + 1}, func(k, v []byte) error {
			key, sealed = slices.Clone(k), slices.Clone(v)
			return nil
		}); err != nil || key == nil {
			t.Fatalf("no checkpoint on the disk: %v", err)
		}
		for i := 0; i < len(sealed); i += 7 {
			for name, bad := range map[string][]byte{"flipped": flip(sealed, i), "cut": sealed[:i]} {
				var b journal.Batch
				b.Set(key, bad)
				if err := disk.Apply(tc, &b); err != nil {
					t.Fatal(err)
				}
				got, _, err := loaded(tc, j, "view.words", messages)
				if err != nil || got.text() != want {
					t.Fatalf("checkpoint %s at byte %d: folded %d bytes, %v; want %d", name, i, len(got.text()), err, len(want))
				}
			}
		}
		j.close(t, tc)
	})
}

func flip(b []byte, i int) []byte {
	bad := slices.Clone(b)
	bad[i] ^= 0x40
	return bad
}

// refusing reads no saved state.
type refusing struct{ words }

func (refusing) Restore([]byte) error {
	return aura.Errorf("test.Restore", aura.Corrupt, "not a state")
}

func TestStateThatItsReducerRefusesIsFoldedAnew(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		say(t, tc, j, 0, 100)
		_, f, err := loaded(tc, j, "view.words", messages)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, tc, j, f)
		w := refusing{words{}}
		if err := journal.NewFold("view.words", messages, w, new(task.Mutex)).Load(tc, j.Journal); err != nil || len(w.words) != 100 {
			t.Errorf("folded %d words, %v", len(w.words), err)
		}
		j.close(t, tc)
	})
}

func TestCheckpointsFollowTheChange(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		w, f, err := loaded(tc, j, "view.words", messages)
		if err != nil {
			t.Fatal(err)
		}
		j.Attach(f)
		written, facts := 0, 0
		for range 40 {
			// Long words: the state outgrows the least distance between two checkpoints.
			for range 50 {
				facts++
				j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", strings.Repeat("w", 1000)+fmt.Sprint(facts))}})
			}
			c, due, err := f.Due()
			if err != nil {
				t.Fatal(err)
			}
			if due {
				written += len(c.State)
				if c.Position != j.Head() || len(c.State) != len(w.text()) {
					t.Errorf("the checkpoint is at %d of %d", c.Position, j.Head())
				}
			}
			if _, due, _ := f.Due(); due {
				t.Error("a second one is due at once")
			}
		}
		if written == 0 || written > 2*len(w.text()) {
			t.Errorf("%d bytes of checkpoints were written for a state of %d", written, len(w.text()))
		}
		j.close(t, tc)
	})
}

func TestCheckpointFollowsTheHeadThroughFactsOfOthers(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		say(t, tc, j, 0, 1)
		_, f, err := loaded(tc, j, "view.words", messages)
		if err != nil {
			t.Fatal(err)
		}
		j.Attach(f)
		if _, due, _ := f.Due(); due {
			t.Error("a checkpoint is due after one fact")
		}
		e := &journal.Entry{}
		for range 1 << 10 {
			e.Drafts = append(e.Drafts, draft(crew, "chat.noted", "x"))
		}
		for range 1 << 6 {
			j.append(t, tc, e)
		}
		if c, due, err := f.Due(); err != nil || !due || c.Position != j.Head() {
			t.Errorf("after %d facts of no kind of its own: due %v at %d, %v", j.Head(), due, c.Position, err)
		}
		j.close(t, tc)
	})
}

func TestCheckpointsOfUnknownFoldsAreCollected(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		say(t, tc, j, 0, 100)
		before := len(dump(t, disk))
		for _, name := range []string{"view.words", "view.old", "view.older"} {
			_, f, err := loaded(tc, j, name, messages)
			if err != nil {
				t.Fatal(err)
			}
			keep(t, tc, j, f)
		}
		for i, want := range []int{2, 0} {
			if n, err := j.CollectCheckpoints(tc, []string{"view.words", "view.new"}); err != nil || n != want {
				t.Errorf("round %d collected %d checkpoints, %v; want %d", i, n, err, want)
			}
		}
		if n := len(dump(t, disk)); n != before+1 {
			t.Errorf("%d keys are left of %d and three checkpoints", n, before)
		}
		if _, ok, err := j.Checkpoint("view.words"); err != nil || !ok {
			t.Errorf("the known one is gone: %v", err)
		}
		j.close(t, tc)
	})
}

// mortal is a store that dies with its n-th batch: before it takes effect or just after.
type mortal struct {
	journal.Store
	left  int
	after bool
}

func (m *mortal) Apply(tc task.Context, b *journal.Batch) error {
	if m.left--; m.left > 0 {
		return m.Store.Apply(tc, b)
	}
	if m.left == 0 && m.after {
		if err := m.Store.Apply(tc, b); err != nil {
			return err
		}
	}
	return aura.Errorf("test.Apply", aura.Unavailable, "the machine is off")
}

// TestCrashAtEveryBatchLeavesEqualViews appends, keeps checkpoints and collects old ones, and cuts the power
// at each batch in turn. The fold of the next life is that of all facts, and its work goes on.
func TestCrashAtEveryBatchLeavesEqualViews(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at, done := 1, false; !done; at++ {
			if at > 1000 {
				t.Fatal("the story does not end")
			}
			simulate(t, 1, func(tc task.Context) {
				disk := journal.NewFaulty(entropy(2), journal.Faults{})
				err := collectingStory(tc, &mortal{Store: disk, left: at, after: after})
				done = err == nil
				for range 2 { // the second life starts from the checkpoint of the first one
					disk = disk.Crash()
					if err := collectingStory(tc, &mortal{Store: disk, left: 1 << 30}); err != nil {
						t.Fatalf("after a crash at batch %d: %v", at, err)
					}
				}
			})
		}
	}
}

func collectingStory(tc task.Context, store journal.Store) error {
	j, err := tryOpen(tc, store, options())
	if err != nil {
		return err
	}
	defer func() { _ = j.Close(tc); _ = j.group.Close(tc, time.Minute) }()
	kept, f, err := loaded(tc, j, "view.words", messages)
	if err != nil {
		return err
	}
	equal := func() error {
		whole, _, err := loaded(tc, j, "", messages)
		if err == nil && whole.text() != kept.text() {
			err = fmt.Errorf("the fold has %d words, the facts have %d", len(kept), len(whole))
		}
		return err
	}
	if err := equal(); err != nil {
		return err
	}
	j.Attach(f)
	for i := range 5 {
		e := &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.read", "x")}}
		for k := range 40 {
			e.Drafts = append(e.Drafts, draft(pair, "chat.message", fmt.Sprint(j.Head(), i, k)))
		}
		if _, err := j.Append(tc, e); err != nil {
			return err
		}
		c, due, err := f.Due()
		if err != nil {
			return err
		}
		old := c
		old.Name = "view.old"
		if due {
			if _, err := j.Append(tc, &journal.Entry{Checkpoints: []journal.Checkpoint{c, old}}); err != nil {
				return err
			}
		}
		if _, err := j.CollectCheckpoints(tc, []string{"view.words"}); err != nil {
			return err
		}
		if err := equal(); err != nil {
			return err
		}
	}
	return nil
}

// halves is a reducer that panics between the two halves of a change. It counts facts: a fact folded twice shows.
type halves struct{ Left, Right []string }

func (h *halves) Version() int { return 1 }

func (h *halves) Save() ([]byte, error) { return fact.MarshalState(h) }

func (h *halves) Restore(state []byte) error {
	var saved halves
	err := fact.UnmarshalState(state, &saved)
	if err == nil {
		*h = saved
	}
	return err
}

func (h *halves) Apply(r *fact.Record) {
	text := string(r.Fact.Payload)
	h.Left = append(h.Left, text)
	if text == "150" || text == "151" || text == "260" {
		panic("planted")
	}
	h.Right = append(h.Right, text)
}

// TestAFoldThatPanicsKeepsNoHalfOfAChange, neither of a fact that is committed nor of one that it finds at its start.
func TestAFoldThatPanicsKeepsNoHalfOfAChange(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		say(t, tc, j, 0, 100)
		var leaf task.Mutex
		follow := func() (*halves, *journal.Fold) {
			h := &halves{}
			f := journal.NewFold("view.halves", messages, h, &leaf)
			if err := f.Load(tc, j.Journal); err != nil {
				t.Fatal(err)
			}
			return h, f
		}
		h, f := follow()
		keep(t, tc, j, f)
		_, detach := j.Attach(f)
		say(t, tc, j, 100, 200)
		detach()
		again, started := follow()
		var want []string
		for i := range 300 {
			if i != 150 && i != 151 && i != 260 {
				want = append(want, fmt.Sprint(i))
			}
		}
		for name, got := range map[string]*halves{"running": h, "started": again} {
			if !slices.Equal(got.Left, want) || !slices.Equal(got.Right, want) {
				t.Errorf("%s: the halves have %d and %d changes, want %d", name, len(got.Left), len(got.Right), len(want))
			}
		}
		if n, m := len(f.Quarantined()), len(started.Quarantined()); n != 3 || m != 3 {
			t.Errorf("%d and %d facts are held", n, m)
		}
		j.close(t, tc)
	})
}
