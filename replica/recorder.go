package replica

import (
	"errors"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const (
	// gatherAcks is how long acknowledgements gather before they become facts: a fact costs a sync, and a
	// person is shown when a peer has a message. gatherMost is how long they gather while other members of the
	// same contexts, who are connected, have not acknowledged yet: one decision then serves a whole group.
	gatherAcks = 10 * time.Millisecond
	gatherMost = 150 * time.Millisecond
	// gatherMany is how many acknowledgements one decision keeps at most.
	gatherMany = 64
	// movedOften is how often at once an acknowledgement is decided while facts of other branches come back meanwhile.
	movedOften = 8
)

// recorder writes acknowledgements of peers as facts: one decision, and one sync, for all that arrive within a
// moment.
type recorder struct {
	sync    *Replicator
	changed *task.Wake

	lock    task.Mutex
	open    map[*session]bool // those that run
	waiting map[linkKey]*session
}

func newRecorder(s *Replicator) *recorder {
	return &recorder{sync: s, changed: task.NewWake(), open: map[*session]bool{}, waiting: map[linkKey]*session{}}
}

// watch begins to watch a session, until unwatch. The acknowledgements before its end are kept.
func (r *recorder) watch(s *session) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.open[s] = true
}

func (r *recorder) unwatch(s *session) {
	r.lock.Lock()
	delete(r.open, s)
	r.lock.Unlock()
	r.changed.Notify() // its acknowledgement is not awaited any more
}

// add notes that the peer of a session acknowledged more.
func (r *recorder) add(s *session) {
	r.lock.Lock()
	r.waiting[s.link.key] = s
	r.lock.Unlock()
	r.changed.Notify()
}

// run is the recorder's task.
func (r *recorder) run(tc task.Context) error {
	pause, until := redial(), task.Forever
	for {
		if _, err := r.changed.WaitUntil(tc, until); err != nil {
			return err
		}
		until = task.Forever
		if r.idle() {
			continue
		}
		if err := r.gather(tc); err != nil {
			return err
		}
		for batch := range slices.Chunk(r.take(), gatherMany) {
			if err := r.record(tc, batch); tc.Err() != nil {
				return tc.Err()
			} else if err != nil {
				// A full disk, or a permission that was taken away: the acknowledgements hold, so try again.
				tc.Emit(world.ServiceTroubled(syncName, "acknowledgements not recorded", "", err))
				for _, s := range batch {
					r.requeue(s)
				}
				until = tc.Elapsed() + pause.Next(r.sync.env.Entropy)
			} else {
				pause.Reset()
			}
		}
	}
}

func (r *recorder) idle() bool {
	r.lock.Lock()
	defer r.lock.Unlock()
	return len(r.waiting) == 0
}

// gather waits until all connected members of the contexts in question have acknowledged what they were sent, or
// the time is up.
func (r *recorder) gather(tc task.Context) error {
	end := tc.Elapsed() + gatherMost
	for err := tc.Sleep(gatherAcks); ; _, err = r.changed.WaitUntil(tc, end) {
		if err != nil || tc.Elapsed() >= end || !r.awaitsAcks() {
			return err
		}
	}
}

// awaitsAcks reports whether a connected member of a context that waits has not acknowledged all that was sent.
func (r *recorder) awaitsAcks() bool {
	r.lock.Lock()
	contexts := map[aura.ContextID]bool{}
	for key := range r.waiting {
		contexts[key.context] = true
	}
	var open []*session
	for s := range r.open {
		if contexts[s.link.key.context] && r.waiting[s.link.key] == nil {
			open = append(open, s)
		}
	}
	r.lock.Unlock()
	return slices.ContainsFunc(open, (*session).awaitsAck)
}

// take returns the sessions whose acknowledgements wait, in order.
func (r *recorder) take() []*session {
	r.lock.Lock()
	defer r.lock.Unlock()
	all := make([]*session, 0, len(r.waiting))
	for _, s := range r.waiting {
		all = append(all, s)
	}
	clear(r.waiting)
	slices.SortFunc(all, func(a, b *session) int {
		return a.link.key.compare(b.link.key)
	})
	return all
}

// requeue puts a session back whose acknowledgement could not be recorded, unless a newer session has said more.
func (r *recorder) requeue(s *session) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.waiting[s.link.key] == nil {
		r.waiting[s.link.key] = s
	}
}

// record writes what the peers of sessions acknowledged.
func (r *recorder) record(tc task.Context, batch []*session) error {
	var err error
	for range movedOften {
		err = r.recordOnce(tc, batch)
		if _, moved := errors.AsType[*guard.MovedError](err); !moved || tc.Err() != nil {
			break
		}
	}
	return err
}

// recordOnce makes one attempt. It returns a [guard.MovedError] when a place that it names is another one by then.
func (r *recorder) recordOnce(tc task.Context, batch []*session) error {
	env := r.sync.env
	by := env.caller(tc)
	var all guard.Request
	confirmed := map[*link]uint64{}
	marks := map[string][]byte{} // of this batch
	watermarks := delivery.Watermarks(func(key string) ([]byte, error) {
		if value, ok := marks[key]; ok {
			return value, nil
		}
		return env.Journal.Meta(key)
	})
	for _, s := range batch {
		to := receiver(&s.peer)
		done, _, err := watermarks.AckedBy(to)
		if err != nil {
			return err
		}
		through := s.progress()
		if through <= done {
			continue
		}
		at, err := env.Journal.Through(s.link.namespace(), env.Ring.Device(), through)
		if err != nil {
			return err
		}
		one, err := delivery.Acknowledge(by, s.peer.Authority, s.device, guard.Mark{
			Context: s.peer.Context, Device: env.Ring.Device(), Number: through, Place: at,
		})
		if err != nil {
			return err
		}
		if one.Metadata, err = watermarks.Advance(to, through); err != nil {
			return err
		}
		for _, m := range one.Metadata {
			marks[m.Key] = m.Value
		}
		confirmed[s.link] = through
		if len(confirmed) == 1 {
			all = one
		} else {
			all.Add(&one)
		}
	}
	if len(all.Entries) == 0 {
		return nil
	}
	if _, err := env.Decider.Decide(tc, &all); err != nil {
		return err
	}
	for _, s := range batch {
		if through, ok := confirmed[s.link]; ok {
			s.link.setAcked(through)
			s.link.notify() // the sending task shows it, or the link when the session has ended
		}
	}
	if slices.ContainsFunc(batch, func(s *session) bool { return s.peer.Leaving }) {
		r.sync.changed.Notify() // these may have been the last words
	}
	return nil
}

// awaitsAck reports whether the peer has not acknowledged all that was released to it.
func (s *session) awaitsAck() bool { return s.link.paidThrough() > s.progress() }
