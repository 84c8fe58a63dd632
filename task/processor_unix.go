//go:build unix

package task

import (
	"syscall"
	"time"

	"github.com/aura-runtime/aura"
)

// processorTime returns the processor time that the process has used; false means that the platform does
// not tell.
func processorTime() (aura.Duration, bool) {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0, false
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), true
}
