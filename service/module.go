package service

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// duePause is the longest time between two looks at what a domain has due: some of it follows from the clock alone.
const duePause = time.Minute

// deniedPause is how long a domain waits, unless something changes, after the guard has denied what it has due.
const deniedPause = time.Hour

// IntentFunc carries one intent out and returns when its facts are durable.
type IntentFunc func(tc task.Context, in fact.Intent) (fact.Result, error)

// Hosts has what carries out the operations that a pure plan cannot: those that need keys or the other side. Each
// gets the operation's plan as a function, nil when there is none, and returns what takes its place.
type Hosts map[string]func(planned IntentFunc) IntentFunc

// Module is the service of one domain. It takes the intents of the domain through their plans and the guard, and
// does what the domain has due by itself.
type Module struct {
	intentServer
	env       *Env
	module    *domain.Module
	exclusion *task.Semaphore // nil: the operations of the domain do not wait for each other
	changed   *task.Wake      // something may be due
}

// NewModule returns the service of a module. It returns aura.Invalid when an operation has neither a plan nor a host.
func NewModule(e *Env, m *domain.Module, hosts Hosts) (*Module, error) {
	s := &Module{env: e, module: m, changed: task.NewWake()}
	if m.Serial {
		s.exclusion = task.NewSemaphore(1)
	}
	handlers := map[string]IntentFunc{}
	for i := range m.Operations {
		o := &m.Operations[i]
		if o.Internal {
			continue
		}
		var carry IntentFunc
		if o.Plan != nil {
			carry = s.planned(o)
		}
		if host := hosts[o.Name]; host != nil {
			carry = host(carry)
		}
		if carry == nil {
			return nil, aura.Errorf("service.NewModule", aura.Invalid, "module %s: nothing carries out %s: it needs a plan", m.Name, o.Name)
		}
		handlers[o.Name] = s.exclusive(carry)
	}
	s.intentServer = newIntentServer(e, m.Name, handlers)
	if m.Due != nil {
		e.Directory.OnChange(m.Name, s.changed)
	}
	return s, nil
}

// Idle reports whether the domain has nothing to do in an agent: no intents, and nothing that becomes due.
func (s *Module) Idle() bool { return len(s.carry) == 0 && s.module.Due == nil }

// Serve implements [task.Service].
func (s *Module) Serve(tc task.Context) error {
	if s.module.Due != nil {
		tc.Group().Go(s.module.Name+".due", s.dueLoop)
	}
	return s.intentServer.Serve(tc)
}

// exclusive lets one operation of a serial domain plan and commit at a time.
func (s *Module) exclusive(carry IntentFunc) IntentFunc {
	if s.exclusion == nil {
		return carry
	}
	return func(tc task.Context, in fact.Intent) (fact.Result, error) {
		if err := s.exclusion.Acquire(tc); err != nil {
			return fact.Result{}, err
		}
		defer s.exclusion.Release()
		return carry(tc, in)
	}
}

// planned carries out an operation that has a plan.
func (s *Module) planned(o *domain.Operation) IntentFunc {
	return func(tc task.Context, in fact.Intent) (fact.Result, error) {
		var decide domain.Decide
		var err error
		if caught := task.Contain(func() { decide, err = o.Plan(in) }); caught != nil {
			err = &aura.Error{Op: "service.planned", Kind: aura.Internal, Err: caught}
		}
		if err != nil {
			return fact.Result{}, err
		}
		return unmoved(tc, func() (fact.Result, error) { return s.carryOut(tc, o, in, decide) })
	}
}

// carryOut plans an operation and has the guard decide.
func (s *Module) carryOut(tc task.Context, o *domain.Operation, in fact.Intent, decide domain.Decide) (fact.Result, error) {
	snapshot := s.env.snapshot(tc, in.Operation, o.Reachable)
	plan, err := s.env.propose(snapshot, decide)
	if err == nil && plan.Recall {
		if snapshot.Stored, err = s.env.stored(tc, in.Operation); err != nil {
			return fact.Result{}, err
		}
		snapshot.Recalled = true
		plan, err = s.env.propose(snapshot, decide)
	}
	if err == nil && plan.Begin != nil {
		return s.begin(tc, o, in, &plan)
	}
	if err != nil || plan.Request.Capability == "" {
		return fact.Result{Operation: in.Operation, Facts: plan.Facts}, err
	}
	r, err := s.env.Decider.Decide(tc, &plan.Request)
	if err != nil || plan.Answer == nil {
		return submitted(in, r, err)
	}
	answer, err := plan.Answer(r.Records)
	return answered(in, r, err, answer)
}

// begin opens the session of a ceremony, unless the operation has begun before and its answer was lost.
func (s *Module) begin(tc task.Context, o *domain.Operation, in fact.Intent, plan *domain.Plan) (fact.Result, error) {
	if in.Operation.IsZero() {
		s.env.Entropy.Read(in.Operation[:]) // the session has a name of its own
	}
	left, err := s.env.stored(tc, in.Operation)
	if err == nil && len(left) == 0 {
		if err = s.env.Ceremonies.Begin(tc, s.module, o, in.Operation, plan.Begin); err == nil {
			left, err = s.env.stored(tc, in.Operation)
		}
	}
	r := effect.Result{Records: left}
	if err != nil || plan.Answer == nil {
		return submitted(in, r, err)
	}
	answer, err := plan.Answer(left)
	return answered(in, r, err, answer)
}

// dueRounds is how many rounds of due operations may follow each other at once. A domain that has more asks for the same
// operations again and again; it waits then, so that it does not fill the disk.
const dueRounds = 16

// dueLoop does what the domain has due: at the start, after changes, and as time passes.
func (s *Module) dueLoop(tc task.Context) error {
	pause := repairPause()
	for rounds := 0; ; {
		until := tc.Elapsed() + duePause
		done, err := s.catchUp(tc)
		if rounds++; done == 0 {
			rounds = 0
		}
		if err == nil && rounds > dueRounds {
			err = aura.Errorf("service.dueLoop", aura.Exhausted, "something is due again each time it was done")
		}
		switch {
		case tc.Err() != nil:
			return tc.Err()
		case err == nil:
			pause.Reset()
		case aura.KindOf(err) == aura.Denied:
			// To ask the guard again at once gives the same answer: until a permission changes, or the epoch turns.
			tc.Emit(world.ServiceTroubled(s.Name(), "due operations denied", "", err))
			until = tc.Elapsed() + deniedPause
		default:
			tc.Emit(world.ServiceTroubled(s.Name(), "due operations not done", "", err))
			until = tc.Elapsed() + pause.Next(s.env.Entropy)
		}
		if rounds > dueRounds {
			err = tc.Sleep(until - tc.Elapsed())
		} else {
			_, err = s.changed.WaitUntil(tc, until)
		}
		if err != nil {
			return err
		}
	}
}

// catchUp carries out the due operations and returns how many were done. One that fails does not hold up the rest; the first
// error is returned.
func (s *Module) catchUp(tc task.Context) (done int, first error) {
	if s.exclusion != nil {
		if err := s.exclusion.Acquire(tc); err != nil {
			return 0, err
		}
		defer s.exclusion.Release()
	}
	var plans []domain.Plan
	snapshot := s.env.snapshot(tc, aura.OperationID{}, true)
	_, first = s.env.propose(snapshot, func(snapshot *domain.Snapshot) (_ domain.Plan, err error) {
		plans, err = s.module.Due(snapshot)
		return domain.Plan{}, err
	})
	for i := range plans {
		if plans[i].Request.Capability == "" {
			continue // it says that nothing is to happen
		}
		switch _, err := s.env.Decider.Decide(tc, &plans[i].Request); {
		case tc.Err() != nil:
			return done, tc.Err()
		case err == nil:
			done++
		case first == nil:
			first = err
		}
	}
	return done, first
}

// snapshot returns what a plan may know, but for the states. reachable has the addresses of this agent in it.
func (e *Env) snapshot(tc task.Context, op aura.OperationID, reachable bool) *domain.Snapshot {
	s := &domain.Snapshot{Caller: e.Caller(tc, op), Home: home{env: e}, Certificate: e.Ring.Certificate()}
	e.Entropy.Read(s.Seed[:])
	if reachable {
		s.Addresses = e.Addresses() // before the directory's lock: the network asks the directory under its own
	}
	return s
}

// propose runs a pure plan over the states of the directory. A plan that panics is refused with aura.Internal: it has
// changed nothing, and the agent goes on.
func (e *Env) propose(s *domain.Snapshot, plan domain.Decide) (p domain.Plan, err error) {
	err = e.pure(s, func() (err error) {
		p, err = plan(s)
		return err
	})
	return p, err
}

// pure runs a pure function of a module over the states of the directory.
func (e *Env) pure(s *domain.Snapshot, fn func() error) (err error) {
	e.Directory.Read(func(state *directory.State) {
		s.States, s.Home = state.States, home{e, state.Through}
		if caught := task.Contain(func() { err = fn() }); caught != nil {
			err = &aura.Error{Op: "service.pure", Kind: aura.Internal, Err: caught}
		}
	})
	return err
}

// stored returns what an operation left; the zero identifier names none.
func (e *Env) stored(tc task.Context, by aura.OperationID) (records []fact.Record, err error) {
	if by.IsZero() {
		return nil, nil
	}
	_, err = e.Journal.ReadStored(tc, fact.Selection{Author: e.Ring.Authority(), Operation: by}, func(r fact.Record) error {
		records = append(records, r)
		return nil
	})
	return records, err
}

// Answer answers a question of a module from the states of the directory.
func (e *Env) Answer(tc task.Context, q *domain.Question, payload []byte) (said any, err error) {
	s := e.snapshot(tc, aura.OperationID{}, false)
	err = e.pure(s, func() (err error) {
		said, err = q.Answer(s, payload)
		return err
	})
	return said, err
}

// home is what a plan may read beside the states.
type home struct {
	env     *Env
	through fact.Position // the facts up to it are in the states; zero: the plan reads none
}

// Newest implements [domain.Home].
func (h home) Newest(context aura.ContextID, device aura.DeviceID) (guard.Mark, error) {
	m, err := h.mark(context, device, h.env.Journal.Count(fact.ContextNamespace(context), device))
	if err != nil || h.through == 0 || h.env.Journal.Head() <= h.through {
		return m, err
	}
	return m, h.missed(&m)
}

// missed returns a [guard.MovedError] when the journal has facts of another branch of a device than the newest fact that the states
// have: the journal shows a fact a moment before the states do. A fact that is here again is in the states already.
func (h home) missed(m *guard.Mark) error {
	const op = "service.missed"
	ns := fact.ContextNamespace(m.Context)
	for number := h.env.Journal.Count(ns, m.Device); number > 0; number-- {
		found, err := h.env.Journal.ByAuthor(ns, m.Device, number, 1)
		if err != nil && aura.KindOf(err) != aura.NotFound {
			return err
		}
		if len(found) == 0 || found[0].Position <= h.through {
			return nil
		}
		if found[0].Fork > 0 && !found[0].Sole && !found[0].Again {
			return &aura.Error{Op: op, Kind: aura.Conflict, Err: &guard.MovedError{Mark: *m}}
		}
	}
	return nil
}

// mark returns the mark of a number.
func (h home) mark(context aura.ContextID, device aura.DeviceID, number uint64) (guard.Mark, error) {
	at, err := h.env.Journal.Through(fact.ContextNamespace(context), device, number)
	return guard.Mark{Context: context, Device: device, Number: number, Place: at}, err
}

// Heads implements [domain.Home].
func (h home) Heads(ns fact.Namespace, device aura.DeviceID) ([]fact.Place, error) {
	heads, err := h.env.Journal.Heads(ns, device)
	slices.SortFunc(heads, fact.Place.Compare)
	return heads, err
}

// Meta implements [domain.Home].
func (h home) Meta(key string) ([]byte, error) { return h.env.Journal.Meta(key) }
