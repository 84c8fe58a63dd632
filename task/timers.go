package task

import (
	"container/heap"

	"github.com/aura-runtime/aura"
)

// timers orders the simulated tasks that have a timer by when it is due, and by age among equals.
type timers struct{ heap timerHeap }

// Len returns how many timers there are.
func (s *timers) Len() int { return len(s.heap) }

// first returns the task whose timer is due first.
func (s *timers) first() *simTask { return s.heap[0] }

// set gives t a timer, or an earlier one.
func (s *timers) set(t *simTask, due aura.Duration) {
	fresh := t.due == never
	t.due = due
	if fresh {
		heap.Push(&s.heap, t)
	} else {
		heap.Fix(&s.heap, t.slot)
	}
}

// reset moves t's timer to the deadline of its present wait, or drops it.
func (s *timers) reset(t *simTask) {
	if !t.parked || t.until == never {
		s.remove(t)
		return
	}
	t.due = t.until
	heap.Fix(&s.heap, t.slot)
}

// remove drops t's timer.
func (s *timers) remove(t *simTask) {
	heap.Remove(&s.heap, t.slot)
	t.due = never
}

// timerHeap implements [heap.Interface]. Pointers are no allocation when they become an any.
type timerHeap []*simTask

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].due != h[j].due {
		return h[i].due < h[j].due
	}
	return h[i].id < h[j].id
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot, h[j].slot = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*simTask)
	t.slot = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	old := *h
	last := len(old) - 1
	t := old[last]
	old[last] = nil
	*h = old[:last]
	return t
}
