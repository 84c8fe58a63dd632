package session

import (
	"container/heap"
	"slices"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Witness is a timeout that the engine issued.
//
//	issued ─▶ expired     by the engine's timer, and the session ends with it
//	   └────▶ taken back  by who asked for it, or by the end of the session
//
// Nothing else ends a session for the time that has passed.
type Witness = view.Witness

// timeout is a witness that was issued, and its place among the timers.
type timeout struct {
	witness Witness
	due     aura.Instant // of the steady clock
	session *live
	at      int // in timers; -1: it was taken back, or has expired
}

// timers are all timeouts that were issued, the next to expire first.
type timers struct {
	all    []*timeout
	clock  steady
	sooner *task.Future[struct{}] // of the task that waits for the next one
}

// steady is the device's clock, but it does not go back: where the device's is set back, the time that passes counts. Otherwise a timeout
// that was issued while the clock was years ahead would come years after the clock was set right. The engine's task uses it.
type steady struct {
	shows   aura.Instant
	now     aura.Instant // what the device's clock showed
	elapsed aura.Duration
}

// look returns what the steady clock shows and what the device's does.
func (s *steady) look(tc task.Context) (shows, now aura.Instant) {
	now, elapsed := tc.Now().At, tc.Elapsed()
	if s.now == 0 {
		s.shows = now
	} else {
		s.shows = s.shows.Add(max(now.Sub(s.now), elapsed-s.elapsed))
	}
	s.now, s.elapsed = now, elapsed
	return s.shows, now
}

// Len implements [heap.Interface].
func (t *timers) Len() int { return len(t.all) }

// Less implements [heap.Interface].
func (t *timers) Less(i, j int) bool { return t.all[i].due < t.all[j].due }

// Swap implements [heap.Interface].
func (t *timers) Swap(i, j int) {
	t.all[i], t.all[j] = t.all[j], t.all[i]
	t.all[i].at, t.all[j].at = i, j
}

// Push implements [heap.Interface].
func (t *timers) Push(x any) {
	added := x.(*timeout)
	added.at = len(t.all)
	t.all = append(t.all, added)
}

// Pop implements [heap.Interface].
func (t *timers) Pop() any {
	last := t.all[len(t.all)-1]
	last.at = -1
	t.all[len(t.all)-1] = nil
	t.all = t.all[:len(t.all)-1]
	return last
}

func (o *Opening) budget() aura.Duration {
	if o.Budget == 0 && o.Persistent {
		return defaultBudget
	}
	return o.Budget
}

// endsBy returns when a budget is over of which a recording names the end: no later than if it began now. A clock that was ahead
// when it began had put its end years away.
func endsBy(until, now aura.Instant, budget aura.Duration) aura.Instant {
	if budget <= 0 {
		return until // not known
	}
	return min(until, now.Add(budget))
}

// issue makes a witness that the session expires by.
func (l *live) issue(tc task.Context, until aura.Instant) *timeout {
	t := l.number(tc, until)
	t.start()
	return t
}

func (l *live) number(tc task.Context, until aura.Instant) *timeout {
	l.issued++
	shows, now := l.engine.timers.clock.look(tc)
	t := &timeout{witness: Witness{ID: l.issued, Until: until}, due: shows.Add(until.Sub(now)), session: l, at: -1}
	l.timeouts = append(l.timeouts, t)
	return t
}

func (t *timeout) start() {
	timers := &t.session.engine.timers
	heap.Push(timers, t)
	if t.at == 0 && timers.sooner != nil {
		timers.sooner.Resolve(struct{}{}, nil)
		timers.sooner = nil
	}
}

// goOn starts the timeouts that the program was granted again after a restart: it has repeated the recorded messages, and waits for
// something new. Until then it might take them back, as it had before.
func (l *live) goOn() {
	for _, t := range l.again {
		if slices.Contains(l.timeouts, t) {
			t.start()
		}
	}
	l.again = nil
}

// takeBack voids witnesses of the session: those that are named, or all.
func (l *live) takeBack(which ...*timeout) {
	if len(which) == 0 {
		which, l.timeouts = l.timeouts, nil
	}
	for _, t := range which {
		if t.at >= 0 {
			heap.Remove(&l.engine.timers, t.at)
		}
		l.timeouts = slices.DeleteFunc(l.timeouts, func(o *timeout) bool { return o == t })
	}
}

// expireAll waits for the next timeout, whichever it is, for as long as the engine runs.
func (e *Engine) expireAll(tc task.Context) error {
	type look struct {
		due    []*timeout
		wait   aura.Duration // zero: there is none
		sooner *task.Future[struct{}]
	}
	for {
		next, err := ask(tc, e, func(tc task.Context) (n look, err error) {
			t := &e.timers
			shows, _ := t.clock.look(tc)
			for len(t.all) > 0 && t.all[0].due <= shows {
				n.due = append(n.due, heap.Pop(t).(*timeout))
			}
			if len(t.all) > 0 {
				n.wait = t.all[0].due.Sub(shows)
			}
			t.sooner = task.NewFuture[struct{}]()
			n.sooner = t.sooner
			return n, nil
		})
		if err != nil {
			return nil
		}
		for _, t := range next.due {
			e.group.Go("session.expire", func(tc task.Context) error { return e.expire(tc, t) })
		}
		wait, done := tc, func() {}
		if next.wait > 0 {
			wait, done = tc.WithBudget("timeout of a session", next.wait)
		}
		_, _ = next.sooner.Await(wait)
		done()
		if tc.Err() != nil {
			return nil
		}
	}
}

// expire ends a session by a witness, which it consumes. One that was taken back meanwhile ends nothing. A step that is under
// way comes first.
func (e *Engine) expire(tc task.Context, t *timeout) error {
	l := t.session
	_ = task.Retry(tc, endPause(), e.options.Entropy, func(err error) bool {
		l.emit(tc, world.ServiceTroubled(e.Name(), "the end of a session tried again", "", err))
		return true
	}, func(tc task.Context) error {
		return e.finish(tc, l, nil, func() (bool, error) {
			if l.expired != nil {
				return true, nil // it was the disk's turn
			}
			if !slices.Contains(l.timeouts, t) {
				return false, nil
			}
			l.takeBack(t)
			l.expired = &t.witness
			return true, l.cancel(e.options.Own, "")
		})
	})
	return nil
}

// Within bounds the work of the program from now on until it calls done. When the budget is over before, the session expires, by
// a witness that its end names, and a Receive that waits returns aura.Timeout. After a restart the program is granted the rest of
// the budget and not a new one. When its role had played its part by then, nothing is left to bound.
func (p *Port) Within(tc task.Context, budget aura.Duration) (done func(), err error) {
	l := p.session
	if err := l.turn.Acquire(tc); err != nil {
		return nil, err
	}
	defer l.turn.Release()
	// The recording of a session that has ended may be gone already: a wait that it gets now would stay.
	played, err := ask(tc, l.engine, func(task.Context) (bool, error) {
		if l.ended && !l.closed {
			return false, l.over("session.Within")
		}
		return l.closed, nil
	})
	if err != nil || played {
		return func() {}, err
	}
	now := tc.Now().At
	until, again := now.Add(budget), len(l.granted) > 0
	if again {
		until, l.granted = endsBy(l.granted[0], now, budget), l.granted[1:]
	} else if r := (record{Kind: recordTimeout, Until: until}); l.recorded {
		if err := l.record(tc, [][]byte{encode(r)}); err != nil {
			return nil, err
		}
	} else if l.opening.Persistent {
		l.late = append(l.late, r)
	}
	t, err := settle(tc, l.engine, func(tc task.Context) (*timeout, error) {
		if l.ended {
			return nil, l.over("session.Within")
		}
		if again {
			t := l.number(tc, until)
			l.again = append(l.again, t)
			return t, nil
		}
		return l.issue(tc, until), nil
	})
	if err != nil {
		return nil, err
	}
	return func() {
		_, _ = settle(tc, l.engine, func(task.Context) (struct{}, error) {
			l.takeBack(t)
			return struct{}{}, nil
		})
	}, nil
}
