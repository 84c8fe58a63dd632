package task

// Future carries one result from one task to the tasks that wait for it.
type Future[T any] struct {
	mu    guard
	done  bool
	value T
	err   error
	line  queue
}

// NewFuture returns a future without a result.
func NewFuture[T any]() *Future[T] { return &Future[T]{} }

// Resolve sets the result; false means that there was one already. Any goroutine may call it.
func (r *Future[T]) Resolve(v T, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return false
	}
	r.done, r.value, r.err = true, v, err
	r.line.answerAll(granted)
	return true
}

// Await waits for the result and returns it, or tc's error.
func (r *Future[T]) Await(tc Context) (v T, err error) {
	if err := tc.enter(); err != nil {
		return v, err
	}
	r.mu.lock(tc.task)
	defer r.mu.unlock(tc.task)
	if !r.done {
		if _, err := r.line.await(tc, &r.mu, wait{op: "reply"}, never); err != nil {
			return v, err
		}
	}
	return r.value, r.err
}
