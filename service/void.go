package service

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// standingPause is the time between two looks at what the rosters say: a change of a recovery key is in force some time
// after it came.
const standingPause = 5 * time.Minute

// renewalBase is the shortest time between two changes of which facts are void. Each makes folds anew from all facts, and
// contacts decide when there is one, so the time grows up to standingPause.
const renewalBase = time.Second

func renewalPause() task.Backoff {
	return task.Backoff{Base: renewalBase, Max: standingPause, Factor: 2, Jitter: 0.3}
}

// standing keeps the journal by what the rosters say: which facts are void. It implements [journal.Sink].
type standing struct {
	env     *Env
	changed *task.Wake

	lock    task.Mutex
	now     directory.Standing // that was found last
	looking bool               // the next one is looked for
	missed  []fact.Record      // that were committed meanwhile
}

func newStanding(e *Env) *standing {
	s := &standing{env: e, changed: task.NewWake()}
	e.Journal.Attach(s)
	return s
}

// Committed implements [journal.Sink].
func (s *standing) Committed(records []fact.Record) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.looking {
		s.missed = append(s.missed, records...)
	}
	s.wake(records)
}

// wake asks for a look when one of the facts may change which are void.
func (s *standing) wake(records []fact.Record) {
	if slices.ContainsFunc(records, func(r fact.Record) bool { return s.now.Concerns(&r) }) {
		s.changed.Notify()
	}
}

// begin says that the standing is looked for.
func (s *standing) begin() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.looking = true
}

// end takes the standing that was found, nil for none. Facts that came since begin may concern it and no earlier one: those of a
// device that it limits first.
func (s *standing) end(found *directory.Standing) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if found != nil {
		s.now = *found
		s.wake(s.missed)
	}
	s.looking, s.missed = false, nil
}

// keep brings the journal up to date at the start, which ends what a crash interrupted, after each fact that may change
// which facts are void, and as time passes.
func (s *standing) keep(tc task.Context) error {
	retry, pace, last := repairPause(), renewalPause(), aura.Duration(0)
	for {
		changed, rosters, err := s.look(tc)
		until := task.Forever
		switch {
		case tc.Err() != nil:
			return tc.Err()
		case err != nil:
			tc.Emit(world.ServiceTroubled("maintenance", "void facts not found", "", err))
			until = tc.Elapsed() + retry.Next(s.env.Entropy)
		case rosters:
			until = tc.Elapsed() + standingPause
			fallthrough
		default:
			retry.Reset()
		}
		if changed {
			if tc.Elapsed()-last > 2*standingPause {
				pace.Reset()
			}
			last = tc.Elapsed()
			if err := tc.Sleep(pace.Next(s.env.Entropy)); err != nil {
				return err
			}
		}
		if _, err := s.changed.WaitUntil(tc, until); err != nil {
			return err
		}
	}
}

// look brings the journal up to date, and makes the agent's folds anew when facts that they took became void or count
// again. It reports whether there were any, and whether a later look may find something else without a new fact.
func (s *standing) look(tc task.Context) (changed, rosters bool, err error) {
	s.begin()
	now, err := s.env.Directory.Standing(s.env.Journal, tc.Now().At)
	if err != nil {
		s.end(nil)
		return false, false, err
	}
	s.end(&now)
	if len(now.Void) > 0 {
		if _, err := s.env.Journal.Append(tc, &journal.Entry{Void: now.Void}); err != nil {
			return false, false, err
		}
		changed = true
		s.changed.Notify() // facts may have come meanwhile, and folds without the void ones may say something else
	}
	if err := s.env.Directory.Renew(tc, s.env.Journal); err != nil {
		return changed, false, err
	}
	return changed, now.Rosters, s.env.Frontier.Renew(tc, s.env.Journal)
}
