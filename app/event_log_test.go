package app

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// An onlooker that comes back at any time is told everything since, or that something is missing, and an earlier
// value never changes.
func TestAnOnlookerMissesNothingSilently(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var now, before eventLog
		told, total, held := 0, 0, 0
		for range rapid.IntRange(1, 30).Draw(rt, "batches") {
			var more []Event
			for range rapid.SampledFrom([]int{0, 1, 3, 700, keptEvents, 2*keptEvents + 1}).Draw(rt, "events") {
				more = append(more, Event{Name: fmt.Sprint(total)})
				total++
			}
			now = now.with(more)
			if rapid.Bool().Draw(rt, "hold") {
				before, held = now, total
			}
			if n := len(before.newest); n > 0 && before.newest[n-1].Name != fmt.Sprint(held-1) {
				rt.Fatal("an earlier value has changed")
			}
			if !rapid.Bool().Draw(rt, "look") {
				continue
			}
			events, missed := now.after(told)
			if missed != (total-told > len(now.newest)) || !missed && len(events) != total-told || missed && len(events) < keptEvents {
				rt.Fatalf("%d events, missed %v, of %d", len(events), missed, total-told)
			}
			for i, e := range events {
				if want := total - len(events) + i; e.Name != fmt.Sprint(want) {
					rt.Fatalf("event %s, want %d", e.Name, want)
				}
			}
			told = total
		}
	})
}
