package journal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestAMarkTellsAnOlderHome: the mark of a copy is behind that of the home that went on, and no more once the copy took
// the facts back, in whatever order both came to hold them. It survives a restart, and facts of others do not move it.
func TestAMarkTellsAnOlderHome(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		if m := j.Mark(); m.Device != self.id || m.Facts != 0 || m.Behind(m) {
			t.Errorf("the mark of an empty journal is %+v", m)
		}
		say := func(j opened, ns fact.Namespace, text string) fact.Record {
			return j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(ns, "chat.message", text)}})[0]
		}
		say(j, own, "name")
		say(j, pair, "one")
		old := j.Mark()
		c := open(t, tc, copyOf(t, tc, disk))
		if got := c.Mark(); got != old || old.Facts != 2 {
			t.Errorf("the copy's mark is %+v, the original's %+v", got, old)
		}

		original := []fact.Record{say(j, pair, "two"), say(j, pair, "three")}
		newest := j.Mark()
		if !old.Behind(newest) || newest.Behind(old) || newest.Behind(newest) {
			t.Errorf("%+v and %+v are not told apart", old, newest)
		}
		// As many facts, others.
		written := []fact.Record{say(c, pair, "deux"), say(c, pair, "trois")}
		if got := c.Mark(); !got.Behind(newest) || !newest.Behind(got) {
			t.Errorf("%+v and %+v went two ways and are not told apart", got, newest)
		}
		stranger := newest
		stranger.Device = peer.id
		if old.Behind(stranger) {
			t.Error("the mark of another device counts")
		}

		j.append(t, tc, &journal.Entry{Foreign: written})
		c.append(t, tc, &journal.Entry{Foreign: original})
		if j.Mark() != c.Mark() {
			t.Errorf("two homes with the same facts have the marks %+v and %+v", j.Mark(), c.Mark())
		}
		before := j.Mark()
		j.append(t, tc, entryOf(newChain(peer, pair).after()))
		if j.Mark() != before {
			t.Error("a fact of another device moved the mark")
		}
		j.close(t, tc)
		if j = open(t, tc, disk.Crash()); j.Mark() != before {
			t.Errorf("after a restart the mark is %+v, it was %+v", j.Mark(), before)
		}
		c.close(t, tc)
		j.close(t, tc)
	})
}

// TestBranchingsNamesStreamsThatHaveOrHadBranches: a fact that joins all branches leaves one, and the stream stays named.
func TestBranchingsNamesStreamsThatHaveOrHadBranches(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		if got := j.Branchings(); got != nil {
			t.Errorf("an empty journal has %v", got)
		}
		c, calm := newChain(peer, pair), newChain(peer, crew)
		root := c.after()
		one, two := c.after(root), c.after(root)
		j.append(t, tc, entryOf(root, one, calm.after()))
		if got := j.Branchings(); got != nil {
			t.Errorf("without a branch there are %v", got)
		}
		want := []journal.Branching{{Namespace: pair, Device: peer.id, Heads: 2}}
		j.append(t, tc, entryOf(two))
		if diff := cmp.Diff(want, j.Branchings()); diff != "" {
			t.Errorf("two branches (-want +got):\n%s", diff)
		}
		mine := newChain(self, crew)
		first := mine.after()
		j.append(t, tc, entryOf(first, mine.after(first), mine.after(first), c.after(one, two)))
		want[0].Heads = 1
		want = append(want, journal.Branching{Namespace: crew, Device: self.id, Heads: 2})
		slices.SortFunc(want, func(x, y journal.Branching) int { return x.Namespace.Compare(y.Namespace) })
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		if diff := cmp.Diff(want, j.Branchings()); diff != "" {
			t.Errorf("one joined, one new, after a restart (-want +got):\n%s", diff)
		}
		j.close(t, tc)
	})
}

// copyOf returns a store with the durable content of another.
func copyOf(t *testing.T, tc task.Context, disk *journal.Faulty) *journal.Faulty {
	t.Helper()
	all, to := &journal.Batch{}, journal.NewFaulty(entropy(3), journal.Faults{})
	err := disk.Iterate(nil, nil, func(key, value []byte) error {
		all.Set(bytes.Clone(key), bytes.Clone(value))
		return nil
	})
	if err = errors.Join(err, to.Apply(tc, all)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestTheHeadsOfAMarkAreThoseOfThePage: a mark outside the home was made by another run, perhaps of another build.
func TestTheHeadsOfAMarkAreThoseOfThePage(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		defer j.close(t, tc)
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "one"), draft(own, "chat.noted", "two")}})
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "three")}})
		b := []byte("aura mark 1\x00")
		for _, ns := range []fact.Namespace{own, pair} {
			heads, err := j.Heads(ns, self.id)
			if err != nil || len(heads) != 1 {
				t.Fatalf("%d heads: %v", len(heads), err)
			}
			b = append(append(b, byte(ns.Space)), ns.ID[:]...)
			b = append(binary.BigEndian.AppendUint64(b, j.Count(ns, self.id)), 1)
			b = append(binary.BigEndian.AppendUint64(b, heads[0].Seq), heads[0].ID[:]...)
		}
		if got := j.Mark().Heads; got != sha256.Sum256(b) {
			t.Errorf("the heads of a mark are %x, docs/formats.md says %x", got, sha256.Sum256(b))
		}
	})
}
