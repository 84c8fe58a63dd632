package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// T are the methods of a test that the cases use; *testing.T and *rapid.T have them.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Disk is a place for one store at a time.
type Disk interface {
	// Open opens the store on the disk.
	Open() (journal.Store, error)
	// Crash is a power failure: the open store is dead and the disk holds the surviving bytes.
	Crash()
}

// Run runs all cases. Each gets a new disk and runs as the root task of a new executor.
func Run(t *testing.T, executor func() task.Executor, newDisk func() Disk) {
	in := func(t T, fn func(task.Context, Disk)) {
		t.Helper()
		err := executor().Run("case", func(tc task.Context) error {
			fn(tc, newDisk())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(tc task.Context, d Disk) { c.run(t, tc, d) })
		})
	}
	t.Run("behaves like a map with crashes", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			// Drawn before the world runs: a draw that runs out of data panics, and tasks contain panics.
			steps := anySteps.Draw(t, "steps")
			in(t, func(tc task.Context, d Disk) { model(t, tc, d, steps) })
		})
	})
}

var cases = []struct {
	name string
	run  func(T, task.Context, Disk)
}{
	{"a new store is empty", isEmpty},
	{"the last change of a batch wins", lastChangeWins},
	{"a range goes at its place in the batch", removesRange},
	{"iteration is ordered and bounded", iterates},
	{"iteration shows the store as it was", isStable},
	{"values belong to the caller", ownsValues},
	{"what was applied survives a crash", survives},
	{"a large batch is one batch", appliesLarge},
	{"a closed store refuses", refusesClosed},
}

func open(t T, d Disk) journal.Store {
	t.Helper()
	s, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// apply applies a batch of "key=value", "-key" and "-key..end" words.
func apply(t T, tc task.Context, s journal.Store, words ...string) {
	t.Helper()
	var b journal.Batch
	for _, w := range words {
		if key, ok := bytes.CutPrefix([]byte(w), []byte("-")); ok {
			if start, end, ok := bytes.Cut(key, []byte("..")); ok {
				b.DeleteRange(start, end)
			} else {
				b.Delete(key)
			}
			continue
		}
		key, value, _ := bytes.Cut([]byte(w), []byte("="))
		b.Set(key, value)
	}
	if err := s.Apply(tc, &b); err != nil {
		t.Fatal(err)
	}
}

// content returns the store from start up to end as "key=value" words.
func content(t T, s journal.Store, start, end string) []string {
	t.Helper()
	var words []string
	var limit []byte
	if end != "" {
		limit = []byte(end)
	}
	err := s.Iterate([]byte(start), limit, func(key, value []byte) error {
		words = append(words, string(key)+"="+string(value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var back []string
	err = s.IterateBack([]byte(start), limit, func(key, value []byte) error {
		back = append(back, string(key)+"="+string(value))
		return nil
	})
	if slices.Reverse(back); err != nil || !slices.Equal(words, back) {
		t.Fatalf("forwards there is %q, and backwards, turned round, %q, %v", words, back, err)
	}
	return words
}

func expect(t T, s journal.Store, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, content(t, s, "", "")); diff != "" {
		t.Fatalf("content differs (-want +got):\n%s", diff)
	}
}

func isEmpty(t T, tc task.Context, d Disk) {
	s := open(t, d)
	expect(t, s)
	if v, ok, err := s.Get([]byte("a")); len(v) > 0 || ok || err != nil {
		t.Fatalf("got %q, %v, %v", v, ok, err)
	}
	finish(t, tc, s)
}

func lastChangeWins(t T, tc task.Context, d Disk) {
	s := open(t, d)
	apply(t, tc, s, "a=1", "b=1", "c=1", "gone=1")
	apply(t, tc, s, "a=2", "a=3", "-b", "-c", "c=2", "-gone", "-never", "empty=")
	expect(t, s, "a=3", "c=2", "empty=")
	if v, ok, err := s.Get([]byte("empty")); len(v) != 0 || !ok || err != nil {
		t.Fatalf("an empty value: got %q, %v, %v", v, ok, err)
	}
	if _, ok, err := s.Get([]byte("b")); ok || err != nil {
		t.Fatalf("a deleted key: got %v, %v", ok, err)
	}
	apply(t, tc, s)
	finish(t, tc, s)
}

func removesRange(t T, tc task.Context, d Disk) {
	s := open(t, d)
	apply(t, tc, s, "a=1", "b=1", "ba=1", "c=1", "d=1")
	apply(t, tc, s, "bb=2", "-b..d", "c=2", "-x..y", "-d..d")
	expect(t, s, "a=1", "c=2", "d=1")
	d.Crash()
	s = open(t, d)
	expect(t, s, "a=1", "c=2", "d=1")
	finish(t, tc, s)
}

func iterates(t T, tc task.Context, d Disk) {
	s := open(t, d)
	apply(t, tc, s, "b=2", "a\x00=1", "\xff\xff=5", "a=0", "c=3", "\x00=z")
	expect(t, s, "\x00=z", "a=0", "a\x00=1", "b=2", "c=3", "\xff\xff=5")
	for _, c := range []struct {
		start, end string
		want       []string
	}{
		{"a", "b", []string{"a=0", "a\x00=1"}},
		{"a\x00", "c", []string{"a\x00=1", "b=2"}},
		{"bb", "", []string{"c=3", "\xff\xff=5"}},
		{"c", "c", nil},
		{"x", "y", nil},
	} {
		if diff := cmp.Diff(c.want, content(t, s, c.start, c.end)); diff != "" {
			t.Fatalf("from %q to %q (-want +got):\n%s", c.start, c.end, diff)
		}
	}
	if err := s.Iterate(nil, []byte{}, func(_, _ []byte) error { return errors.New("there is a key below the least") }); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	n := 0
	err := s.Iterate(nil, nil, func(_, _ []byte) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	if err != stop || n != 2 {
		t.Fatalf("stopped after %d with %v", n, err)
	}
	last := ""
	err = s.IterateBack(nil, []byte("c"), func(key, _ []byte) error {
		last = string(key)
		return stop
	})
	if err != stop || last != "b" {
		t.Fatalf("backwards: stopped at %q with %v", last, err)
	}
	finish(t, tc, s)
}

func isStable(t T, tc task.Context, d Disk) {
	s := open(t, d)
	apply(t, tc, s, "a=1", "b=1", "c=1")
	other := task.NewMailbox[int]("other", 1)
	g := task.NewGroup(tc, "writer")
	var seen []string
	g.Go("write", func(tc task.Context) error {
		apply(t, tc, s, "-c", "b=2", "d=2")
		return other.Send(tc, 1)
	})
	// The writer runs before the iteration or after it, never in the middle of its view.
	err := s.Iterate(nil, nil, func(key, value []byte) error {
		seen = append(seen, string(key)+"="+string(value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Recv(tc); err != nil {
		t.Fatal(err)
	}
	before, after := []string{"a=1", "b=1", "c=1"}, []string{"a=1", "b=2", "d=2"}
	if !slices.Equal(seen, before) && !slices.Equal(seen, after) {
		t.Fatalf("saw a mixture: %v", seen)
	}
	expect(t, s, after...)
	if err := g.Wait(tc); err != nil {
		t.Fatal(err)
	}
	finish(t, tc, s)
}

func ownsValues(t T, tc task.Context, d Disk) {
	s := open(t, d)
	key, value := []byte("key"), []byte("value")
	var b journal.Batch
	b.Set(key, value)
	if err := s.Apply(tc, &b); err != nil {
		t.Fatal(err)
	}
	key[0], value[0] = 'x', 'x'
	got, _, err := s.Get([]byte("key"))
	if err != nil || string(got) != "value" {
		t.Fatalf("got %q, %v", got, err)
	}
	got[0] = 'y'
	expect(t, s, "key=value")
	finish(t, tc, s)
}

func survives(t T, tc task.Context, d Disk) {
	for i := range 3 {
		s := open(t, d)
		apply(t, tc, s, fmt.Sprintf("round%d=1", i), "last="+fmt.Sprint(i))
		d.Crash()
	}
	s := open(t, d)
	expect(t, s, "last=2", "round0=1", "round1=1", "round2=1")
	finish(t, tc, s)
	s = open(t, d)
	expect(t, s, "last=2", "round0=1", "round1=1", "round2=1")
	finish(t, tc, s)
}

func appliesLarge(t T, tc task.Context, d Disk) {
	s := open(t, d)
	var b journal.Batch
	value := make([]byte, 64<<10)
	for i := range 100 {
		b.Set(fmt.Appendf(nil, "%03d", i), value)
	}
	if err := s.Apply(tc, &b); err != nil {
		t.Fatal(err)
	}
	d.Crash()
	s = open(t, d)
	if n := len(content(t, s, "", "")); n != 100 {
		t.Fatalf("%d of 100 keys are there", n)
	}
	finish(t, tc, s)
}

func refusesClosed(t T, tc task.Context, d Disk) {
	s := open(t, d)
	apply(t, tc, s, "a=1")
	finish(t, tc, s)
	_, _, err := s.Get([]byte("a"))
	for name, err := range map[string]error{
		"get": err, "apply": s.Apply(tc, &journal.Batch{}),
		"iterate":      s.Iterate(nil, nil, func(_, _ []byte) error { return nil }),
		"iterate back": s.IterateBack(nil, nil, func(_, _ []byte) error { return nil }),
	} {
		if !errors.Is(err, aura.Unavailable) {
			t.Fatalf("%s: got %v, want unavailable", name, err)
		}
	}
	finish(t, tc, s)
}

// step is a batch and the fault of the store after it.
type step struct {
	changes []change
	then    int // 0: a crash; 1: a clean reopening; else nothing
}

type change struct {
	key, value string
	remove     bool
	end        string // of a range that is removed; empty: key alone
}

var anySteps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
	return step{
		changes: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) change {
			return change{
				key:    rapid.SampledFrom([]string{"a", "b", "ab", "\x00", "\xff", "b\x00"}).Draw(t, "key"),
				value:  rapid.StringN(0, 5, 5).Draw(t, "value"),
				remove: rapid.Bool().Draw(t, "remove"),
				end:    rapid.SampledFrom([]string{"", "", "b", "c"}).Draw(t, "end"),
			}
		}), 0, 6).Draw(t, "changes"),
		then: rapid.IntRange(0, 3).Draw(t, "then"),
	}
}), 1, 8)

// model applies the steps to the store and to a map, which must agree after each.
func model(t *rapid.T, tc task.Context, d Disk, steps []step) {
	s := open(t, d)
	want := map[string]string{}
	for _, step := range steps {
		var b journal.Batch
		for _, c := range step.changes {
			switch {
			case c.remove && c.end != "":
				b.DeleteRange([]byte(c.key), []byte(c.end))
				maps.DeleteFunc(want, func(key, _ string) bool { return c.key <= key && key < c.end })
			case c.remove:
				b.Delete([]byte(c.key))
				delete(want, c.key)
			default:
				b.Set([]byte(c.key), []byte(c.value))
				want[c.key] = c.value
			}
		}
		if err := s.Apply(tc, &b); err != nil {
			t.Fatal(err)
		}
		switch step.then {
		case 0:
			d.Crash()
			s = open(t, d)
		case 1:
			finish(t, tc, s)
			s = open(t, d)
		}
		var words []string
		for key, value := range want {
			words = append(words, key+"="+value)
		}
		got := content(t, s, "", "")
		if !slices.IsSortedFunc(got, func(a, b string) int { return bytes.Compare(keyOf(a), keyOf(b)) }) {
			t.Fatalf("not in order: %q", got)
		}
		slices.Sort(words)
		slices.Sort(got)
		if !slices.Equal(words, got) {
			t.Fatalf("store has %q, want %q", got, words)
		}
	}
	finish(t, tc, s)
}

func keyOf(word string) []byte {
	key, _, _ := bytes.Cut([]byte(word), []byte("="))
	return key
}

func finish(t T, tc task.Context, s journal.Store) {
	t.Helper()
	if err := s.Close(tc); err != nil {
		t.Fatal(err)
	}
}
