package service

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// A withdrawn operation cannot begin for fenceFor: a request that is still on its way when its caller gives up is
// there within moments or never. After that the identifier may be used for another attempt. At most maxFenced
// are remembered.
const (
	fenceFor  = 2 * time.Second
	maxFenced = 1024
)

// Operations knows which actions of users this agent has in hand, so that a caller whose wait ended can learn
// whether its action may still happen. An operation that is not here has ended: the journal tells how.
//
//	(none) ──begin──▶ in hand ──end──▶ (none)
//	   │                 └──the store failed with it──▶ undecided ──a later commit──▶ (none)
//	   └──withdraw──▶ fenced: does not begin
type Operations struct {
	journal *journal.Journal
	doubt   *task.Wake // an action is undecided

	lock   task.Mutex
	live   map[aura.OperationID]*operation
	fenced []fence // the oldest first
}

// fence keeps an operation from beginning until a time, of Elapsed.
type fence struct {
	id    aura.OperationID
	until aura.Duration
}

// operation is an action in hand.
type operation struct {
	id      aura.OperationID
	stop    func()      // tells its handler that the caller waits no more
	ended   *task.Latch // how it ended is known
	settled *task.Latch // the same, or the store failed with it

	// The store failed with it, when there were so many commits. A later one says that it did not happen.
	undecided bool
	commits   uint64
}

// NewOperations returns an empty table for actions that the journal keeps.
func NewOperations(j *journal.Journal) *Operations {
	return &Operations{journal: j, doubt: task.NewWake(), live: map[aura.OperationID]*operation{}}
}

// newOperation returns an action that has not begun. stop is set before it begins.
func newOperation(id aura.OperationID) *operation {
	return &operation{id: id, ended: task.NewLatch(), settled: task.NewLatch()}
}

// begin enters an action. While the same one is in hand, asked for by another caller, it waits: a refusal would
// be taken for the end of an action that then happens. It returns [aura.Cancelled] for one that was withdrawn
// before it came, and [aura.Unavailable] for one whose last attempt may have happened. The zero identifier names no
// action.
func (o *Operations) begin(tc task.Context, op *operation) error {
	if op.id.IsZero() {
		return nil
	}
	for {
		earlier, err := o.enter(tc, op)
		if earlier == nil {
			return err
		}
		if err := earlier.settled.Wait(tc); err != nil {
			return err
		}
	}
}

// enter is begin but for the wait: it returns the action that is in hand.
func (o *Operations) enter(tc task.Context, op *operation) (inHand *operation, err error) {
	const name = "service.Submit"
	o.lock.Lock()
	defer o.lock.Unlock()
	earlier := o.live[op.id]
	switch {
	case slices.ContainsFunc(o.fenced, func(f fence) bool { return f.id == op.id && tc.Elapsed() < f.until }):
		return nil, aura.Errorf(name, aura.Cancelled, "the action was withdrawn a moment ago: try again")
	case earlier != nil && earlier.undecided:
		return nil, aura.Errorf(name, aura.Unavailable, "how the last attempt of the action ended is not known yet")
	case earlier != nil:
		return earlier, nil
	}
	o.live[op.id] = op
	return nil, nil
}

// end takes an action out, unless its outcome is not known.
func (o *Operations) end(op *operation, err error) {
	o.lock.Lock()
	defer o.lock.Unlock()
	defer op.settled.Open()
	if lost, ok := errors.AsType[*journal.UndecidedError](err); ok && !op.id.IsZero() {
		op.undecided, op.commits = true, lost.Commits
		o.doubt.Notify()
		return
	}
	if o.live[op.id] == op {
		delete(o.live, op.id)
	}
	op.ended.Open()
}

// Withdraw takes back an action whose caller waits no more, and reports whether it may still happen. If not,
// it never will, and the journal holds all of it now. It waits, within the budget of tc, for a commit that
// the disk has begun.
func (o *Operations) Withdraw(tc task.Context, id aura.OperationID) (running bool) {
	o.lock.Lock()
	op := o.live[id]
	o.fence(tc, id)
	o.lock.Unlock()
	if op == nil {
		return false
	}
	op.stop()
	return !op.ended.Opened() && op.ended.Wait(tc) != nil
}

// settle finds out about the actions that are undecided: a store that takes another batch after a failure did
// not keep the one that failed. It is a task of a service, because a caller's wait ends with its budget.
func (o *Operations) settle(tc task.Context, entropy world.Entropy) error {
	pause := repairPause()
	for {
		until := task.Forever
		if o.undecided() > 0 {
			probe := journal.Entry{Meta: []journal.KV{{Key: "probe"}}} // removes a key that there is not
			if _, err := o.journal.Append(tc, &probe); tc.Err() != nil {
				return tc.Err()
			} else if err == nil {
				pause.Reset()
			}
			if o.undecided() > 0 {
				until = tc.Elapsed() + pause.Next(entropy)
			}
		}
		if _, err := o.doubt.WaitUntil(tc, until); err != nil {
			return err
		}
	}
}

// undecided takes out the actions of which a later commit says that they did not happen, and counts the rest,
// but for those that only a new start decides.
func (o *Operations) undecided() (n int) {
	commits := o.journal.Commits()
	o.lock.Lock()
	defer o.lock.Unlock()
	// The order of a map must not reach those who wait.
	for _, id := range slices.SortedFunc(maps.Keys(o.live), aura.OperationID.Compare) {
		switch op := o.live[id]; {
		case !op.undecided || op.commits == journal.CommitsLost:
		case commits > op.commits:
			delete(o.live, id)
			op.ended.Open()
		default:
			n++
		}
	}
	return n
}

// fence keeps an action from beginning for a while. The lock is held.
func (o *Operations) fence(tc task.Context, id aura.OperationID) {
	now := tc.Elapsed()
	o.fenced = slices.DeleteFunc(o.fenced, func(f fence) bool { return f.until <= now })
	if o.fenced = append(o.fenced, fence{id, now + fenceFor}); len(o.fenced) > maxFenced {
		o.fenced = o.fenced[1:]
	}
}
