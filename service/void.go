package service

import (
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

	lock task.Mutex
	now  directory.Standing // that was found last
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
	for i := range records {
		if s.now.Concerns(&records[i]) {
			s.changed.Notify()
			return
		}
	}
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
	now, err := s.env.Directory.Standing(s.env.Journal, tc.Now().At)
	if err != nil {
		return false, false, err
	}
	s.lock.Lock()
	s.now = now
	s.lock.Unlock()
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
