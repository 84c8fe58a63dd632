package task

import (
	"github.com/aura-runtime/aura"
)

// Wake tells one task that something changed. Notifications that no task has taken yet count as one. It is what Tokio
// calls Notify.
type Wake struct {
	mu     guard
	permit turnstile // at most one
}

// NewWake returns a wake without a notification.
func NewWake() *Wake { return &Wake{} }

// Notify wakes one waiting task, or the next one that waits. Any goroutine may call it.
func (w *Wake) Notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.permit.free == 0 {
		w.permit.put()
	}
}

// Wait waits for a notification and takes it. It returns tc's error.
func (w *Wake) Wait(tc Context) error {
	_, err := w.WaitUntil(tc, never)
	return err
}

// WaitUntil is [Wake.Wait] with a time: false without an error means that [Context.Elapsed] reached at.
func (w *Wake) WaitUntil(tc Context, at aura.Duration) (notified bool, err error) {
	if err := tc.enter(); err != nil {
		return false, err
	}
	w.mu.lock(tc.task)
	defer w.mu.unlock(tc.task)
	if w.permit.take() {
		return true, nil
	}
	answer, err := w.permit.wait(tc, &w.mu, wait{op: "wake"}, at)
	return answer == granted, err
}
