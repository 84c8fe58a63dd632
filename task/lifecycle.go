package task

import (
	"fmt"
	"github.com/aura-runtime/aura"
)

// State is where a service is in its life.
//
//	new ──▶ starting ──▶ running ──▶ stopping ──▶ stopped
//	 │          └──────────────────────▲
//	 └─────────────────────────────────┘
//
// Every state but stopped may become failed; stopped and failed are final.
type State uint8

// The states.
const (
	New      State = 1 // before its start
	Starting State = 2 // repairing its state
	Running  State = 3 // its receive loop is alive
	Stopping State = 4 // its tasks were told to end
	Stopped  State = 5 // no live task, resources released
	Failed   State = 6 // broken for good; see Lifecycle.Err
)

// String returns the state in a word.
func (s State) String() string {
	switch s {
	case New:
		return "new"
	case Starting:
		return "starting"
	case Running:
		return "running"
	case Stopping:
		return "stopping"
	case Stopped:
		return "stopped"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// next lists the states that may follow s: the transition table.
func (s State) next() []State {
	switch s {
	case New:
		return []State{Starting, Stopping, Failed}
	case Starting:
		return []State{Running, Stopping, Failed}
	case Running:
		return []State{Stopping, Failed}
	case Stopping:
		return []State{Stopped, Failed}
	}
	return nil
}

// follows reports whether s may come directly after from.
func (s State) follows(from State) bool {
	for _, to := range from.next() {
		if to == s {
			return true
		}
	}
	return false
}

// reachable reports whether s may still come, now or later, for a service in state from.
func (s State) reachable(from State) bool {
	if s == from {
		return true
	}
	for _, to := range from.next() {
		if s.reachable(to) {
			return true
		}
	}
	return false
}

// Lifecycle shows the state of a service. It changes nothing: only the [Handle] that the service's owner
// holds moves it.
type Lifecycle struct {
	changed func(from, to State, err error) // reports a transition; called with the lock, must not block

	mu    guard
	state State
	err   error
	line  queue
}

// State returns the present state.
func (l *Lifecycle) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Err returns why the service failed, or nil.
func (l *Lifecycle) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Wait waits until the service is in the given state. When that can no longer happen it returns the
// failure of a failed service, else [aura.Stale]. It also returns tc's error.
func (l *Lifecycle) Wait(tc Context, want State) error {
	if err := tc.enter(); err != nil {
		return err
	}
	l.mu.lock(tc.task)
	defer l.mu.unlock(tc.task)
	for l.state != want {
		if !want.reachable(l.state) {
			if l.err != nil {
				return l.err
			}
			return aura.Errorf("task.Wait", aura.Stale, "the service is %v and will not be %v again", l.state, want)
		}
		if _, err := l.line.await(tc, &l.mu, wait{"service state", want.String()}, never); err != nil {
			return err
		}
	}
	return nil
}

// move makes a transition; false means that the table forbids it. err is the cause of a failure.
func (l *Lifecycle) move(to State, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !to.follows(l.state) {
		return false
	}
	from := l.state
	l.state, l.err = to, err
	l.changed(from, to, err)
	l.line.answerAll(granted)
	return true
}
