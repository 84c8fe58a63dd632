package reactive_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// TestAWatchEndsWithItsEra: a watcher is told that facts which it got do not count, one that begins then never gets them,
// though the feed holds them still, and one that has updates of the era before does not go on.
func TestAWatchEndsWithItsEra(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &journal{}
		f := reactive.NewFeed(0)
		j.commit(f, 3, 0)
		era, ended := uint64(0), error(nil)
		ready := task.NewLatch()
		g := task.NewGroup(tc, "watcher")
		g.Go("watch", func(tc task.Context) error {
			ended = f.Watch(tc, j, fact.Selection{Follow: true, Kinds: []string{"test.note"}}, func(up fact.Update) error {
				if era = up.Era; up.Live {
					ready.Open()
				}
				return nil
			})
			return nil
		})
		if err := ready.Wait(tc); err != nil {
			t.Fatal(err)
		}
		j.records = slices.Clone(j.records)
		j.records[1].Void = true
		j.revised++
		enough := errors.New("enough")
		var got []fact.Position
		after := func(up fact.Update) error {
			if got = append(got, positions(up.Records)...); up.Era != 2 {
				t.Errorf("an update of era %d", up.Era)
			}
			switch {
			case up.Live && len(got) == 2: // the feed learns of the era behind this watcher
				f.Publish(&fact.Update{Era: 2, Position: 3})
				j.commit(f, 1, 0)
			case len(got) >= 3:
				return enough
			}
			return nil
		}
		if err := f.Watch(tc, j, fact.Selection{Follow: true}, after); !errors.Is(err, enough) {
			t.Errorf("the second watch ended with %v", err)
		}
		if diff := cmp.Diff([]fact.Position{1, 3, 4}, got); diff != "" {
			t.Errorf("positions (-want +got):\n%s", diff)
		}
		f.Publish(&fact.Update{Era: 2, Position: 3})
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if aura.KindOf(ended) != aura.Stale || era != 1 {
			t.Errorf("the watch of era %d ended with %v", era, ended)
		}
		none := func(fact.Update) error { return nil }
		for _, follow := range []bool{true, false} {
			if err := f.Watch(tc, j, fact.Selection{After: 3, Era: 1, Follow: follow}, none); aura.KindOf(err) != aura.Stale {
				t.Errorf("a watch that goes on in another era: %v", err)
			}
		}
		if err := f.Watch(tc, j, fact.Selection{After: 3, Era: 2}, none); err != nil {
			t.Error(err)
		}
	})
}

// tally is a view that counts records and can forget them.
type tally struct {
	*count
	shown []int
}

func (v *tally) Reset() { v.seen = 0 }

func (v *tally) Publish(tc task.Context, st *reactive.Stage) error {
	v.shown = append(v.shown, v.seen)
	return v.count.Publish(tc, st)
}

// TestViewsBeginAnewInAnotherEra: a view forgets what it folded, also what waits for it, and shows nothing until all that
// counts has come.
func TestViewsBeginAnewInAnotherEra(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		v := &tally{count: counting(t, h, "test:a", "test.a")}
		s := scheduler(t, h, reactive.Options{Immediate: true}, v)
		stop := started(t, tc, s)
		at := 0
		offer := func(era uint64, live bool, records int) {
			up := fact.Update{Era: era, Live: live}
			for range records {
				at++
				up.Records = append(up.Records, record(at, "test.a", ""))
			}
			if err := s.Offer(tc, up); err != nil {
				t.Fatal(err)
			}
		}
		settle := func() {
			for range 20 {
				if err := tc.Yield(); err != nil {
					t.Fatal(err)
				}
			}
		}
		offer(1, true, 5)
		settle()
		offer(0, false, 1) // of the present era
		offer(2, false, 2)
		settle()
		offer(2, true, 1)
		offer(2, true, 4)
		stop()
		for i, n := range v.shown {
			if i > 0 && n < v.shown[i-1] && n != 3 && n != 7 || n == 2 || n > 7 {
				t.Errorf("shown are %v", v.shown)
			}
		}
		if last := v.shown[len(v.shown)-1]; last != 7 {
			t.Errorf("in the end %d are shown, 7 count", last)
		}
	})
}
