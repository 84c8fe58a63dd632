package session

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Engine runs all sessions of an agent. It is a service: its task alone touches the protocol machine. Other tasks ask it, and
// wait for what takes time by themselves: a step that is being decided holds its own session and no other.
type Engine struct {
	options Options
	calls   *task.Mailbox[func(task.Context)]
	group   *task.Group // of the programs
	damaged atomic.Pointer[[]string]
	lacking atomic.Pointer[[]string] // see Suspended
	// fallbacks: see Fallbacks.
	fallbacks atomic.Pointer[[]string]

	removals *task.Wake // some device may have been removed

	// The rest is the service's task's.
	machine  *machine.Machine
	live     map[aura.SessionID]*live
	byID     map[machine.SessionID]*live
	current  map[string]current // by protocol, for those that an upgrade has changed
	kept     ends               // of the sessions with a recording, as the log has them
	passed   ends               // of the others, until the agent stops
	timers   timers
	broken   error // a violation of an invariant with which the engine ends
	failed   bool  // it ends by a panic: nothing touches the machine any more
	departed departures
	// suspended are the sessions that wait for their protocols, and unconcluded the ends of which no program was told.
	suspended   map[aura.SessionID]*suspended
	unconcluded map[aura.SessionID]bool
	standing    *live                // a session that goes on here, while it is opened again
	begun       []func(task.Context) // ends of steps whose roles are ready
	prepare     func(pick int)       // of the wave that was planned
	// speakers are the channels, in the order in which they began.
	speakers []*speaker
}

// callsAtOnce is how many calls may wait for the engine's task.
const callsAtOnce = 64

// owner is who owns the sessions of an engine on its machine: its programs play their roles. Lines say which device that is.
const owner own.Owner = "session.Engine"

// NewEngine returns the engine of an agent. It runs nothing before it is served.
func NewEngine(o Options) *Engine {
	if o.Sessions <= 0 {
		o.Sessions = 4096
	}
	o.Width = max(o.Width, 1)
	if o.Parity == 0 && runtime.GOARCH == "wasm" {
		o.Parity = machine.ParityWasmCooperative
	}
	if o.Recording <= 0 {
		o.Recording = defaultRecording
	}
	if o.RecordingBytes <= 0 || o.RecordingBytes > defaultRecordingBytes {
		o.RecordingBytes = defaultRecordingBytes
	}
	return &Engine{
		options: o, calls: task.NewMailbox[func(task.Context)]("session.calls", callsAtOnce), removals: task.NewWake(),
		live: map[aura.SessionID]*live{}, byID: map[machine.SessionID]*live{}, current: map[string]current{},
		suspended: map[aura.SessionID]*suspended{}, unconcluded: map[aura.SessionID]bool{},
	}
}

// Name implements [task.Service].
func (*Engine) Name() string { return "session" }

// Declaration implements [task.Service].
func (e *Engine) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned,
		Owns:     append(task.Locked("session.Registry", "session.Protocol", "session.Stream", "reconfig.Controller"), task.Owned{Type: "session.Engine", By: task.ExclusionLoop}),
		Events: []world.Family{
			world.FamilySession, world.FamilyIngress, world.FamilyService, world.FamilyConcurrency, world.FamilyDelegation, world.FamilyLink, world.FamilyInvariant,
		},
	}
}

// Start implements [task.Service]: sessions that a stop or a crash interrupted stand where they stood, and their programs
// run again. A recording that is damaged is given up, see [Engine.Damaged], and one of a protocol that is not here waits, see [Engine.Suspended].
func (e *Engine) Start(tc task.Context) error {
	e.group = tc.Group()
	e.machine = machine.New(bridge{e}, e.machineOptions())
	if e.prepare == nil {
		e.prepare = e.machine.Prepare
	}
	if err := errors.Join(e.loadEnds(), e.loadDepartures(tc)); err != nil {
		return err
	}
	for protocol := range e.options.Registry.texts {
		if _, err := e.activate(protocol); err != nil {
			return err
		}
	}
	if err := e.fallBack(tc); err != nil {
		return err
	}
	var damaged []string
	for _, l := range e.options.Journal.Logs() {
		if name, is := strings.CutPrefix(l.Name, logPrefix); is {
			all, err := e.restore(tc, nameOf(name))
			if kind := aura.KindOf(err); err != nil && (tc.Err() != nil || kind == aura.Unavailable || kind == aura.Cancelled) {
				return err // the disk may be in order at the next start
			}
			if err == nil {
				continue
			}
			tc.Emit(e.about(nameOf(name), world.ServiceTroubled(e.Name(), "a recording was given up", "", err)))
			if err := e.giveUp(tc, nameOf(name), all, err); err != nil {
				return err
			}
			damaged = append(damaged, aura.Reason(err))
		}
	}
	e.damaged.Store(&damaged)
	e.loadUnconcluded()
	e.group.Go("session.timeouts", e.expireAll)
	if len(e.suspended) > 0 {
		e.group.Go("session.suspended", e.expireSuspended)
	}
	if len(e.unconcluded) > 0 {
		e.group.Go("session.unconcluded", e.concludeAll)
	}
	if e.options.Removed != nil {
		e.group.Go("session.removals", e.endRemoved)
	}
	return nil
}

// Serve implements [task.Service].
func (e *Engine) Serve(tc task.Context) error {
	orderly := false
	defer func() {
		if !orderly {
			e.refuse(tc)
		}
	}()
	for {
		call, err := e.calls.Recv(tc)
		if err != nil {
			break
		}
		if e.serve(tc, call); e.broken != nil {
			break
		}
	}
	// Each call has an answer, since a caller may wait for it whatever happens: see settle.
	e.calls.Close()
	for call, any := e.calls.TryRecv(); any; call, any = e.calls.TryRecv() {
		e.serve(tc, call)
	}
	e.stop(tc)
	orderly = true
	return e.broken
}

// refuse answers the calls that wait, after a panic.
func (e *Engine) refuse(tc task.Context) {
	e.failed = true
	e.calls.Close()
	for call, any := e.calls.TryRecv(); any; call, any = e.calls.TryRecv() {
		call(tc)
	}
	for _, end := range e.begun {
		end(tc)
	}
}

// resolve answers a call with what fn returns. It answers also when the engine fails, in this call or before it: a caller may wait
// whatever happens, see settle.
func resolve[T any](tc task.Context, e *Engine, answer *task.Future[T], fn func(task.Context) (T, error)) {
	var value T
	err := hasFailed()
	defer func() { answer.Resolve(value, err) }()
	if !e.failed {
		value, err = fn(tc)
	}
}

// hasFailed is the error of calls of an engine that ended by a panic.
func hasFailed() error {
	return aura.Errorf("session.Serve", aura.Internal, "the engine of sessions has failed: start the agent again")
}

// Close implements [task.Service].
func (e *Engine) Close(task.Context) error {
	e.calls.Close()
	return nil
}

// ask has the engine's task call fn, and returns its result. When tc ends before, fn may be called all the same.
func ask[T any](tc task.Context, e *Engine, fn func(task.Context) (T, error)) (T, error) {
	answer := task.NewFuture[T]()
	if err := e.calls.Send(tc, func(tc task.Context) { resolve(tc, e, answer, fn) }); err != nil {
		var none T
		return none, err
	}
	return answer.Await(tc)
}

// settle is ask for what follows from a commit: the end of tc must not keep the machine behind the journal.
func settle[T any](tc task.Context, e *Engine, fn func(task.Context) (T, error)) (T, error) {
	tc, done := tc.Irrevocable("session.settle")
	defer done()
	return ask(tc, e, fn)
}

// Damaged returns why the engine gave up recordings when it started. The agreements of such sessions are in the facts of both sides,
// their programs are asked what the end means, see [Concluder], and each session may begin anew. The caller must not change the slice.
func (e *Engine) Damaged() []string {
	if all := e.damaged.Load(); all != nil {
		return *all
	}
	return nil
}

// pump lets the machine run until every role waits, collects the messages that leave, and notes which sessions have ended.
func (e *Engine) pump() {
	for e.machine.Status() == machine.StatusProgressing {
		_, _ = e.machine.Step() // a fault ends its session, which is seen below
	}
	for _, id := range e.machine.Outbound() {
		l := e.byID[id]
		for {
			p, any, err := e.machine.Take(l.cap)
			if err != nil || !any {
				break
			}
			l.leave(&p)
		}
	}
	for _, s := range e.machine.Reap(nil) {
		l := e.byID[s.Session]
		delete(e.byID, s.Session)
		l.ended, l.fault, l.closed = true, s.Fault, s.Status == machine.SessionClosed
		l.takeBack()
		l.changed()
	}
}
