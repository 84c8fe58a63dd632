package task

import (
	"sync"

	"github.com/aura-runtime/aura"
)

// turnstile hands out permits in the order in which tasks asked. A permit that is put back while
// somebody waits goes to that task directly, so a newcomer never overtakes. The owner's lock guards it.
// Invariant: free > 0 only while nobody waits.
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
	if !s.line.answer(granted) {
		s.free++
	}
}

// wait parks the caller until a permit is handed to it; see [queue.await] for mu and the results.
func (s *turnstile) wait(tc Context, mu *sync.Mutex, on wait, until aura.Duration) (grant, error) {
	unwinding := true
	defer func() {
		// A task that crashes between the grant and its next step must not take the permit along.
		if unwinding && tc.task.grant == granted {
			s.put()
		}
	}()
	answer, err := s.line.await(tc, mu, on, until)
	unwinding = false
	return answer, err
}
