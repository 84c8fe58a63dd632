package task

import (
	"runtime"
	"strings"
	"sync"
)

// Mutex is a mutex for a leaf value: held for a few instructions, never across a wait. On the real
// executor it is an ordinary mutex. In a simulation, where one task runs at a time, contention proves
// that its holder waits, and Lock panics, which fails the task that it names. The zero value is unlocked.
type Mutex struct{ mu sync.Mutex }

// Lock locks the mutex.
func (m *Mutex) Lock() {
	// On the real executor a holder is gone after a few instructions, long before the tries are used up:
	// the look at the stack is not on any fast path.
	const tries = 16
	for range tries {
		if m.mu.TryLock() {
			return
		}
		runtime.Gosched()
	}
	if inCoroutine() {
		panic("task.Mutex: locked by a task that waits for something else; it must not be held across a wait")
	}
	m.mu.Lock()
}

// Unlock unlocks the mutex.
func (m *Mutex) Unlock() { m.mu.Unlock() }

// inCoroutine reports whether the calling goroutine is a simulation's coroutine, by its outermost frames.
func inCoroutine() bool {
	for skip := 0; ; {
		pcs := make([]uintptr, 64)
		n := runtime.Callers(skip, pcs)
		frames := runtime.CallersFrames(pcs[:n])
		for n > 0 {
			frame, more := frames.Next()
			if strings.HasSuffix(frame.Function, "/task.(*coroutine).work") {
				return true
			}
			if !more {
				break
			}
		}
		if n < len(pcs) {
			return false
		}
		skip += n
	}
}
