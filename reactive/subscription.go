package reactive

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Subscription receives the snapshots of one signal. One task at a time calls Next.
type Subscription[T any] struct {
	hub    *Hub
	slot   int
	signal Signal[T]
	queue  *queue
}

// Subscribe returns a subscription whose first snapshot is the current one. buffer is how many
// snapshots may wait for the subscriber; 0 means [DefaultBuffer]. It returns [aura.NotFound] at
// once if the signal is not registered, and [aura.Invalid] if it carries another type.
func Subscribe[T any](h *Hub, s Signal[T], buffer int) (*Subscription[T], error) {
	const op = "reactive.Subscribe"
	if buffer <= 0 {
		buffer = DefaultBuffer
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	i, ok := h.frame.index[s.name]
	if !ok {
		return nil, errUnregistered(op, s.name)
	}
	if _, ok := h.frame.slots[i].value.(T); !ok {
		return nil, errType[T](op, s.name)
	}
	q := &queue{limit: buffer, changed: task.NewWake()}
	q.push(h.frame.slots[i])
	if h.closed {
		q.close()
	} else {
		h.subs[i] = append(h.subs[i], q)
	}
	return &Subscription[T]{hub: h, slot: i, signal: s, queue: q}, nil
}

// Next returns the next snapshot, waiting for one if there is none. A subscriber that lagged gets
// the newest snapshot with Missed set, and the lag is reported as an event. Next returns the
// cancellation of tc, or [aura.Cancelled] after Close.
func (s *Subscription[T]) Next(tc task.Context) (Snapshot[T], error) {
	for {
		item, missed, state := s.queue.pop()
		switch state {
		case queueItem:
			if missed > 0 {
				tc.Emit(world.ServiceTroubled(schedulerName, "subscriber lags", world.Text(s.signal.name), aura.Exhausted))
			}
			return Snapshot[T]{Revision: item.revision, Missed: missed, Value: item.value.(T)}, nil
		case queueClosed:
			return Snapshot[T]{}, aura.Errorf("reactive.Next", aura.Cancelled, "subscription to %q is closed", s.signal.name)
		}
		if err := s.queue.changed.Wait(tc); err != nil {
			return Snapshot[T]{}, err
		}
	}
}

// ForEach calls fn with the current snapshot and every later one until fn returns an error or tc
// is cancelled, and returns that error.
func (s *Subscription[T]) ForEach(tc task.Context, fn func(Snapshot[T]) error) error {
	for {
		snap, err := s.Next(tc)
		if err != nil {
			return err
		}
		if err := fn(snap); err != nil {
			return err
		}
	}
}

// Close ends the subscription. A waiting Next returns [aura.Cancelled].
func (s *Subscription[T]) Close() {
	s.hub.mu.Lock()
	s.hub.subs[s.slot] = slices.DeleteFunc(s.hub.subs[s.slot], func(q *queue) bool { return q == s.queue })
	s.hub.mu.Unlock()
	s.queue.close()
}

// queue is a subscriber's bounded buffer. When it is full, the waiting values are dropped and only the
// newest snapshot stays: a whole snapshot makes the ones before it worthless.
type queue struct {
	mu      task.Mutex
	items   []slot
	limit   int
	missed  uint64
	closed  bool
	changed *task.Wake
}

type queueState uint8

const (
	queueEmpty  queueState = 0
	queueItem   queueState = 1
	queueClosed queueState = 2
)

func (q *queue) push(item slot) {
	q.mu.Lock()
	if len(q.items) >= q.limit {
		q.missed += uint64(len(q.items))
		clear(q.items)
		q.items = q.items[:0]
	}
	q.items = append(q.items, item)
	q.mu.Unlock()
	q.changed.Notify()
}

func (q *queue) pop() (item slot, missed uint64, state queueState) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return slot{}, 0, queueClosed
	case len(q.items) == 0:
		return slot{}, 0, queueEmpty
	}
	item = q.items[0]
	q.items = slices.Delete(q.items, 0, 1)
	missed, q.missed = q.missed, 0
	return item, missed, queueItem
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.changed.Notify()
}
