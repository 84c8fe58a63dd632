//go:build !unix

package task

import "github.com/aura-runtime/aura"

// processorTime says that the platform does not tell how much of the processor the process has used. On
// js and wasip1 a task that computes without end stops the watchdog too.
func processorTime() (aura.Duration, bool) { return 0, false }
