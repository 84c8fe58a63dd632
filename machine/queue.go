package machine

import "math/bits"

// levels is the number of priorities of a ready queue.
const levels = 16

// queue holds the ready roles: one list for each priority, so that taking the next one and removing any one
// cost the same, however many are ready. The lists are threaded through the processes.
type queue struct {
	lists    [levels]list
	occupied uint32 // bit i: lists[i] is not empty
	count    int
}

type list struct{ first, last *process }

func (q *queue) push(p *process, level uint8) {
	l := &q.lists[level]
	p.queued, p.level = true, level
	p.prev, p.next = l.last, nil
	if l.last == nil {
		l.first = p
		q.occupied |= 1 << level
	} else {
		l.last.next = p
	}
	l.last = p
	q.count++
}

func (q *queue) pushFront(p *process, level uint8) {
	l := &q.lists[level]
	p.queued, p.level = true, level
	p.prev, p.next = nil, l.first
	if l.first == nil {
		l.last = p
		q.occupied |= 1 << level
	} else {
		l.first.prev = p
	}
	l.first = p
	q.count++
}

func (q *queue) remove(p *process) {
	if !p.queued {
		return
	}
	l := &q.lists[p.level]
	if p.prev == nil {
		l.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		l.last = p.prev
	} else {
		p.next.prev = p.prev
	}
	if l.first == nil {
		q.occupied &^= 1 << p.level
	}
	p.prev, p.next, p.queued = nil, nil, false
	q.count--
}

// first returns the next role, nil if none is ready.
func (q *queue) first() *process {
	if q.occupied == 0 {
		return nil
	}
	return q.lists[31-bits.LeadingZeros32(q.occupied)].first
}

// after returns the next role after p.
func (q *queue) after(p *process) *process {
	if p.next != nil {
		return p.next
	}
	lower := q.occupied & (1<<p.level - 1)
	if lower == 0 {
		return nil
	}
	return q.lists[31-bits.LeadingZeros32(lower)].first
}

// level is the priority of a role under a scheduler.
func (m *Machine) level(p *process) uint8 {
	switch m.options.Scheduler {
	case SchedulerPriorityFixed:
		return p.priority
	case SchedulerProgressAware, SchedulerPriorityToken:
		if p.token {
			return 1
		}
	}
	return 0
}
