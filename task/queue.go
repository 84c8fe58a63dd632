package task

import "github.com/aura-runtime/aura"

// grant is the answer to a task in a queue.
type grant uint8

const (
	waiting grant = 1 // no answer yet
	granted grant = 2 // the task has what it waited for
	refused grant = 3 // it will never come
)

// queue is a line of parked tasks, first come first served. The lock of the primitive that owns the
// queue guards it, and the links of the tasks in it. The zero value is an empty queue.
type queue struct{ head, tail *task }

func (q *queue) push(t *task) {
	t.queue, t.grant, t.qprev, t.qnext = q, waiting, q.tail, nil
	if q.tail == nil {
		q.head = t
	} else {
		q.tail.qnext = t
	}
	q.tail = t
}

func (q *queue) remove(t *task) {
	if t.qprev == nil {
		q.head = t.qnext
	} else {
		t.qprev.qnext = t.qnext
	}
	if t.qnext == nil {
		q.tail = t.qprev
	} else {
		t.qnext.qprev = t.qprev
	}
	t.queue, t.qprev, t.qnext = nil, nil, nil
}

// answer gives the first task in line its answer and wakes it; false means that no task waits.
func (q *queue) answer(a grant) bool {
	t := q.head
	if t == nil {
		return false
	}
	q.remove(t)
	t.grant = a
	t.unpark()
	return true
}

// answerAll gives every task in line the same answer.
func (q *queue) answerAll(a grant) {
	for q.answer(a) {
	}
}

// await puts the calling task in line and parks it until it has an answer, its context ends (the error)
// or Elapsed reaches until (the answer is waiting). An answer that came counts before a context that
// ended. mu guards q; it is held on entry and on return, and released while parked.
func (q *queue) await(tc Context, mu *guard, on wait, until aura.Duration) (grant, error) {
	t := tc.task
	q.push(t)
	limit := min(until, tc.deadline())
	for {
		mu.park(t, on, limit)
		if t.grant != waiting {
			return t.grant, nil
		}
		if err := tc.Err(); err != nil {
			q.remove(t)
			return waiting, err
		}
		if until != never && tc.Elapsed() >= until {
			q.remove(t)
			return waiting, nil
		}
	}
}
