package chain

import (
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// keys lets decisions with the same key pass one after the other, so that the second finds the result of the first.
//
// Owner: a leaf lock.
type keys struct {
	mu    task.Mutex
	turns map[guard.Key]*turn
}

// turn is the permit of one key, with how many decisions have or want it.
type turn struct {
	permit *task.Semaphore
	users  int
}

// enter waits for the decisions with the same key and returns the function that lets the next one in. It returns tc's error.
func (k *keys) enter(tc task.Context, key guard.Key) (leave func(), err error) {
	k.mu.Lock()
	t := k.turns[key]
	if t == nil {
		t = &turn{permit: task.NewSemaphore(1)}
		k.turns[key] = t
	}
	t.users++
	k.mu.Unlock()
	forget := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if t.users--; t.users == 0 {
			delete(k.turns, key)
		}
	}
	if err := t.permit.Acquire(tc); err != nil {
		forget()
		return nil, err
	}
	return func() {
		t.permit.Release()
		forget()
	}, nil
}
