package reactive_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

func TestUnregisteredSignalIsNotFoundAtOnce(t *testing.T) {
	h := reactive.NewHub()
	if _, err := reactive.Subscribe(h, signal("test:nobody"), 0); !errors.Is(err, aura.NotFound) {
		t.Errorf("subscribe: %v", err)
	}
	if _, err := reactive.Value(h.Frame(), signal("test:nobody")); !errors.Is(err, aura.NotFound) {
		t.Errorf("value: %v", err)
	}
}

func TestSignalHasOneOutletAndOneType(t *testing.T) {
	h := reactive.NewHub()
	counting(t, h, "test:a")
	if _, err := reactive.Register(h, signal("test:a"), 0); !errors.Is(err, aura.Conflict) {
		t.Errorf("second registration: %v", err)
	}
	if _, err := reactive.Subscribe(h, reactive.NewSignal[string]("test:a"), 0); !errors.Is(err, aura.Invalid) {
		t.Errorf("another type: %v", err)
	}
}

func TestSubscriberBeginsWithTheCurrentSnapshot(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		counting(t, h, "test:a")
		s := subscribe(t, h, "test:a")
		if snap, err := s.Next(tc); err != nil || snap.Value != -1 {
			t.Errorf("first snapshot: %+v, %v", snap, err)
		}
		s.Close()
		if _, err := s.Next(tc); !errors.Is(err, aura.Cancelled) {
			t.Errorf("after close: %v", err)
		}
	})
}

// lags counts the events that report a lag.
type lags struct{ n int }

func (l *lags) Emit(e world.Event) {
	if e.Message() == "subscriber lags" && e.ErrorKind() == aura.Exhausted {
		l.n++
	}
}

func TestLaggingSubscriberGetsTheNewestAndAWarning(t *testing.T) {
	log := &lags{}
	simulated(t, 3, log, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		s := scheduler(t, h, reactive.Options{Immediate: true}, counting(t, h, "test:all"))
		stop := started(t, tc, s)
		slow, err := reactive.Subscribe(h, signal("test:all"), 4)
		if err != nil {
			t.Fatal(err)
		}
		fast := subscribe(t, h, "test:all")
		const facts = 50
		for n := range facts {
			offer(t, tc, s, record(n+1, "test.note", "x"))
			until(t, tc, fast, n+1) // the publisher never waits for the slow one
		}
		var missed uint64
		last, seen := reactive.Snapshot[int]{Value: -1}, 0
		for last.Value != facts {
			snap, err := slow.Next(tc)
			if err != nil {
				t.Fatal(err)
			}
			if snap.Revision < last.Revision || snap.Value < last.Value {
				t.Errorf("snapshot %+v came after %+v", snap, last)
			}
			missed += snap.Missed
			last, seen = snap, seen+1
		}
		// The first snapshot, taken at the subscription, counts like the others.
		if seen > 4 || missed+uint64(seen) != facts+1 {
			t.Errorf("%d snapshots and %d missed, of %d", seen, missed, facts+1)
		}
		stop()
	})
	if log.n != 1 {
		t.Errorf("%d warnings, want one", log.n)
	}
}

func TestForEachEndsWithItsFunction(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		s := scheduler(t, h, reactive.Options{Immediate: true}, counting(t, h, "test:all"))
		stop := started(t, tc, s)
		sub := subscribe(t, h, "test:all")
		offer(t, tc, s, record(1, "test.note", "x"))
		enough := errors.New("enough")
		err := sub.ForEach(tc, func(snap reactive.Snapshot[int]) error {
			if snap.Value == 1 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			t.Errorf("ended with %v", err)
		}
		stop()
	})
}
