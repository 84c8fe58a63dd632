package task

// Latch opens once and stays open.
type Latch struct {
	mu   guard
	open bool
	line queue
}

// NewLatch returns a latch that is shut.
func NewLatch() *Latch { return &Latch{} }

// Open opens the latch for every task. Any goroutine may call it, also twice.
func (l *Latch) Open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
	l.line.answerAll(granted)
}

// Opened reports whether the latch is open.
func (l *Latch) Opened() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// Wait waits until the latch is open. It returns tc's error.
func (l *Latch) Wait(tc Context) error {
	if err := tc.enter(); err != nil {
		return err
	}
	l.mu.lock(tc.task)
	defer l.mu.unlock(tc.task)
	if l.open {
		return nil
	}
	_, err := l.line.await(tc, &l.mu, wait{op: "latch"}, never)
	return err
}
