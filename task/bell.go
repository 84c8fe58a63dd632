package task

import (
	"github.com/aura-runtime/aura"
)

// Bell says that something changed. Rings that nobody has heard yet count as one.
type Bell struct {
	mu   guard
	ring turnstile // at most one permit
}

// NewBell returns a bell that has not rung.
func NewBell() *Bell { return &Bell{} }

// Ring wakes one waiting task, or the next one that waits. Any goroutine may call it.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ring.free == 0 {
		b.ring.put()
	}
}

// Wait waits for a ring and uses it up. It returns tc's error.
func (b *Bell) Wait(tc Context) error {
	_, err := b.WaitUntil(tc, never)
	return err
}

// WaitUntil is [Bell.Wait] with a time: false without an error means that [Context.Elapsed] reached at.
func (b *Bell) WaitUntil(tc Context, at aura.Duration) (rung bool, err error) {
	if err := tc.enter(); err != nil {
		return false, err
	}
	b.mu.lock(tc.task)
	defer b.mu.unlock(tc.task)
	if b.ring.take() {
		return true, nil
	}
	answer, err := b.ring.wait(tc, &b.mu, wait{op: "bell"}, at)
	return answer == granted, err
}
