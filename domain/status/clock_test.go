package status_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/status"
)

func TestADifferenceOfClocksIsSaidInPlainWords(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for ahead, want := range map[aura.Duration]string{
		2*time.Hour + time.Minute: "your clock and Ben's differ by 2 h (Ben's is ahead)",
		-2 * time.Hour:            "your clock and Ben's differ by 2 h (Ben's is behind)",
		-year:                     "your clock and Ben's differ by 365 days (Ben's is behind)",
		80 * year:                 "your clock and Ben's differ by 80 years (Ben's is ahead)",
		5 * time.Minute:           "your clock and Ben's differ by 5 min (Ben's is ahead)",
		70 * time.Minute:          "your clock and Ben's differ by 70 min (Ben's is ahead)",
	} {
		if got := status.ClocksDiffer("Ben", ahead); got != want {
			t.Errorf("%v: %q, not %q", ahead, got, want)
		}
	}
}
