package task

import (
	"github.com/aura-runtime/aura"
)

// Mailbox is a bounded queue between tasks: values leave in the order in which they entered. Any number
// of tasks may send and receive.
type Mailbox[T any] struct {
	name   string
	mu     guard
	ring   []T // grows up to the capacity
	head   int
	length int
	slots  turnstile // permits to put a value in; free + promised + length = capacity
	items  turnstile // permits to take a value out; free + promised = length
	closed bool
}

// NewMailbox returns a mailbox for capacity values, at least one. The name appears in reports of
// waiting tasks.
func NewMailbox[T any](name string, capacity int) *Mailbox[T] {
	return &Mailbox[T]{name: name, slots: turnstile{free: max(1, capacity)}}
}

// Send puts v in and waits while the mailbox is full. It returns tc's error, or [aura.Cancelled] when
// the mailbox is closed; v was not sent then.
func (m *Mailbox[T]) Send(tc Context, v T) error {
	if err := tc.enter(); err != nil {
		return err
	}
	m.mu.lock(tc.task)
	if m.closed {
		m.mu.unlock(tc.task)
		return m.closedError("task.Send")
	}
	if m.slots.take() {
		m.push(v)
		m.mu.unlock(tc.task)
		return nil
	}
	defer m.mu.unlock(tc.task)
	_, err := m.slots.wait(tc, &m.mu, wait{"send to", m.name}, never)
	if err != nil {
		return err
	}
	if m.closed {
		return m.closedError("task.Send")
	}
	m.push(v)
	return nil
}

// TrySend puts v in if there is room, and reports whether it did. It never waits; any goroutine may call it.
func (m *Mailbox[T]) TrySend(v T) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || !m.slots.take() {
		return false
	}
	m.push(v)
	return true
}

// Recv takes the oldest value out and waits while there is none. It returns tc's error, or
// [aura.Cancelled] when the mailbox is closed and drained.
func (m *Mailbox[T]) Recv(tc Context) (T, error) {
	v, _, err := m.RecvUntil(tc, never)
	return v, err
}

// RecvUntil is [Mailbox.Recv] with a time: false without an error means that [Context.Elapsed] reached at
// and there was no value.
func (m *Mailbox[T]) RecvUntil(tc Context, at aura.Duration) (v T, ok bool, err error) {
	if err := tc.enter(); err != nil {
		return v, false, err
	}
	m.mu.lock(tc.task)
	if m.items.take() {
		v = m.pop()
		m.mu.unlock(tc.task)
		return v, true, nil
	}
	if m.closed {
		m.mu.unlock(tc.task)
		return v, false, m.closedError("task.Recv")
	}
	defer m.mu.unlock(tc.task)
	answer, err := m.items.wait(tc, &m.mu, wait{"receive from", m.name}, at)
	switch {
	case err != nil:
		return v, false, err
	case answer == granted:
		return m.pop(), true, nil
	case answer == refused:
		return v, false, m.closedError("task.Recv")
	}
	return v, false, nil
}

// TryRecv takes the oldest value out if there is one. It never waits; any goroutine may call it.
func (m *Mailbox[T]) TryRecv() (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.items.take() {
		return v, false
	}
	return m.pop(), true
}

// Len returns the number of values inside.
func (m *Mailbox[T]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.length
}

// Close refuses further values. Receivers get the values inside and then [aura.Cancelled]; waiting senders
// get it at once. Any goroutine may call it, also twice.
func (m *Mailbox[T]) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.slots.line.answerAll(refused)
	m.items.line.answerAll(refused)
}

// push uses up a slot permit and makes an item permit. m.mu is held.
func (m *Mailbox[T]) push(v T) {
	if m.length == len(m.ring) {
		m.grow()
	}
	i := m.head + m.length
	if i >= len(m.ring) {
		i -= len(m.ring)
	}
	m.ring[i] = v
	m.length++
	m.items.put()
}

// pop uses up an item permit and makes a slot permit. m.mu is held.
func (m *Mailbox[T]) pop() T {
	var zero T
	v := m.ring[m.head]
	m.ring[m.head] = zero // a received value must not be kept alive
	m.head++
	if m.head == len(m.ring) {
		m.head = 0
	}
	m.length--
	m.slots.put()
	return v
}

// grow doubles the ring. The slot permits keep it within the capacity of the mailbox, rounded up.
func (m *Mailbox[T]) grow() {
	ring := make([]T, max(4, 2*len(m.ring)))
	n := copy(ring, m.ring[m.head:])
	copy(ring[n:], m.ring[:m.head])
	m.ring, m.head = ring, 0
}

func (m *Mailbox[T]) closedError(op aura.Op) error {
	return aura.Errorf(op, aura.Cancelled, "mailbox %s is closed", m.name)
}
