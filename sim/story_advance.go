package sim

import (
	"time"

	"github.com/aura-runtime/aura/task"
)

// advance lets time pass: "advance DURATION", such as 90s.
func (s *story) advance(tc task.Context, args []string) error {
	if len(args) != 1 {
		return usage("advance needs a duration")
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d <= 0 {
		return usage("%q is no duration", args[0])
	}
	return tc.Sleep(d)
}
