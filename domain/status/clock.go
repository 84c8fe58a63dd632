package status

import (
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
)

// ClocksAgree is the difference of two clocks below which nothing is said: messages take time, and clocks
// drift.
const ClocksAgree = 2 * time.Minute

// ClocksDiffer says in plain words that the clocks of this device and of a peer differ: by how much the
// peer's is ahead.
func ClocksDiffer(name string, ahead aura.Duration) string {
	which := "ahead"
	if ahead < 0 {
		ahead, which = -ahead, "behind"
	}
	return fmt.Sprintf("your clock and %s's differ by %s (%s's is %s)", name, rough(ahead), name, which)
}

// rough returns a duration in the largest unit of which it has two, else in the next smaller one.
func rough(d aura.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		length aura.Duration
		name   string
	}{{365 * day, "years"}, {day, "days"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if n := (d + unit.length/2) / unit.length; n >= 2 {
			return fmt.Sprintf("%d %s", n, unit.name)
		}
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
