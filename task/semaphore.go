package task

// Semaphore lets a bounded number of tasks in. Permits are handed out in the order of asking.
type Semaphore struct {
	mu      guard
	permits turnstile
}

// NewSemaphore returns a semaphore with n permits, at least one.
func NewSemaphore(n int) *Semaphore {
	return &Semaphore{permits: turnstile{free: max(1, n)}}
}

// Acquire takes a permit and waits while there is none. It returns tc's error; no permit is held then.
func (s *Semaphore) Acquire(tc Context) error {
	if err := tc.enter(); err != nil {
		return err
	}
	s.mu.lock(tc.task)
	defer s.mu.unlock(tc.task)
	if s.permits.take() {
		return nil
	}
	_, err := s.permits.wait(tc, &s.mu, wait{op: "semaphore"}, never)
	return err
}

// TryAcquire takes a permit if there is one. It never waits; any goroutine may call it.
func (s *Semaphore) TryAcquire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.permits.take()
}

// Release gives a permit back. Any goroutine may call it, once per permit.
func (s *Semaphore) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permits.put()
}
