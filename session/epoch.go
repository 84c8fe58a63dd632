package session

import (
	"math"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// epochOf returns the epoch in which a session begins that is opened here at an instant. Unless the opening names one, that is the present
// one of its context. A session with a stranger has none, since the two share no context yet, and neither has one of several whose opening
// names none: all of its participants would have to name the same.
func (e *Engine) epochOf(tc task.Context, o *Opening) (func(aura.Physical) aura.Epoch, error) {
	if named := o.Epoch; named != 0 || e.options.Policy == nil || len(o.Parties) != 1 || o.Parties[0].Authority.IsZero() {
		return func(aura.Physical) aura.Epoch { return named }, nil
	}
	p, err := e.options.Policy(tc, o.Context)
	return func(now aura.Physical) aura.Epoch { return guard.EpochAt(p, now) }, err
}

// epochs are those in which a session may have begun for which a peer greets and that begins here now.
type epochs struct{ oldest, newest aura.Epoch }

// anyEpoch refuses none.
var anyEpoch = epochs{0, math.MaxUint64}

// epochsOf returns the epochs for the opening with which a session would begin here. The peer's clock named the epoch, so its clock counts,
// as far as the channel knows it: a clock that is wrong costs no session. One epoch ahead is fine, since two clocks do not turn it at the
// same instant. The oldest is that of a session whose time would be over now, with its budget on this side, or with the default one if that
// is longer.
func (s *speaker) epochsOf(tc task.Context, o *Opening) (epochs, error) {
	policy := s.engine.options.Policy
	if o.Epoch == 0 || policy == nil {
		return anyEpoch, nil
	}
	p, err := policy(tc, o.Context)
	if err != nil {
		return anyEpoch, err
	}
	now := tc.Now()
	if s.talk.Ahead != nil {
		now.At = now.At.Add(s.talk.Ahead(tc))
	}
	in := epochs{newest: guard.EpochAt(p, now) + 1}
	if budget := o.budget(); budget > 0 {
		now.At = now.At.Add(-max(budget, defaultBudget))
		in.oldest = guard.EpochAt(p, now)
	}
	return in, nil
}

// check returns aura.Denied for an epoch that is not one of them.
func (in epochs) check(o *Opening) error {
	const op = "session.Speak"
	switch {
	case o.Epoch > in.newest:
		return aura.Errorf(op, aura.Denied, "session %s is said to begin in epoch %d, and its clock has come to %d at most", aura.Short(o.Name), o.Epoch, in.newest)
	case o.Epoch != 0 && o.Epoch < in.oldest:
		return aura.Errorf(op, aura.Denied, "session %s began in epoch %d, and its time is over since %d", aura.Short(o.Name), o.Epoch, in.oldest)
	}
	return nil
}

// sameEpoch returns aura.Denied for a greeting that names another epoch than the one in which the session began.
func (l *live) sameEpoch(g *Greeting) error {
	if o := &l.opening; g.Epoch != 0 && o.Epoch != 0 && g.Epoch != o.Epoch {
		return aura.Errorf("session.Speak", aura.Denied, "session %s began in epoch %d, and the other side greets for one of epoch %d", aura.Short(o.Name), o.Epoch, g.Epoch)
	}
	return nil
}
