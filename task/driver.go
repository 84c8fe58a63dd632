package task

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
)

// Run implements [Executor]. Besides the failures of tasks it returns [aura.Internal] when
// every live task waits and nothing will ever come or when a task blocks outside this package, and
// [aura.Exhausted] when a limit of [SimOptions] was passed. The tasks that are left are then unwound as by a crash. A task that
// calls runtime.Goexit, as a failing test does, fails; the caller of Run goes on.
func (s *Sim) Run(name string, fn func(Context) error) error {
	if s.root != nil {
		return aura.Errorf("task.Run", aura.Conflict, "%s: the simulation runs already", name)
	}
	s.failure, s.stall = nil, 0
	s.root = newRoot(s, name, func() {})
	var result error
	t := s.newTask()
	t.name, t.group = "main", s.root
	t.fn = func(tc Context) error {
		result = fn(tc)
		return result
	}
	s.root.add(t)
	s.root.spawned(t)
	s.spawn(t)
	if err := s.watch(); err != nil {
		return err // a coroutine still runs: the world is lost, and root stays set
	}
	root := s.root
	s.root = nil
	for _, c := range s.idle {
		c.stop()
	}
	s.idle = nil
	if s.failure != nil {
		return s.failure
	}
	return root.verdict(result)
}

// drive runs tasks until none is live. It does not return normally when a task ends by runtime.Goexit,
// which ends the driving goroutine too; the caller starts another one, which goes on here.
func (s *Sim) drive() {
	for {
		var t *simTask
		switch {
		case len(s.doomed) > 0:
			t = s.doomed[0]
			s.doomed = s.doomed[1:]
		case s.crasher != nil:
			t, s.crasher = s.crasher, nil
		case len(s.runnable) > 0:
			t = s.pick()
		case s.advance():
			continue
		case s.root.isEmpty():
			return
		default:
			s.end(aura.Errorf("task.Run", aura.Internal, "nothing can happen any more, and live are: %s", s.waits()))
			continue
		}
		if !s.step(t) {
			return
		}
	}
}

// step resumes t until it parks or ends. False means that the watchdog gave up in the meantime.
func (s *Sim) step(t *simTask) bool {
	s.steps++
	s.stall++
	s.digest.step(t.id)
	if !t.crashed && s.overLimit(t) {
		return true // t is now among those to unwind
	}
	c := t.coroutine
	if c == nil {
		if t.crashed {
			t.end(t.broken(nil), true) // it never began
			return true
		}
		c = s.coroutine()
		c.task, t.coroutine = t, c
	}
	s.current.Store(t)
	c.next()
	if s.probe.Load() != probeIdle && s.answerProbe() {
		return false
	}
	if c.task == nil && len(s.idle) < s.options.Pool {
		s.idle = append(s.idle, c)
	} else if c.task == nil {
		c.stop()
	}
	return true
}

// coroutine returns an idle one, or a new one.
func (s *Sim) coroutine() *coroutine {
	if n := len(s.idle); n > 0 {
		c := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return c
	}
	return newCoroutine()
}

// overLimit ends the world when t's step is one too many.
func (s *Sim) overLimit(t *simTask) bool {
	switch {
	case s.options.StepLimit > 0 && s.steps > s.options.StepLimit:
		s.end(aura.Errorf("task.Run", aura.Exhausted, "limit of %d steps passed, at %s; live are: %s",
			s.options.StepLimit, t.path(), s.waits()))
		return true
	case s.stall > s.options.StallLimit:
		s.end(aura.Errorf("task.Run", aura.Exhausted, "the time stands still after %d steps, at %s; live are: %s",
			s.options.StallLimit, t.path(), s.waits()))
		return true
	}
	return false
}

// end records why the world cannot go on and unwinds the live tasks.
func (s *Sim) end(err error) {
	s.failure = err
	s.markCrashed(s.root, nil)
}

// waits lists the live tasks and the wait of each.
func (s *Sim) waits() string {
	const most = 20
	var names []string
	s.root.each(func(t *task) {
		line := t.path()
		if st := t.parker.(*simTask); st.parked {
			line += " (" + st.on.String() + ")"
		}
		names = append(names, line)
	})
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}
