package machine_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// The picks of any protocols can be prepared on goroutines of their own: none waits for another, and
// the events are those of preparing them one after the other.
func TestDrawnProtocolsArePreparedAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		one, all := s.start(t), s.start(t)
		for range rounds {
			w := one.m.Plan(s.width)
			for i := range w.Len() {
				one.m.Prepare(i)
			}
			x, err := one.m.Commit()
			if err != nil {
				t.Fatal(err)
			}
			var prepared sync.WaitGroup
			for i := range all.m.Plan(s.width).Len() {
				prepared.Go(func() { all.m.Prepare(i) })
			}
			prepared.Wait()
			y, err := all.m.Commit()
			if x != y || err != nil {
				t.Fatal(x, y, err)
			}
			if x != machine.StatusProgressing {
				break
			}
		}
		if diff := cmp.Diff(mustRecord(t, one.m).Events, mustRecord(t, all.m).Events); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A trace that was rewritten with all its checksums right is found out by running it again.
func TestARewrittenTraceNeverReplays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := record(t)
		rewrite(t, rec)
		again, err := machine.ParseRecording(rec.Encode())
		if err == nil {
			var d *machine.Divergence
			if err = again.Replay(); err != nil && !errors.As(err, &d) {
				t.Fatalf("no place is named: %v", err)
			}
		}
		if !errors.Is(err, aura.Corrupt) {
			t.Fatalf("the rewritten recording replays: %v", err)
		}
	})
}

// rewrite changes the observed events: a field of one, or one event too few, too many or too early.
func rewrite(t *rapid.T, rec *machine.Recording) {
	i := rapid.IntRange(0, len(rec.Events)-1).Draw(t, "at")
	e := &rec.Events[i]
	switch rapid.IntRange(0, 10).Draw(t, "change") {
	case 0:
		e.Tick++
	case 1:
		e.Seq += rapid.Uint64Range(1, 9).Draw(t, "more")
	case 2:
		e.Sum ^= 1 << rapid.IntRange(0, 63).Draw(t, "bit")
	case 3:
		e.Role ^= 1
	case 4:
		e.Kind = e.Kind%machine.EventInjected + 1
	case 5:
		e.Code ^= 1
	case 6:
		e.Peer ^= 1
	case 7:
		e.Label ^= 1
	case 8:
		e.Session++
	case 9:
		rec.Events = append(rec.Events[:i], rec.Events[i+1:]...)
	case 10:
		rec.Events = append(rec.Events[:i+1], rec.Events[i:]...)
	}
}
