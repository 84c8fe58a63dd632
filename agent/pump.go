package agent

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const (
	// pumpBatch is how many facts are offered to the pipeline at once.
	pumpBatch = 512
	// finishWithin bounds the wait for the last facts when the agent stops.
	finishWithin = time.Second
	// pumpBase and pumpMost bound the pauses between two reads of a disk that fails: frontends see nothing new
	// meanwhile.
	pumpBase, pumpMost = 100 * time.Millisecond, 10 * time.Second
)

// pump moves committed facts from the journal to the reactive pipeline, in order. The journal's writer
// must not wait for the pipeline, so it only notifies the pump.
type pump struct {
	journal   *journal.Journal
	scheduler *reactive.Scheduler
	entropy   world.Entropy
	committed *task.Wake
	moved     *task.Wake
	followers []follower // only its own task reads them

	lock    task.Mutex
	offered fact.Position
	era     uint64 // of the journal, that was offered last
}

// follower is a service whose folds follow the journal, and the facts that these could not take.
type follower struct {
	service     string
	quarantined func() []fact.Quarantined
	reported    []fact.Quarantined
}

func newPump(j *journal.Journal, s *reactive.Scheduler, e world.Entropy) *pump {
	return &pump{journal: j, scheduler: s, entropy: e, committed: task.NewWake(), moved: task.NewWake(), offered: j.Head(), era: j.Era()}
}

// Committed implements [journal.Sink].
func (p *pump) Committed([]fact.Record) { p.committed.Notify() }

// Revised implements [journal.Reviser].
func (p *pump) Revised() { p.committed.Notify() }

// Name implements [task.Service].
func (p *pump) Name() string { return "pump" }

// Declaration implements [task.Service].
func (p *pump) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned, Owns: task.Locked("agent.pump"),
		Events: []world.Family{world.FamilyHealth, world.FamilyInvariant},
	}
}

// Start implements [task.Service].
func (p *pump) Start(task.Context) error { return nil }

// Serve implements [task.Service].
func (p *pump) Serve(tc task.Context) error {
	again := task.Backoff{Base: pumpBase, Max: pumpMost}
	for {
		p.report(tc)
		until := task.Forever
		switch err := p.move(tc); {
		case err == nil:
			again.Reset()
		case tc.Err() != nil, aura.KindOf(err) == aura.Cancelled:
			return tc.Err() // the agent stops, or the pipeline took its last batch
		default:
			// A disk that cannot be read now must not end what frontends see for good.
			tc.Emit(world.ServiceTroubled(p.Name(), "read failed", "", err))
			until = tc.Elapsed() + again.Next(p.entropy)
		}
		if _, err := p.committed.WaitUntil(tc, until); err != nil {
			return err
		}
	}
}

// Close implements [task.Service].
func (p *pump) Close(task.Context) error { return nil }

// report tells of facts that a fold could not take: the folds run in the journal's writer, which reports
// nothing itself.
func (p *pump) report(tc task.Context) {
	for i := range p.followers {
		f := &p.followers[i]
		for _, q := range f.quarantined() {
			if !slices.ContainsFunc(f.reported, func(t fact.Quarantined) bool { return t.Fold == q.Fold && t.ID == q.ID }) {
				tc.Emit(world.InvariantViolated(f.service, "a fold takes every fact", q.ID, q.Cause))
				f.reported = append(f.reported, q)
			}
		}
	}
}

// move offers the facts that were committed since the last call.
func (p *pump) move(tc task.Context) error {
	var batch []fact.Record
	era := p.journal.Era()
	offer := func(through fact.Position) error {
		err := p.scheduler.Offer(tc, fact.Update{Records: batch, Position: through, Era: era})
		if err == nil {
			batch = nil
			p.lock.Lock()
			p.offered, p.era = through, era
			p.lock.Unlock()
			p.moved.Notify()
		}
		return err
	}
	through, err := p.journal.Read(tc, fact.Selection{After: p.position()}, func(r fact.Record) error {
		if batch == nil {
			batch = make([]fact.Record, 0, min(pumpBatch, p.journal.Head()-r.Position+1))
		}
		if batch = append(batch, r); len(batch) < pumpBatch {
			return nil
		}
		return offer(r.Position)
	})
	if err != nil || through == p.position() && era == p.era {
		return err
	}
	return offer(through)
}

func (p *pump) position() fact.Position {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.offered
}

// finish waits until the facts that are committed by now were offered.
func (p *pump) finish(tc task.Context) {
	tc, done := tc.Grace("finish pump", share(tc, drainShare, finishWithin))
	defer done()
	for head := p.journal.Head(); p.position() < head; {
		if p.moved.Wait(tc) != nil {
			return
		}
	}
}

// history is the journal as the feed reads it.
type history struct{ journal *journal.Journal }

// Head implements [reactive.Reader].
func (h history) Head() fact.Position { return h.journal.Head() }

// Era implements [reactive.Reader].
func (h history) Era() uint64 { return h.journal.Era() }

// Read implements [reactive.Reader].
func (h history) Read(tc task.Context, sel fact.Selection, fn func(*fact.Record) error) error {
	_, err := h.journal.Read(tc, sel, func(r fact.Record) error { return fn(&r) })
	return err
}
