package reactive

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const schedulerName = "reactive"

// DefaultWindow is the longest time that a fact waits for others of its batch (runtime document,
// "Reactive Scheduling").
const DefaultWindow = 5 * time.Millisecond

const (
	// inboxSize bounds the batches that wait: a committer that is this far ahead waits for the
	// views, which compute and never wait for a subscriber.
	inboxSize = 256
	// batchLimit closes a window early, so that a long history is folded in steps of bounded memory.
	batchLimit = 4096
)

// Options of a [Scheduler].
type Options struct {
	// Window is how long after the first fact a batch closes. The default is [DefaultWindow].
	Window aura.Duration
	// Immediate closes a batch as soon as nothing more is waiting, and ignores Window: for a Core
	// behind a bridge, whose agent has held the window already.
	Immediate bool
	// Feed, if given, receives every batch after its signals were published.
	Feed *Feed
}

// Scheduler is the service that runs views.
type Scheduler struct {
	hub   *Hub
	feed  *Feed
	opts  Options
	inbox *task.Mailbox[message]
	views []*bound
	stage Stage
	era   uint64 // of what the views folded
	held  bool   // views that fold begin anew and show nothing until the history is complete

	quarantine *fact.Quarantine
}

// message is an input of the receive loop: an update, or a view to add.
type message struct {
	update fact.Update
	view   View
	bound  *task.Future[struct{}]
}

// NewScheduler returns a scheduler over the given views, which publish into h. Each view publishes
// once when the service starts. The errors are those of a bad set of views: [aura.Conflict] for
// two of one name, [aura.NotFound] for one that follows an unknown view, [aura.Invalid] for a circle.
func NewScheduler(h *Hub, o Options, views ...View) (*Scheduler, error) {
	arranged, err := arrange(views)
	if err != nil {
		return nil, err
	}
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	return &Scheduler{
		hub: h, feed: o.Feed, opts: o, views: arranged,
		inbox:      task.NewMailbox[message](schedulerName, inboxSize),
		quarantine: fact.NewQuarantine(task.Contain),
	}, nil
}

// Hub returns the hub that the views publish into.
func (s *Scheduler) Hub() *Hub { return s.hub }

// Name implements [task.Service].
func (s *Scheduler) Name() string { return schedulerName }

// Declaration implements [task.Service].
func (s *Scheduler) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryObserved, Mailbox: inboxSize,
		Owns: append(task.Locked("reactive.Hub", "reactive.Feed", "reactive.queue"),
			task.Owned{Type: "reactive.Scheduler", By: task.ExclusionMailbox}),
		Events: []world.Family{world.FamilyHealth, world.FamilyInvariant},
	}
}

// Start publishes every view's first snapshot.
func (s *Scheduler) Start(tc task.Context) error {
	s.flush(tc, &fact.Update{})
	return nil
}

// Serve folds and publishes batches until the inbox is closed and empty, or tc is cancelled. In
// both cases everything offered before is published first.
func (s *Scheduler) Serve(tc task.Context) error {
	for {
		first, came, err := s.inbox.RecvUntil(tc, s.wakes(tc))
		switch {
		case err != nil:
			s.drain(tc)
			return nil
		case came:
			s.window(tc, first)
		default:
			s.flush(tc, &fact.Update{})
		}
	}
}

// Close implements [task.Service]. Nothing is left to release.
func (s *Scheduler) Close(task.Context) error { return nil }

// Shut closes the doors: from now on Offer and Bind return [aura.Cancelled], and Serve returns when
// it has published the updates offered before.
func (s *Scheduler) Shut() { s.inbox.Close() }

// Offer hands a committed batch to the scheduler, which keeps its slices. It waits while the
// scheduler is far behind, and returns [aura.Cancelled] when the scheduler has ended.
func (s *Scheduler) Offer(tc task.Context, up fact.Update) error {
	return s.inbox.Send(tc, message{update: up})
}

// Bind adds a view to a running scheduler and returns when its first snapshot is published. The
// errors are those of [NewScheduler] and the cancellation of tc.
func (s *Scheduler) Bind(tc task.Context, v View) error {
	m := message{view: v, bound: task.NewFuture[struct{}]()}
	if err := s.inbox.Send(tc, m); err != nil {
		return err
	}
	_, err := m.bound.Await(tc)
	return err
}

// window gathers the updates until the batch closes, and publishes it.
func (s *Scheduler) window(tc task.Context, first message) {
	if first.view != nil {
		s.bind(tc, first)
		return
	}
	batch := first.update
	if batch.Era == 0 {
		batch.Era = s.era // an update that names none is of the present one
	}
	// Merging appends: it must not write into spare room of the slice that was offered.
	batch.Records, batch.Observations = slices.Clip(batch.Records), slices.Clip(batch.Observations)
	closes := tc.Elapsed() + s.opts.Window
	for len(batch.Records) < batchLimit {
		next, ok := s.inbox.TryRecv()
		if !ok && !s.opts.Immediate {
			// A failed wait means that the service is ending; the batch is published all the same.
			next, ok, _ = s.inbox.RecvUntil(tc, closes)
		}
		if !ok {
			break
		}
		if next.view != nil {
			s.flush(tc, &batch)
			s.bind(tc, next)
			return
		}
		merge(&batch, &next.update)
		if !s.opts.Immediate && tc.Elapsed() >= closes {
			break
		}
	}
	s.flush(tc, &batch)
}

// drain publishes the updates offered before the end.
func (s *Scheduler) drain(tc task.Context) {
	s.inbox.Close()
	batch := fact.Update{Era: s.era}
	for {
		m, ok := s.inbox.TryRecv()
		if !ok {
			break
		}
		if m.view != nil {
			m.bound.Resolve(struct{}{}, aura.Errorf("reactive.Bind", aura.Cancelled, "the scheduler has ended"))
			continue
		}
		merge(&batch, &m.update)
	}
	s.flush(tc, &batch)
}

func merge(into, up *fact.Update) {
	if up.Era != 0 {
		if into.Era != 0 && into.Era != up.Era {
			into.Records, into.Live = nil, false
		}
		into.Era = up.Era
	}
	into.Records = append(into.Records, up.Records...)
	into.Observations = append(into.Observations, up.Observations...)
	into.Position = max(into.Position, up.Position)
	into.Live = into.Live || up.Live
}

// flush runs the views that a batch touches, and those whose instant has come, and publishes their snapshots
// together.
func (s *Scheduler) flush(tc task.Context, batch *fact.Update) {
	s.stage.reset()
	now := tc.Now()
	s.turn(batch)
	for _, b := range s.views {
		b.ran = false
		b.due = b.due || b.timed && now.At >= b.turns
		part := narrow(&b.needs, batch)
		if len(part.Records) > 0 || len(part.Observations) > 0 {
			s.apply(tc, b, part)
			b.due = true
		}
		for _, f := range b.follows {
			b.due = b.due || s.views[f].ran
		}
		if b.due && !(s.held && b.folds()) {
			s.publish(tc, b)
		}
	}
	s.hub.publish(&s.stage)
	if s.feed != nil {
		s.feed.Publish(batch)
	}
}

// turn lets the views begin anew when another era begins, see [fact.Update.Era]: all that counts comes again. Until then
// the signals keep their snapshots.
func (s *Scheduler) turn(batch *fact.Update) {
	if batch.Era != 0 && batch.Era != s.era {
		if s.era != 0 {
			s.held = true
			for _, b := range s.views {
				b.due = true
				if v, folds := b.view.(Folding); folds {
					v.Reset()
				}
			}
		}
		s.era = batch.Era
	}
	s.held = s.held && !batch.Live
}

// apply hands a batch to a view. A fact that makes the view panic is set aside, and the rest goes on.
func (s *Scheduler) apply(tc task.Context, b *bound, part fact.Update) {
	if task.Contain(func() { b.view.Apply(part) }) == nil {
		return
	}
	told := len(s.quarantine.Held())
	s.quarantine.Fold(b.name, part.Records, func(records []fact.Record) {
		b.view.Apply(fact.Update{Records: records, Position: part.Position, Live: part.Live})
	})
	for _, q := range s.quarantine.Held()[told:] {
		tc.Emit(world.InvariantViolated(schedulerName, "a view takes every fact", q.ID, q.Cause))
	}
	for i := range part.Observations {
		if err := task.Contain(func() { b.view.Apply(fact.Update{Observations: part.Observations[i : i+1]}) }); err != nil {
			tc.Emit(world.InvariantViolated(schedulerName, "a view takes every observation", aura.FactID{}, err))
		}
	}
}

func (s *Scheduler) publish(tc task.Context, b *bound) {
	mark := len(s.stage.staged)
	b.timed = false // a view that fails is tried again with the next batch
	var err error
	if panicked := task.Contain(func() { err = b.view.Publish(tc, &s.stage) }); panicked != nil {
		tc.Emit(world.InvariantViolated(schedulerName, "a view can always be shown", aura.FactID{}, panicked))
		err = panicked
	}
	if err != nil {
		// The values that the view staged before it failed are dropped.
		s.stage.staged = s.stage.staged[:mark]
		tc.Emit(world.ServiceTroubled(schedulerName, "view kept its last snapshot", world.Text(b.name), err))
		return
	}
	b.due, b.ran = false, true
	if v, ok := b.view.(Timed); ok {
		b.turns, b.timed = v.Turns(tc.Now())
	}
}

func (s *Scheduler) bind(tc task.Context, m message) {
	views := make([]View, 0, len(s.views)+1)
	due := map[string]bool{}
	for _, b := range s.views {
		views = append(views, b.view)
		due[b.name] = b.due
	}
	arranged, err := arrange(append(views, m.view))
	if err == nil {
		for _, b := range arranged {
			if owed, known := due[b.name]; known {
				b.due = owed
			}
		}
		s.views = arranged
		s.flush(tc, &fact.Update{})
	}
	m.bound.Resolve(struct{}{}, err)
}
