package journal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// words is a reducer: the set of texts that were said.
type words map[string]bool

func (w words) Apply(r *fact.Record) { w[string(r.Fact.Payload)] = true }

func (w words) Version() int { return 1 }

func (w words) Save() ([]byte, error) {
	var all []string
	for word := range w {
		all = append(all, word)
	}
	slices.Sort(all)
	return []byte(strings.Join(all, "\n")), nil
}

// text is the saved state.
func (w words) text() string {
	state, _ := w.Save()
	return string(state)
}

func (w words) Restore(state []byte) error {
	clear(w)
	for _, word := range strings.Split(string(state), "\n") {
		w[word] = true
	}
	return nil
}

func fold(t *testing.T, tc task.Context, j opened, name string, ns fact.Namespace) string {
	t.Helper()
	w, _, err := loaded(tc, j, name, fact.Selection{Namespaces: []fact.Namespace{ns}})
	if err != nil {
		t.Fatal(err)
	}
	return w.text()
}

// loaded returns the words of the facts that sel selects, and the fold that keeps them.
func loaded(tc task.Context, j opened, name string, sel fact.Selection) (words, *journal.Fold, error) {
	w := words{}
	f := journal.NewFold(name, sel, w, new(task.Mutex))
	return w, f, f.Load(tc, j.Journal)
}

// round is a few facts and then a snapshot of all of the pair's.
type round struct {
	Facts  []said
	Reopen bool // properly; a crash otherwise
}

type said struct {
	InPair, Ours bool
	Word         int
}

// Drawn before the world runs: a draw that runs out of data panics, and tasks contain panics.
var anyRounds = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) round {
	return round{
		Facts: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) said {
			return said{InPair: rapid.Bool().Draw(t, "pair"), Ours: rapid.Bool().Draw(t, "ours"), Word: rapid.IntRange(0, 30).Draw(t, "word")}
		}), 1, 10).Draw(t, "facts"),
		Reopen: rapid.Bool().Draw(t, "reopen"),
	}
}), 1, 4)

func TestCollectionNeverChangesAReduction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds := anyRounds.Draw(t, "rounds")
		err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			peers := map[fact.Namespace]uint64{}
			for _, r := range rounds {
				j, err := tryOpen(tc, disk, options())
				if err != nil {
					return err
				}
				if err := playRound(tc, j, r, peers); err != nil {
					return err
				}
				if r.Reopen {
					if err := j.Close(tc); err != nil {
						return err
					}
				}
				disk = disk.Crash()
				if err := j.group.Close(tc, time.Minute); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// playRound appends the facts, collects the facts that a snapshot of the pair covers and compares the
// reductions before and after. It counts the peer's facts in peers.
func playRound(tc task.Context, j opened, r round, peers map[fact.Namespace]uint64) error {
	for _, s := range r.Facts {
		ns, text := crew, fmt.Sprint("word ", s.Word)
		if s.InPair {
			ns = pair
		}
		e := &journal.Entry{Drafts: []fact.Draft{draft(ns, "chat.message", text)}}
		if !s.Ours {
			peers[ns]++
			e = &journal.Entry{Foreign: []fact.Record{peer.record(ns, peers[ns], aura.Logical(peers[ns]), text)}}
		}
		if _, err := j.Append(tc, e); err != nil {
			return err
		}
	}
	before, err := folds(tc, j)
	if err != nil {
		return err
	}
	snapshot, err := commitSnapshot(tc, j, pair)
	if err == nil {
		_, err = j.Collect(tc, snapshot)
	}
	if err != nil && !errors.Is(err, aura.NotFound) {
		return err
	}
	after, err := folds(tc, j)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(before, after); diff != "" {
		return fmt.Errorf("the reduction changed (-before +after):\n%s", diff)
	}
	// Collected facts may arrive again and stay collected.
	var again []fact.Record
	for n := range peers[pair] {
		again = append(again, peer.record(pair, n+1, aura.Logical(n+1), "collected"))
	}
	if records, err := j.Append(tc, &journal.Entry{Foreign: again}); err != nil || len(records) != 0 {
		return fmt.Errorf("collected facts came back: %v, %w", records, err)
	}
	return nil
}

// folds returns the words of both namespaces.
func folds(tc task.Context, j opened) ([]string, error) {
	var all []string
	for _, ns := range []fact.Namespace{pair, crew} {
		w, _, err := loaded(tc, j, "", fact.Selection{Namespaces: []fact.Namespace{ns}})
		if err != nil {
			return nil, err
		}
		all = append(all, w.text())
	}
	return all, nil
}

// commitSnapshot makes a snapshot of all of a namespace, as the maintenance of an agent does.
func commitSnapshot(tc task.Context, j opened, ns fact.Namespace) (aura.FactID, error) {
	w, _, err := loaded(tc, j, "", fact.Selection{Namespaces: []fact.Namespace{ns}})
	if err != nil {
		return aura.FactID{}, err
	}
	d, err := j.Snapshot(tc, ns, j.Head(), []byte(w.text()))
	if err != nil {
		return aura.FactID{}, err
	}
	records, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{d}})
	if err != nil {
		return aura.FactID{}, err
	}
	return records[0].ID, nil
}

func TestCollectedFactsLeaveTheStore(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		const facts = 700 // more than one step of collecting
		for i := range facts {
			j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", fmt.Sprint(i))}})
		}
		kept := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(crew, "chat.message", "kept")}})
		full := len(dump(t, disk))
		snapshot, err := commitSnapshot(tc, j, pair)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := j.Collect(tc, snapshot); err != nil || n != facts {
			t.Fatalf("collected %d, %v", n, err)
		}
		if n, err := j.Collect(tc, snapshot); err != nil || n != 0 {
			t.Errorf("a second time: collected %d, %v", n, err)
		}
		if left, want := len(dump(t, disk)), full-4*facts+4+1; left != want {
			t.Errorf("%d keys of %d are left, want %d", left, full, want)
		}
		if r := j.read(t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}}); len(r) != 0 {
			t.Errorf("%d collected facts are read", len(r))
		}
		if r := j.read(t, tc, fact.Selection{Kinds: []string{"chat.*"}}); !cmp.Equal(r, kept) {
			t.Errorf("the rest is %v", r)
		}
		if _, err := j.ByAuthor(pair, self.id, 1, 10); !errors.Is(err, aura.NotFound) {
			t.Errorf("collected facts by author: got %v, want not found", err)
		}
		if n := j.Count(pair, self.id); n != facts {
			t.Errorf("the count went back to %d", n)
		}
		if r := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "next")}}); r[0].Seq != facts+1 {
			t.Errorf("the next fact has place %d", r[0].Seq)
		}
		j.close(t, tc)
	})
}

func TestSnapshotThatDoesNotFitIsNotCollected(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		message := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}})[0].ID
		d, err := j.Snapshot(tc, pair, j.Head(), []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		var s journal.Snapshot
		if err := fact.Unmarshal(d.Payload, &s); err != nil {
			t.Fatal(err)
		}
		s.Digest[0] ^= 1
		if d.Payload, err = fact.Marshal(s); err != nil {
			t.Fatal(err)
		}
		wrong := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{d}})[0].ID
		theirs := peer.record(pair, 1, 9, string(d.Payload))
		theirs.Fact.Kind = journal.SnapshotKind
		theirs = peer.signed(theirs.Fact)
		theirs.Seq = 1
		j.append(t, tc, &journal.Entry{Foreign: []fact.Record{theirs}})
		for name, c := range map[string]struct {
			id   aura.FactID
			want aura.Kind
		}{
			"another digest":    {wrong, aura.Conflict},
			"another authority": {theirs.ID, aura.Denied},
			"no snapshot":       {message, aura.Invalid},
			"nothing":           {aura.FactID{1}, aura.NotFound},
		} {
			if n, err := j.Collect(tc, c.id); n != 0 || !errors.Is(err, c.want) {
				t.Errorf("%s: collected %d with %v, want %v", name, n, err, c.want)
			}
		}
		if _, ok, err := j.Fact(message); err != nil || !ok {
			t.Errorf("the fact is gone: %v", err)
		}
		if _, err := j.Snapshot(tc, crew, j.Head(), nil); !errors.Is(err, aura.NotFound) {
			t.Errorf("an empty namespace: got %v, want not found", err)
		}
		j.close(t, tc)
	})
}
