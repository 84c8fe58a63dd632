package reactive_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

func scheduler(t testing.TB, h *reactive.Hub, o reactive.Options, views ...reactive.View) *reactive.Scheduler {
	t.Helper()
	s, err := reactive.NewScheduler(h, o, views...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFactsReachTheirSignals(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		notes, all := counting(t, h, "test:notes", "test.note"), counting(t, h, "test:all")
		s := scheduler(t, h, reactive.Options{}, notes, all)
		stop := started(t, tc, s)
		sub := subscribe(t, h, "test:all")
		offer(t, tc, s, record(1, "test.note", "a"), record(2, "test.other", "b"), record(3, "test.note", "c"))
		until(t, tc, sub, 3)
		snap, err := reactive.Value(h.Frame(), signal("test:notes"))
		if err != nil || snap.Value != 2 {
			t.Errorf("notes: %d, %v", snap.Value, err)
		}
		stop()
	})
}

func TestWindowGathersABatch(t *testing.T) {
	simulated(t, 1, nil, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		all := counting(t, h, "test:all")
		s := scheduler(t, h, reactive.Options{}, all)
		stop := started(t, tc, s)
		sub := subscribe(t, h, "test:all")
		begin := tc.Elapsed()
		for n := range 4 {
			offer(t, tc, s, record(n+1, "test.note", "x"))
			if err := tc.Sleep(time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		until(t, tc, sub, 4)
		if took := tc.Elapsed() - begin; took != reactive.DefaultWindow {
			t.Errorf("the window closed after %v, want %v", took, reactive.DefaultWindow)
		}
		if all.batches != 1 {
			t.Errorf("the facts of one window came in %d batches", all.batches)
		}
		stop()
	})
}

func TestImmediateDoesNotWait(t *testing.T) {
	simulated(t, 1, nil, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		s := scheduler(t, h, reactive.Options{Immediate: true}, counting(t, h, "test:all"))
		stop := started(t, tc, s)
		sub := subscribe(t, h, "test:all")
		begin := tc.Elapsed()
		offer(t, tc, s, record(1, "test.note", "x"))
		until(t, tc, sub, 1)
		if took := tc.Elapsed() - begin; took != 0 {
			t.Errorf("an immediate scheduler took %v", took)
		}
		stop()
	})
}

func TestViewsRunOnceInDependencyOrderAndPublishTogether(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		var order []string
		ran := func(name string) { order = append(order, name) }
		a, b := counting(t, h, "test:a", "test.a"), counting(t, h, "test:b", "test.b")
		sum := counting(t, h, "test:sum", "test.never")
		sum.needs.Follows, sum.from = []string{"test:a", "test:b"}, []*count{a, b}
		s := scheduler(t, h, reactive.Options{}, sum, b, a)
		stop := started(t, tc, s)
		a.ran, b.ran, sum.ran = ran, ran, ran
		frames := subscribe(t, h, "test:sum")
		offer(t, tc, s, record(1, "test.a", ""), record(2, "test.b", ""), record(3, "test.a", ""))
		snap := until(t, tc, frames, 3)
		if diff := cmp.Diff([]string{"test:b", "test:a", "test:sum"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		frame := h.Frame()
		for name, want := range map[string]int{"test:a": 2, "test:b": 1, "test:sum": 3} {
			got, err := reactive.Value(frame, signal(name))
			if err != nil || got.Value != want || got.Revision != snap.Revision {
				t.Errorf("%s: %+v, %v; want %d of revision %d", name, got, err, want, snap.Revision)
			}
		}
		stop()
	})
}

func TestNoFrameMixesBatches(t *testing.T) {
	for seed := range uint64(20) {
		simulated(t, seed, nil, func(t *testing.T, tc task.Context) {
			h := reactive.NewHub()
			a, b := counting(t, h, "test:a", "test.a"), counting(t, h, "test:b", "test.b")
			s := scheduler(t, h, reactive.Options{Immediate: true}, a, b)
			stop := started(t, tc, s)
			g := task.NewGroup(tc, "writers")
			g.Go("writer", func(tc task.Context) error {
				for n := range 50 {
					// Both facts are of one decision: no reader may see one without the other.
					up := fact.Update{Records: []fact.Record{record(2*n+1, "test.a", ""), record(2*n+2, "test.b", "")}}
					if err := s.Offer(tc, up); err != nil {
						return err
					}
				}
				return nil
			})
			for done := false; !done; {
				frame := h.Frame()
				one, _ := reactive.Value(frame, signal("test:a"))
				two, _ := reactive.Value(frame, signal("test:b"))
				if one.Value != two.Value {
					t.Fatalf("seed %d: a frame holds %d and %d", seed, one.Value, two.Value)
				}
				done = one.Value == 50
				if err := tc.Yield(); err != nil {
					t.Fatal(err)
				}
			}
			stop()
		})
	}
}

func TestAnySplitGivesTheSameSnapshot(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"test.a", "test.b", "test.c"}), 1, 40).Draw(rt, "kinds")
		cuts := rapid.SliceOfN(rapid.IntRange(1, 8), 1, 40).Draw(rt, "cuts")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 7), 1, 40).Draw(rt, "pauses in milliseconds")
		var got []int
		simulated(t, rapid.Uint64().Draw(rt, "seed"), nil, func(t *testing.T, tc task.Context) {
			h := reactive.NewHub()
			a, b := counting(t, h, "test:a", "test.a"), counting(t, h, "test:b", "test.b")
			sum := counting(t, h, "test:sum", "test.c")
			sum.needs.Follows, sum.from = []string{"test:a", "test:b"}, []*count{a, b}
			s := scheduler(t, h, reactive.Options{}, a, b, sum)
			stop := started(t, tc, s)
			for n := 0; n < len(kinds); {
				end := min(len(kinds), n+cuts[n%len(cuts)])
				var batch []fact.Record
				for ; n < end; n++ {
					batch = append(batch, record(n+1, kinds[n], ""))
				}
				offer(t, tc, s, batch...)
				if err := tc.Sleep(time.Duration(pauses[n%len(pauses)]) * time.Millisecond); err != nil {
					t.Fatal(err)
				}
			}
			stop() // updates offered before the end are published
			for _, name := range []string{"test:a", "test:b", "test:sum"} {
				snap, err := reactive.Value(h.Frame(), signal(name))
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, snap.Value)
			}
		})
		want := make([]int, 3)
		for _, k := range kinds {
			want[2]++
			if i := int(k[len(k)-1] - 'a'); i < 2 {
				want[i]++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("final snapshots (-want +got):\n%s", diff)
		}
	})
}

func TestShutSchedulerPublishesItsLastWindow(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		s := scheduler(t, h, reactive.Options{Window: time.Hour}, counting(t, h, "test:all"))
		stop := started(t, tc, s)
		offer(t, tc, s, record(1, "test.note", "x"), record(2, "test.note", "y"))
		s.Shut()
		stop()
		if snap, err := reactive.Value(h.Frame(), signal("test:all")); err != nil || snap.Value != 2 {
			t.Errorf("after the end: %d, %v", snap.Value, err)
		}
		if err := s.Offer(tc, fact.Update{}); !errors.Is(err, aura.Cancelled) {
			t.Errorf("offer after the end: %v", err)
		}
		if err := s.Bind(tc, counting(t, h, "test:late")); !errors.Is(err, aura.Cancelled) {
			t.Errorf("bind after the end: %v", err)
		}
	})
}

func TestFailedViewKeepsItsSnapshotAndTriesAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		weak, all := counting(t, h, "test:weak", "test.note"), counting(t, h, "test:all")
		s := scheduler(t, h, reactive.Options{Immediate: true}, weak, all)
		stop := started(t, tc, s)
		weak.fails = 1
		sub := subscribe(t, h, "test:all")
		offer(t, tc, s, record(1, "test.note", "x"))
		until(t, tc, sub, 1)
		if snap, _ := reactive.Value(h.Frame(), signal("test:weak")); snap.Value != 0 {
			t.Errorf("the failed view published %d", snap.Value)
		}
		offer(t, tc, s, record(2, "test.other", "y"))
		until(t, tc, sub, 2)
		if snap, _ := reactive.Value(h.Frame(), signal("test:weak")); snap.Value != 1 {
			t.Errorf("the view did not try again: %d", snap.Value)
		}
		stop()
	})
}

func TestBoundViewPublishesBeforeBindReturns(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		all := counting(t, h, "test:all")
		s := scheduler(t, h, reactive.Options{}, all)
		stop := started(t, tc, s)
		offer(t, tc, s, record(1, "test.note", "x"))
		late := counting(t, h, "test:late", "test.never")
		late.needs.Follows, late.from = []string{"test:all"}, []*count{all}
		if err := s.Bind(tc, late); err != nil {
			t.Fatal(err)
		}
		if snap, err := reactive.Value(h.Frame(), signal("test:late")); err != nil || snap.Value != 1 {
			t.Errorf("late view: %d, %v", snap.Value, err)
		}
		if err := s.Bind(tc, &count{name: "test:lost", needs: reactive.Needs{Follows: []string{"nobody"}}}); !errors.Is(err, aura.NotFound) {
			t.Errorf("a view that follows nobody: %v", err)
		}
		stop()
	})
}

func TestImpossibleViewsAreRefused(t *testing.T) {
	follows := func(name string, others ...string) reactive.View {
		return &count{name: name, needs: reactive.Needs{Follows: others}}
	}
	for name, c := range map[string]struct {
		views []reactive.View
		want  aura.Kind
	}{
		"one name twice": {[]reactive.View{follows("a"), follows("a")}, aura.Conflict},
		"unknown":        {[]reactive.View{follows("a", "b")}, aura.NotFound},
		"circle":         {[]reactive.View{follows("a", "b"), follows("b", "c"), follows("c", "a"), follows("d")}, aura.Invalid},
	} {
		if _, err := reactive.NewScheduler(reactive.NewHub(), reactive.Options{}, c.views...); aura.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// hour is a view over time: how many of the given instants have passed.
type hour struct {
	*count
	at []aura.Instant
}

func (h *hour) Publish(tc task.Context, st *reactive.Stage) error {
	passed := 0
	for _, at := range h.at {
		if tc.Now().At >= at {
			passed++
		}
	}
	h.outlet.Put(st, passed)
	return nil
}

func (h *hour) Turns(now aura.Physical) (aura.Instant, bool) {
	for _, at := range h.at {
		if at > now.At {
			return at, true
		}
	}
	return 0, false
}

func TestAViewOverTimeChangesInTime(t *testing.T) {
	for seed := range uint64(8) {
		simulated(t, seed, nil, func(t *testing.T, tc task.Context) {
			h := reactive.NewHub()
			start := tc.Now().At
			v := &hour{counting(t, h, "test:hour", "test.none"), []aura.Instant{start.Add(time.Second), start.Add(7 * time.Minute), start.Add(48 * time.Hour)}}
			follower := counting(t, h, "test:follower", "test.none")
			follower.needs.Follows = []string{"test:hour"}
			s := scheduler(t, h, reactive.Options{}, v, follower)
			defer started(t, tc, s)()
			sub := subscribe(t, h, "test:hour")
			began := tc.Elapsed()
			for passed, after := range []time.Duration{0, time.Second, 7 * time.Minute, 48 * time.Hour} {
				until(t, tc, sub, passed)
				if at := tc.Elapsed() - began; at < after || at > after+time.Second {
					t.Errorf("the view shows %d after %s", passed, at)
				}
			}
			if follower.batches != 0 {
				t.Errorf("time is no fact, but a view folded %d batches", follower.batches)
			}
		})
	}
}
