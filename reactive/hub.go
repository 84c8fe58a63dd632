package reactive

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// DefaultBuffer is how many snapshots wait for a subscriber before it lags. A person's screen draws
// a few times in a window of values this long; a program that cannot keep up wants the newest.
const DefaultBuffer = 16

// Hub holds the newest snapshot of every registered signal and its subscribers. It is safe for
// concurrent use. Only the holder of an [Outlet] can change a signal, and only through a scheduler.
type Hub struct {
	mu     task.Mutex
	frame  *Frame
	subs   map[int][]*queue // by slot
	closed bool
}

// Close ends all subscriptions, present and later: their Next returns [aura.Cancelled]. The signals keep their
// snapshots.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	subs := h.subs
	h.subs = map[int][]*queue{}
	h.mu.Unlock()
	for _, slot := range slices.Sorted(maps.Keys(subs)) {
		for _, q := range subs[slot] {
			q.close()
		}
	}
}

// Frame is the state of all signals at one revision. It never changes, so values read from one
// frame always belong together.
type Frame struct {
	revision uint64
	index    map[string]int // shared by frames; copied when a signal is registered
	slots    []slot
}

type slot struct {
	revision uint64
	value    any
}

// NewHub returns a hub without signals.
func NewHub() *Hub {
	return &Hub{frame: &Frame{index: map[string]int{}}, subs: map[int][]*queue{}}
}

// Outlet is the right to publish one signal. The task that registered the signal holds the only one.
type Outlet[T any] struct {
	slot int
	name string
}

// Register adds a signal with its first value and returns the only outlet for it. It returns
// [aura.Conflict] if the name is taken.
func Register[T any](h *Hub, s Signal[T], first T) (*Outlet[T], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.frame
	if _, taken := old.index[s.name]; taken {
		return nil, aura.Errorf("reactive.Register", aura.Conflict, "signal %q is registered already", s.name)
	}
	n := len(old.slots)
	index := maps.Clone(old.index)
	index[s.name] = n
	slots := make([]slot, n+1)
	copy(slots, old.slots)
	slots[n] = slot{revision: old.revision, value: first}
	h.frame = &Frame{revision: old.revision, index: index, slots: slots}
	return &Outlet[T]{slot: n, name: s.name}, nil
}

// Put stages v for publication with the rest of the batch. The value belongs to the subscribers
// from now on: the publisher must not change the data it refers to.
func (o *Outlet[T]) Put(st *Stage, v T) { st.put(o.slot, v) }

// Frame returns the state of all signals now.
func (h *Hub) Frame() *Frame {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.frame
}

// Revision counts the batches published before this frame.
func (f *Frame) Revision() uint64 { return f.revision }

// Value returns a signal's snapshot in the frame. It returns [aura.NotFound] for an unregistered
// signal and [aura.Invalid] if it carries another type.
func Value[T any](f *Frame, s Signal[T]) (Snapshot[T], error) {
	const op = "reactive.Value"
	i, ok := f.index[s.name]
	if !ok {
		return Snapshot[T]{}, errUnregistered(op, s.name)
	}
	v, ok := f.slots[i].value.(T)
	if !ok {
		return Snapshot[T]{}, errType[T](op, s.name)
	}
	return Snapshot[T]{Revision: f.slots[i].revision, Value: v}, nil
}

// publish makes everything staged visible as one frame and wakes the subscribers concerned. It
// never waits for any of them.
func (h *Hub) publish(st *Stage) {
	if len(st.staged) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.frame
	next := &Frame{revision: old.revision + 1, index: old.index, slots: make([]slot, len(old.slots))}
	copy(next.slots, old.slots)
	for _, s := range st.staged {
		next.slots[s.slot] = slot{revision: next.revision, value: s.value}
	}
	h.frame = next
	for _, s := range st.staged {
		for _, q := range h.subs[s.slot] {
			q.push(next.slots[s.slot])
		}
	}
}
