package task

import "github.com/aura-runtime/aura"

// turnstile hands out permits in the order in which tasks asked. A permit that is put back while
// a task waits goes to that task directly, so a newcomer never overtakes. The owner's lock guards it.
// Invariant: free > 0 only while no task waits.
type turnstile struct {
	free int
	line queue
}

// take takes a free permit.
func (s *turnstile) take() bool {
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

// put gives a permit to the first in line, or keeps it.
func (s *turnstile) put() {
	if t := s.line.head; t != nil {
		t.holds = s
		s.line.answer(granted)
		return
	}
	s.free++
}

// wait parks the caller until a permit is handed to it; see [queue.await] for mu and the results.
func (s *turnstile) wait(tc Context, mu *guard, on wait, until aura.Duration) (grant, error) {
	answer, err := s.line.await(tc, mu, on, until)
	tc.task.holds = nil
	return answer, err
}
